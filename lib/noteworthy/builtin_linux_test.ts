import { assert, assertEquals } from "@std/assert";
import { compileJudge } from "./compile.ts";
import { builtinRules } from "./load.ts";
import { checkExamples, type Example, notes } from "./test_connections.ts";
import { NOTE_EXAMPLES } from "./test_note_examples.ts";

const METADATA = "169.254.169.254";
const CHROME = "/opt/google/chrome/chrome";
const IN = { direction: "ingress" } as const;
const LISTEN = { direction: "unknown", ip: null } as const;

const EXAMPLES: Readonly<Record<string, Example>> = {
  ...NOTE_EXAMPLES,
  loopback: { match: { ip: "::1", port: 5432 }, miss: { ip: "128.0.0.1", port: 5432 } },
  "same-host": { match: { direction: "local" }, miss: {} },
  "loopback-listener": {
    match: { ...LISTEN, localIp: "127.0.0.53", port: 53 },
    miss: { ...LISTEN, localIp: "0.0.0.0", port: 53 },
  },
  "private-network": {
    match: { ip: "10.0.0.5", port: 5432 },
    miss: { ip: "10.0.0.5", port: 5432, ...IN },
  },
  "neighbour-discovery": {
    match: { protocol: "ipv6-icmp", ip: "ff02::1", port: null, ...IN },
    miss: { protocol: "ipv6-icmp", ip: "2001:db8::1", port: null, ...IN },
  },
  dhcp: {
    match: { protocol: "udp", port: 67, exe: "/usr/sbin/dhclient" },
    miss: { protocol: "udp", port: 69, exe: "/usr/sbin/dhclient" },
  },
  mdns: {
    match: {
      protocol: "udp",
      port: 5353,
      ip: "192.168.0.91",
      ...IN,
      exe: "/usr/sbin/avahi-daemon",
    },
    miss: { protocol: "udp", port: 5353, ...IN, exe: "/usr/sbin/avahi-daemon" },
  },
  resolver: {
    match: { protocol: "udp", port: 53, exe: "/usr/sbin/unbound" },
    miss: { protocol: "udp", port: 5300, exe: "/usr/sbin/unbound" },
  },
  "dns-client": {
    match: { protocol: "udp", port: 53, ip: "192.168.1.1", exe: "/usr/bin/curl" },
    miss: { protocol: "udp", port: 53, ip: "8.8.8.8", exe: "/usr/bin/curl" },
  },
  ntp: {
    match: { protocol: "udp", port: 123, exe: "/usr/lib/systemd/systemd-timesyncd" },
    miss: { protocol: "tcp", port: 123, exe: "/usr/lib/systemd/systemd-timesyncd" },
  },
  nts: {
    match: { port: 4460, exe: "/usr/sbin/chronyd" },
    miss: { port: 4461, exe: "/usr/sbin/chronyd" },
  },
  "package-manager": {
    match: { port: 80, exe: "/usr/lib/apt/methods/http" },
    miss: { port: 8080, exe: "/usr/lib/apt/methods/http" },
  },
  "package-manager-python": {
    match: { exe: "/usr/bin/python3.9", process: { name: "dnf", user: "root" } },
    miss: { exe: "/usr/bin/python3.9", process: { name: "dnf", user: "alice" } },
  },
  "package-mirror": {
    match: { host: "deb.debian.org", port: 80, exe: "/usr/bin/curl" },
    miss: { host: "evildebian.org", port: 80, exe: "/usr/bin/curl" },
  },
  "image-pull": {
    match: { exe: "/usr/bin/containerd" },
    miss: { exe: "/home/a/containerd" },
  },
  "systemd-activation": {
    match: { ...LISTEN, port: 22, exe: "/usr/lib/systemd/systemd" },
    miss: { ...LISTEN, port: 2222, exe: "/usr/lib/systemd/systemd" },
  },
  "systemd-download": {
    match: { port: 19532, exe: "/usr/lib/systemd/systemd-journal-upload" },
    miss: { port: 19531, exe: "/usr/lib/systemd/systemd-journal-upload" },
  },
  "cloud-init": {
    match: { ip: METADATA, port: 80, process: { unit: "cloud-init-local.service" } },
    miss: { ip: METADATA, port: 80, process: { unit: "cron.service" } },
  },
  "cloud-metadata": {
    match: { ip: METADATA, port: 80 },
    miss: { ip: METADATA, port: 80, process: { unit: "cloud-init.service" } },
  },
  browser: {
    match: { protocol: "udp", exe: CHROME },
    miss: { protocol: "udp", exe: "/home/a/opt/google/chrome/chrome" },
  },
  "browser-push": { match: { port: 5228, exe: CHROME }, miss: { port: 5229, exe: CHROME } },
  ping: {
    match: { protocol: "icmp", port: null, exe: "/usr/bin/ping" },
    miss: { protocol: "icmp", port: null, exe: "/usr/local/bin/ping" },
  },
  "ssh-server": {
    match: { ...IN, port: 22, exe: "/usr/sbin/sshd" },
    miss: { ...IN, port: 2222, exe: "/usr/sbin/sshd" },
  },
  "web-server": {
    match: { ...LISTEN, port: 443, exe: "/usr/sbin/nginx" },
    miss: { direction: "egress", port: 443, exe: "/usr/sbin/nginx" },
  },
  "mail-server": {
    match: { ...IN, port: 25, exe: "/usr/lib/postfix/sbin/master" },
    miss: { ...IN, port: 26, exe: "/usr/lib/postfix/sbin/master" },
  },
  "mail-delivery": {
    match: { port: 25, exe: "/usr/lib/postfix/sbin/smtp" },
    miss: { port: 25, exe: "/usr/bin/smtp" },
  },
  "name-server": {
    match: { ...IN, protocol: "udp", port: 53, exe: "/usr/sbin/named" },
    miss: { ...IN, protocol: "udp", port: 54, exe: "/usr/sbin/named" },
  },
  "public-ingress": {
    match: { ...IN, port: 8000, exe: "/usr/bin/python3.11" },
    miss: { ...IN, port: 8000, ip: "192.168.0.2", exe: "/usr/bin/python3.11" },
  },
};

