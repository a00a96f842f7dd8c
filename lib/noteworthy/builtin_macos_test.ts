import { builtinRules } from "./load.ts";
import { checkExamples, type Example, type Sample } from "./test_connections.ts";
import { NOTE_EXAMPLES } from "./test_note_examples.ts";

/** An executable inside an application. */
function app(name: string): string {
  return `/Applications/${name}.app/Contents/MacOS/${name}`;
}

/** An application with its vendor, and with someone else whose name contains the vendor's. */
function vendor(name: string, host: string): Example {
  const match: Sample = { exe: app(name), host: `a.${host}` };
  return { match, miss: { exe: app(name), host: `evil${host}` } };
}

/** A vendor's domain, and one that only ends like it. */
function domain(host: string): Example {
  const exe = "/usr/local/bin/anything";
  return { match: { exe, host: `www.${host}` }, miss: { exe, host: `evil${host}` } };
}

const IN = { direction: "ingress" } as const;
const RESPONDER = "/usr/sbin/mDNSResponder";
const WEBKIT = "/System/Library/Frameworks/WebKit.framework/Versions/A/XPCServices/" +
  "com.apple.WebKit.Networking.xpc/Contents/MacOS/com.apple.WebKit.Networking";

const EXAMPLES: Readonly<Record<string, Example>> = {
  ...NOTE_EXAMPLES,
  loopback: { match: { ip: "127.0.0.1", ...IN }, miss: { ip: "128.0.0.1", ...IN } },
  "same-host": { match: { direction: "local" }, miss: {} },
  "private-network": { match: { ip: "10.0.0.5" }, miss: { ip: "172.15.0.1" } },
  mdns: {
    match: { protocol: "udp", port: 5353, ip: "192.168.0.91", ...IN, exe: RESPONDER },
    miss: { protocol: "udp", port: 5354, ip: "192.168.0.91", ...IN, exe: RESPONDER },
  },
  dns: {
    match: { protocol: "udp", port: 53, exe: RESPONDER },
    miss: { protocol: "udp", port: 53, exe: "/Users/a/mDNSResponder" },
  },
  dhcp: {
    match: { protocol: "udp", port: 67, exe: "/usr/libexec/configd" },
    miss: { protocol: "udp", port: 69, exe: "/usr/libexec/configd" },
  },
  ntp: {
    match: { protocol: "udp", port: 123, exe: "/usr/libexec/timed" },
    miss: { protocol: "udp", port: 123, exe: "/usr/libexec/timedx" },
  },
  continuity: {
    match: { ...IN, ip: "192.168.0.4", port: 50000, exe: "/usr/libexec/rapportd" },
    miss: { ...IN, port: 50000, exe: "/usr/libexec/rapportd" },
  },
  apple: {
    match: { host: "p42-fmip.icloud.com", exe: "/usr/libexec/findmydeviced" },
    miss: { host: "evilapple.com", exe: "/usr/libexec/findmydeviced" },
  },
  "apple-network": {
    match: { ip: "17.57.144.21", port: 5223, exe: "/System/Library/apsd" },
    miss: { ip: "18.57.144.21", port: 5223, exe: "/System/Library/apsd" },
  },
  certificates: domain("lencr.org"),
  google: domain("google.com"),
  microsoft: domain("office365.com"),
  yahoo: domain("yahoo.com"),
  "python-packages": domain("pypi.org"),
  "cloud-hosting": {
    match: { host: "x.s3.amazonaws.com", exe: app("Backup") },
    miss: { host: "x.s3.amazonaws.com", exe: "/Users/a/Applications/Backup" },
  },
  browser: {
    match: { exe: WEBKIT },
    miss: { exe: app("Not Google Chrome") },
  },
  mail: {
    match: { port: 993, exe: "/System/Applications/Mail.app/Contents/MacOS/Mail" },
    miss: { port: 993, exe: app("Mail") },
  },
  openvpn: {
    match: { protocol: "udp", port: 1194, exe: "/opt/homebrew/sbin/openvpn" },
    miss: { protocol: "udp", port: 1194, exe: "/Users/a/openvpn" },
  },
  ipsec: {
    match: { protocol: "udp", port: 4500, exe: "/usr/libexec/nesessionmanager" },
    miss: { protocol: "udp", port: 4501, exe: "/usr/libexec/nesessionmanager" },
  },
  wireguard: {
    match: { protocol: "udp", port: 51820, exe: app("WireGuard") },
    miss: { protocol: "tcp", port: 51820, exe: app("WireGuard") },
  },
  signal: vendor("Signal", "signal.org"),
  slack: vendor("Slack", "slack.com"),
  zoom: vendor("zoom.us", "zoom.us"),
  dropbox: vendor("Dropbox", "dropbox.com"),
  spotify: vendor("Spotify", "spotify.com"),
  "1password": vendor("1Password 7", "1password.com"),
  "visual-studio-code": vendor("Visual Studio Code", "visualstudio.com"),
  "github-desktop": vendor("GitHub Desktop", "github.com"),
  "docker-desktop": vendor("Docker", "docker.io"),
  "little-snitch": vendor("Little Snitch", "obdev.at"),
  "public-ingress": {
    match: { ...IN, port: 5000, exe: app("X") },
    miss: { ...IN, port: 5000, ip: "10.0.0.5", exe: app("X") },
  },
  "cloud-metadata": {
    match: { ip: "169.254.169.254", port: 80 },
    miss: { ip: "169.254.169.253", port: 80 },
  },
};

Deno.test("each built-in rule for macOS matches what it is made for, and no near miss", () => {
  checkExamples(builtinRules("macos"), EXAMPLES);
});
