/** The built-in rules for records of Linux. */
import { NOTE_RULES } from "./builtin_notes.ts";

/** Text of the rules file: shown to users as it stands. */
export const LINUX_RULES = `\
# What is expected on a Linux host, and what is noteworthy all the same.
#
# A rule holds when all of its conditions hold. "port" is the port of the service: the remote one
# of a connection that this host opened, the local one where it serves or listens. What a record
# does not say never makes it expected. A path alone expects nothing: ports or addresses go with it.

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
name = "loopback-listener"
why = "A server that listens on loopback can only be reached from this host."
expect = true
direction = "unknown"
local = "loopback"

[[rule]]
name = "private-network"
why = "Hosts use the servers of their own network. Incoming connections are not meant."
expect = true
direction = "egress"
remote = ["private", "link-local", "multicast", "broadcast"]

[[rule]]
name = "neighbour-discovery"
why = "IPv6 finds routers and neighbours, and IP its multicast groups, without any process."
expect = true
protocol = ["ipv6-icmp", "igmp"]
remote = ["link-local", "multicast"]

[[rule]]
name = "dhcp"
why = "The host gets its address by DHCP; the server may have any address."
expect = true
protocol = "udp"
port = [67, 68, 546, 547]
executable = [
  "/sbin/dhclient", "/usr/sbin/dhclient", "/sbin/dhcpcd", "/usr/sbin/dhcpcd", "/usr/bin/dhcpcd",
  "/usr/sbin/NetworkManager", "/usr/bin/NetworkManager", "/usr/libexec/nm-dhcp-helper",
  "/lib/systemd/systemd-networkd", "/usr/lib/systemd/systemd-networkd",
  "/sbin/udhcpc", "/bin/busybox", "/usr/bin/busybox",
]

[[rule]]
name = "mdns"
why = "Names of the local network are asked for, and answered, by multicast DNS and LLMNR."
expect = true
protocol = "udp"
port = [5353, 5355]
remote = ["private", "link-local", "multicast"]
executable = [
  "/usr/sbin/avahi-daemon", "/usr/bin/avahi-daemon",
  "/lib/systemd/systemd-resolved", "/usr/lib/systemd/systemd-resolved",
]

# --- Names and time

[[rule]]
name = "resolver"
why = "A resolver asks name servers everywhere, by DNS (53) or DNS over TLS (853)."
expect = true
direction = "egress"
port = [53, 853]
executable = [
  "/lib/systemd/systemd-resolved", "/usr/lib/systemd/systemd-resolved",
  "/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/sbin/unbound", "/usr/bin/unbound",
  "/usr/sbin/named", "/usr/bin/named", "/usr/sbin/pdns_recursor", "/usr/sbin/kresd",
]

[[rule]]
name = "dns-client"
why = "The C library of every program asks the resolver of this host or of its network."
expect = true
direction = ["egress", "local"]
protocol = ["udp", "tcp"]
port = 53
remote = ["loopback", "private", "link-local"]

[[rule]]
name = "ntp"
why = "The clock is set by NTP (udp 123)."
expect = true
direction = "egress"
protocol = "udp"
port = 123
executable = [
  "/usr/sbin/chronyd", "/usr/bin/chronyd", "/usr/sbin/ntpd", "/usr/bin/ntpd",
  "/lib/systemd/systemd-timesyncd", "/usr/lib/systemd/systemd-timesyncd",
  "/usr/sbin/ntpdate", "/usr/sbin/ntpdig",
]

[[rule]]
name = "nts"
why = "chrony and ntpsec get the keys of authenticated NTP by TLS (tcp 4460)."
expect = true
direction = "egress"
protocol = "tcp"
port = 4460
executable = ["/usr/sbin/chronyd", "/usr/bin/chronyd", "/usr/sbin/ntpd", "/usr/bin/ntpd"]

# --- Software

[[rule]]
name = "package-manager"
why = "Package managers fetch lists and packages from mirrors, which have any address."
expect = true
direction = "egress"
protocol = ["tcp", "udp"]
port = [80, 443]
executable = [
  "/usr/lib/apt/methods/http", "/usr/lib/apt/methods/https", "/usr/lib/apt/methods/mirror",
  "/usr/bin/apt", "/usr/bin/apt-get", "/usr/bin/dnf5", "/usr/bin/dnf5daemon-server",
  "/usr/bin/microdnf", "/usr/bin/zypper", "/usr/bin/pacman", "/sbin/apk", "/usr/bin/apk",
  "/usr/lib/snapd/snapd", "/usr/libexec/snapd/snapd", "/snap/snapd/*/usr/lib/snapd/snapd",
  "/usr/bin/flatpak", "/usr/libexec/flatpak-system-helper", "/usr/lib/flatpak-system-helper",
  "/usr/libexec/packagekitd", "/usr/lib/packagekitd", "/usr/libexec/fwupd/fwupd",
]

[[rule]]
name = "package-manager-python"
why = "dnf 4, yum and the updater of Debian are scripts: known by their name, for root alone."
expect = true
direction = "egress"
protocol = "tcp"
port = [80, 443]
user = "root"
process = ["dnf", "dnf-3", "yum", "dnf-automatic", "unattended-upgr"]
executable = ["/usr/bin/python3*", "/usr/libexec/platform-python*", "/usr/bin/python2*"]

[[rule]]
name = "package-mirror"
why = "Mirrors and stores of the distributions, whatever program asks them."
expect = true
direction = "egress"
port = [80, 443]
host = [
  "debian.org", "ubuntu.com", "canonical.com", "launchpad.net", "snapcraft.io",
  "snapcraftcontent.com", "fedoraproject.org", "centos.org", "rockylinux.org", "almalinux.org",
  "redhat.com", "opensuse.org", "suse.com", "archlinux.org", "alpinelinux.org",
  "flathub.org", "fwupd.org", "kernel.org",
]

[[rule]]
name = "image-pull"
why = "Container engines pull images from registries."
expect = true
direction = "egress"
protocol = "tcp"
port = [80, 443]
executable = [
  "/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/local/bin/containerd",
  "/snap/docker/*/bin/dockerd", "/snap/docker/*/bin/containerd", "/usr/bin/buildkitd",
  "/usr/bin/podman", "/usr/bin/buildah", "/usr/bin/skopeo", "/usr/bin/crio",
  "/usr/local/bin/k3s", "/var/lib/rancher/*/bin/containerd",
]

# --- systemd and the cloud

[[rule]]
name = "systemd-activation"
why = "systemd listens for services that it starts on demand: ssh, rpcbind, cups, cockpit."
expect = true
direction = "unknown"
port = [22, 111, 631, 9090]
executable = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"]

[[rule]]
name = "systemd-download"
why = "systemd fetches images and updates of the system, and sends the journal (tcp 19532)."
expect = true
direction = "egress"
protocol = "tcp"
port = [80, 443, 19532]
executable = [
  "/usr/lib/systemd/systemd-pull", "/lib/systemd/systemd-pull",
  "/usr/lib/systemd/systemd-sysupdate", "/lib/systemd/systemd-sysupdate",
  "/usr/lib/systemd/systemd-journal-upload", "/lib/systemd/systemd-journal-upload",
]

[[rule]]
name = "cloud-init"
why = "cloud-init asks the metadata service how to set up this host."
expect = true
direction = "egress"
protocol = "tcp"
port = 80
remote = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"]
unit = ["cloud-init*", "cloud-config", "cloud-final"]

[[rule]]
name = "cloud-metadata"
why = "The metadata service hands out credentials to whoever asks. It is also name and time server."
note = "asks the cloud metadata service, which hands out credentials, and is not cloud-init"
direction = "egress"
remote = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"]
not_port = [53, 123]
not_unit = ["cloud-init*", "cloud-config", "cloud-final"]

# --- People

[[rule]]
name = "browser"
why = "Browsers fetch web pages, by TCP or QUIC (udp 443). Where they are installed counts."
expect = true
direction = "egress"
protocol = ["tcp", "udp"]
port = [80, 443]
executable = [
  "/usr/lib/firefox/firefox*", "/usr/lib64/firefox/firefox*", "/usr/lib/firefox-esr/firefox*",
  "/opt/firefox/firefox*", "/snap/firefox/*/usr/lib/firefox/firefox*",
  "/usr/lib/chromium/chromium", "/usr/lib64/chromium-browser/chromium-browser",
  "/usr/lib/chromium-browser/chromium-browser", "/snap/chromium/*/chrome",
  "/opt/google/chrome/chrome", "/opt/brave.com/brave/brave", "/opt/microsoft/msedge/msedge",
  "/opt/vivaldi/vivaldi-bin", "/usr/lib/x86_64-linux-gnu/opera/opera",
  "/usr/lib/*/webkit2gtk-*/WebKitNetworkProcess", "/usr/libexec/webkit2gtk-*/WebKitNetworkProcess",
]

[[rule]]
name = "browser-push"
why = "Chrome and Chromium receive push messages from Google (tcp 5228)."
expect = true
direction = "egress"
protocol = "tcp"
port = 5228
executable = [
  "/opt/google/chrome/chrome", "/usr/lib/chromium/chromium", "/snap/chromium/*/chrome",
  "/usr/lib64/chromium-browser/chromium-browser", "/opt/brave.com/brave/brave",
]

[[rule]]
name = "ping"
why = "ping asks whether a host answers."
expect = true
direction = "egress"
protocol = ["icmp", "ipv6-icmp"]
executable = ["/usr/bin/ping", "/bin/ping"]

# --- Servers: expected on their own ports

[[rule]]
name = "ssh-server"
why = "People and programs log in by SSH."
expect = true
direction = ["ingress", "unknown"]
protocol = "tcp"
port = 22
executable = [
  "/usr/sbin/sshd", "/usr/lib/openssh/sshd-*", "/usr/libexec/openssh/sshd-*",
  "/usr/lib/ssh/sshd-*",
]

[[rule]]
name = "web-server"
why = "Web servers and proxies serve pages, by TCP or QUIC."
expect = true
direction = ["ingress", "unknown"]
protocol = ["tcp", "udp"]
port = [80, 443]
executable = [
  "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/bin/httpd",
  "/usr/sbin/lighttpd", "/usr/bin/caddy", "/usr/sbin/haproxy", "/usr/bin/haproxy",
  "/usr/bin/traefik", "/usr/bin/envoy",
]

[[rule]]
name = "mail-server"
why = "Mail servers take mail, and hand it out."
expect = true
direction = ["ingress", "unknown"]
protocol = "tcp"
port = [25, 110, 143, 465, 587, 993, 995]
executable = [
  "/usr/lib/postfix/sbin/*", "/usr/libexec/postfix/*", "/usr/sbin/exim4", "/usr/sbin/exim",
  "/usr/sbin/dovecot", "/usr/lib/dovecot/*", "/usr/libexec/dovecot/*",
]

[[rule]]
name = "mail-delivery"
why = "Mail servers deliver mail to the servers of others."
expect = true
direction = "egress"
protocol = "tcp"
port = [25, 465, 587]
executable = [
  "/usr/lib/postfix/sbin/smtp", "/usr/libexec/postfix/smtp", "/usr/sbin/exim4", "/usr/sbin/exim",
]

[[rule]]
name = "name-server"
why = "Name servers answer."
expect = true
direction = ["ingress", "unknown"]
port = [53, 853]
executable = [
  "/usr/sbin/named", "/usr/bin/named", "/usr/sbin/unbound", "/usr/bin/unbound", "/usr/sbin/nsd",
  "/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/sbin/knotd", "/usr/sbin/pdns_server",
]

# --- Noteworthy, even where another rule expects it

[[rule]]
name = "public-ingress"
why = "What the Internet can reach is open to attack. Known servers are left out."
note = "reached from a public address, and no known server"
direction = "ingress"
remote = "public"
not_executable = [
  "/usr/sbin/sshd", "/usr/lib/openssh/sshd-*", "/usr/libexec/openssh/sshd-*",
  "/usr/lib/ssh/sshd-*", "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/sbin/apache2",
  "/usr/sbin/httpd", "/usr/bin/httpd", "/usr/sbin/lighttpd", "/usr/bin/caddy",
  "/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/bin/traefik", "/usr/bin/envoy",
  "/usr/lib/postfix/sbin/*", "/usr/libexec/postfix/*", "/usr/sbin/exim4", "/usr/sbin/exim",
  "/usr/sbin/dovecot", "/usr/lib/dovecot/*", "/usr/libexec/dovecot/*",
  "/usr/sbin/named", "/usr/bin/named", "/usr/sbin/unbound", "/usr/bin/unbound", "/usr/sbin/nsd",
  "/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/sbin/knotd", "/usr/sbin/pdns_server",
]

${NOTE_RULES}`;