Deno.test("each built-in rule for Linux matches what it is made for, and no near miss", () => {
  checkExamples(builtinRules("linux"), EXAMPLES);
});

Deno.test("built-in rules for Linux hide nothing that comes in unasked", () => {
  const judge = compileJudge(builtinRules("linux"));
  for (const ip of ["203.0.113.7", "192.168.0.2", "10.0.0.5", "fe80::1", "fd00::1"]) {
    assert(notes(judge, { ...IN, ip, port: 4444, exe: "/usr/bin/x" }).length > 0, ip);
    assert(notes(judge, { ...IN, ip, port: 4444 }).length > 0, ip);
    assert(notes(judge, { ...LISTEN, localIp: "0.0.0.0", port: 4444 }).length > 0);
  }
  assertEquals(notes(judge, { ...IN, port: 22, exe: "/usr/sbin/sshd" }), []);
});

Deno.test("built-in rules for Linux never take an unattributed record for a known program", () => {
  const judge = compileJudge(builtinRules("linux"));
  for (const port of [22, 25, 53, 80, 123, 443, 5228, 19532]) {
    assert(notes(judge, { port }).length > 0, `${port}`);
    assert(notes(judge, { ...IN, port }).includes("public-ingress"), `${port}`);
  }
});

Deno.test("built-in rules for Linux note what a rule expects, where there is reason to", () => {
  const judge = compileJudge(builtinRules("linux"));
  assertEquals(notes(judge, { ip: "10.0.0.5", exe: "/dev/shm/x" }), ["temporary-executable"]);
  assertEquals(notes(judge, { ip: METADATA, port: 80, exe: "/usr/bin/curl" }), ["cloud-metadata"]);
  assertEquals(notes(judge, { port: 4444, exe: "/usr/bin/bash" }), ["interpreter"]);
  assertEquals(notes(judge, { port: 8443, exe: "/usr/bin/curl" }), ["default"]);
  assertEquals(notes(judge, { ip: METADATA, port: 53, protocol: "udp" }), []);
});
