/** The built-in rules for records of macOS, as Little Snitch makes them. */
import { NOTE_RULES } from "./builtin_notes.ts";

/** Text of the rules file: shown to users as it stands. */
export const MACOS_RULES = `\
# What is expected on a Mac, and what is noteworthy all the same.
#
# A rule holds when all of its conditions hold. "port" is the port of the service: the remote one
# of a connection that this host opened, the local one where it serves or listens. What a record
# does not say never makes it expected. A path alone expects nothing: ports or hosts go with it.

# --- This host and its own network

[[rule]]
name = "loopback"
why = "What stays on this host reaches nobody else."
expect = true
remote = "loopback"

[[rule]]
name = "same-host"
why = "Both ends are on this host, whatever address they use."
expect = true
direction = "local"

[[rule]]
name = "private-network"
why = "Hosts use the servers of their own network; so are names in .local. Incoming is not meant."
expect = true
direction = "egress"
remote = ["private", "link-local", "multicast", "broadcast"]

[[rule]]
name = "mdns"
why = "mDNSResponder asks for the names of the local network, and answers (Bonjour)."
expect = true
protocol = "udp"
port = 5353
remote = ["private", "link-local", "multicast"]
executable = "/usr/sbin/mDNSResponder"

[[rule]]
name = "dns"
why = "mDNSResponder asks the name servers for all programs, by DNS or DNS over TLS (853)."
expect = true
direction = "egress"
port = [53, 853]
executable = "/usr/sbin/mDNSResponder"

[[rule]]
name = "dhcp"
why = "configd gets the address of the host by DHCP; the server may have any address."
expect = true
protocol = "udp"
port = [67, 68, 546, 547]
executable = "/usr/libexec/configd"

[[rule]]
name = "ntp"
why = "timed sets the clock by NTP."
expect = true
direction = "egress"
protocol = "udp"
port = 123
executable = "/usr/libexec/timed"

[[rule]]
name = "continuity"
why = "AirDrop, Handoff and AirPlay: other Apple devices of the local network come in."
expect = true
direction = "ingress"
remote = ["private", "link-local"]
executable = [
  "/usr/libexec/rapportd", "/usr/libexec/sharingd", "/usr/libexec/AirPlayXPCHelper",
  "/System/Library/CoreServices/ControlCenter.app/Contents/MacOS/ControlCenter",
]

# --- Vendors of the system and of what most programs use

[[rule]]
name = "apple"
why = "Apple's services: iCloud, App Store, updates, push (5223), mail, FaceTime (3478-3497)."
expect = true
direction = "egress"
port = [80, 123, 443, 587, 993, 2197, "3478-3497", 5223]
host = [
  "apple.com", "icloud.com", "icloud-content.com", "cdn-apple.com", "mzstatic.com",
  "apple-cloudkit.com", "apple-dns.net", "networking.apple", "aaplimg.com",
]

[[rule]]
name = "apple-network"
why = "All of 17.0.0.0/8 is Apple's; programs of the system go there also without a name."
expect = true
direction = "egress"
port = [80, 443, 2197, "3478-3497", 5223]
remote = ["17.0.0.0/8", "2620:149::/32"]
executable = ["/System/*", "/usr/libexec/*", "/usr/sbin/*"]

[[rule]]
name = "certificates"
why = "Certificate authorities say whether a certificate is still valid (OCSP, CRL)."
expect = true
direction = "egress"
protocol = "tcp"
port = [80, 443]
host = [
  "digicert.com", "amazontrust.com", "letsencrypt.org", "lencr.org", "verisign.com",
  "sectigo.com",
]

[[rule]]
name = "google"
why = "Google's own services, and push messages (5228). What it hosts for others is not meant."
expect = true
direction = "egress"
port = [80, 443, 5228]
host = "google.com"

[[rule]]
name = "microsoft"
why = "Microsoft's services: Office, Outlook (mail: 587, 993), Skype (3478-3481), telemetry."
expect = true
direction = "egress"
port = [80, 443, 587, 993, "3478-3481"]
host = [
  "microsoft.com", "live.com", "office.com", "office.net", "office365.com", "outlook.com",
  "sharepoint.com", "sfx.ms", "skype.com", "msecnd.net", "exp-tas.com", "appcenter.ms",
]

[[rule]]
name = "yahoo"
why = "Yahoo's web sites and mail (465, 587, 993)."
expect = true
direction = "egress"
port = [80, 443, 465, 587, 993]
host = "yahoo.com"

[[rule]]
name = "python-packages"
why = "Python and its packages."
expect = true
direction = "egress"
protocol = "tcp"
port = [80, 443]
host = ["python.org", "pypi.org", "pythonhosted.org"]

[[rule]]
name = "cloud-hosting"
why = "Anyone can rent a name there, attackers too: for installed programs only, by HTTPS."
expect = true
direction = "egress"
protocol = ["tcp", "udp"]
port = 443
host = [
  "amazonaws.com", "cloudapp.net", "windows.net", "azurewebsites.net", "googleapis.com",
]
executable = ["/Applications/*.app/Contents/*", "/System/*", "/usr/libexec/*", "/usr/sbin/*"]

# --- Browsers, mail and VPN: where they are installed counts, not what they are called

[[rule]]
name = "browser"
why = "Browsers fetch web pages, by TCP or QUIC; 5228 brings push messages."
expect = true
direction = "egress"
protocol = ["tcp", "udp"]
port = [80, 443, 5228]
executable = [
  "/Applications/Safari.app/Contents/*", "/System/Cryptexes/App/*/Safari.app/Contents/*",
  "/System/*/com.apple.WebKit.Networking", "/Applications/Google Chrome.app/Contents/*",
  "/Applications/Firefox.app/Contents/*", "/Applications/Opera.app/Contents/*",
  "/Applications/Brave Browser.app/Contents/*", "/Applications/Microsoft Edge.app/Contents/*",
  "/Applications/Vivaldi.app/Contents/*", "/Applications/Arc.app/Contents/*",
]

[[rule]]
name = "mail"
why = "Mail fetches and sends mail, at any provider."
expect = true
direction = "egress"
protocol = "tcp"
port = [143, 465, 587, 993]
executable = "/System/Applications/Mail.app/Contents/*"

[[rule]]
name = "openvpn"
why = "OpenVPN reaches its server, by its own port or by that of HTTPS."
expect = true
direction = "egress"
protocol = ["tcp", "udp"]
port = [443, 1194]
executable = [
  "/Applications/Tunnelblick.app/Contents/*", "/Applications/OpenVPN Connect.app/Contents/*",
  "/Applications/OpenVPN Connect/OpenVPN Connect.app/Contents/*", "/usr/local/sbin/openvpn",
  "/usr/local/Cellar/openvpn/*/sbin/openvpn", "/opt/homebrew/Cellar/openvpn/*/sbin/openvpn",
  "/opt/homebrew/sbin/openvpn",
]

[[rule]]
name = "ipsec"
why = "The VPN of the system: IKE and IPsec (udp 500 and 4500)."
expect = true
direction = "egress"
protocol = "udp"
port = [500, 4500]
executable = ["/usr/libexec/nesessionmanager", "/usr/libexec/neagent", "/usr/sbin/racoon"]

[[rule]]
name = "wireguard"
why = "WireGuard reaches its peers, by the usual port."
expect = true
direction = "egress"
protocol = "udp"
port = 51820
executable = "/Applications/WireGuard.app/Contents/*"

# --- Applications and the domains of those who make them. Add yours in a file of your own.

[[rule]]
name = "signal"
why = "Signal and its servers."
expect = true
direction = "egress"
port = 443
executable = "/Applications/Signal.app/Contents/*"
host = ["signal.org", "whispersystems.org"]

[[rule]]
name = "slack"
why = "Slack and its servers."
expect = true
direction = "egress"
port = 443
executable = "/Applications/Slack.app/Contents/*"
host = ["slack.com", "slack-edge.com", "slackb.com"]

[[rule]]
name = "zoom"
why = "Zoom and its servers (8801-8810: meetings)."
expect = true
direction = "egress"
port = [443, "3478-3479", "8801-8810"]
executable = "/Applications/zoom.us.app/Contents/*"
host = ["zoom.us", "zoom.com"]

[[rule]]
name = "dropbox"
why = "Dropbox and its servers."
expect = true
direction = "egress"
port = [80, 443]
executable = "/Applications/Dropbox.app/Contents/*"
host = ["dropbox.com", "dropboxapi.com", "dropboxstatic.com", "dropbox-dns.com"]

[[rule]]
name = "spotify"
why = "Spotify and its servers (4070: music)."
expect = true
direction = "egress"
port = [80, 443, 4070]
executable = "/Applications/Spotify.app/Contents/*"
host = ["spotify.com", "spotifycdn.com", "scdn.co"]

[[rule]]
name = "1password"
why = "1Password and its servers."
expect = true
direction = "egress"
port = 443
executable = "/Applications/1Password*.app/Contents/*"
host = ["1password.com", "1password.eu", "1password.ca", "1passwordservices.com"]

[[rule]]
name = "visual-studio-code"
why = "Visual Studio Code: extensions and updates."
expect = true
direction = "egress"
port = 443
executable = "/Applications/Visual Studio Code.app/Contents/*"
host = ["visualstudio.com", "vscode-cdn.net", "vsassets.io"]

[[rule]]
name = "github-desktop"
why = "GitHub Desktop and GitHub."
expect = true
direction = "egress"
port = 443
executable = "/Applications/GitHub Desktop.app/Contents/*"
host = ["github.com", "githubusercontent.com"]

[[rule]]
name = "docker-desktop"
why = "Docker Desktop pulls images."
expect = true
direction = "egress"
port = 443
executable = "/Applications/Docker.app/Contents/*"
host = ["docker.com", "docker.io"]

[[rule]]
name = "little-snitch"
why = "Little Snitch looks for updates."
expect = true
direction = "egress"
port = 443
executable = "/Applications/Little Snitch.app/Contents/*"
host = "obdev.at"

# --- Noteworthy, even where another rule expects it

[[rule]]
name = "public-ingress"
why = "What the Internet can reach is open to attack. The SSH server is left out."
note = "reached from a public address, and no known server"
direction = "ingress"
remote = "public"
not_executable = ["/usr/sbin/sshd", "/usr/libexec/sshd-*"]

[[rule]]
name = "cloud-metadata"
why = "A Mac in a cloud gets credentials there, as does whoever else asks."
note = "asks the cloud metadata service, which hands out credentials"
direction = "egress"
remote = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"]
not_port = [53, 123]

${NOTE_RULES}`;
