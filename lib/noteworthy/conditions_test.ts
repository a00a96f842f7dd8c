import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { compileCondition } from "./conditions.ts";
import { factsOf } from "./facts.ts";
import type { ConditionKey } from "./rules.ts";
import { holds, sample } from "./test_connections.ts";

Deno.test("host matches a domain and the names below it, at a label's boundary", () => {
  for (const host of ["apple.com", "a.apple.com", "A.B.Apple.COM.", "ａpple.com"]) {
    assert(holds('host = "apple.com"', { host }), host);
  }
  const others = [
    "evilapple.com",
    "apple.com.evil.example",
    "apple.co",
    "com",
    ".com",
    "apple_com",
  ];
  for (const host of others) assert(!holds('host = "apple.com"', { host }), host);
  assert(!holds('host = "apple.com"', {}));
});

Deno.test("host compares international names in either spelling", () => {
  for (const rule of ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example."]) {
    for (const host of ["www.bücher.example", "xn--bcher-kva.example"]) {
      assert(holds(`host = "${rule}"`, { host }), `${rule} ${host}`);
    }
  }
  for (const host of ["é@apple.com", "é/.apple.com", "é:1.apple.com", "\u{d800}.apple.com"]) {
    assert(!holds('host = "apple.com"', { host }), host);
  }
});

Deno.test("host believes no name that the owner of the address has chosen", () => {
  assert(holds('host = "apple.com"', { host: "a.apple.com", nameSource: "dns" }));
  assert(!holds('host = "apple.com"', { host: "a.apple.com", nameSource: "ptr" }));
});

const LABEL = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,8}[a-zA-Z]$/);

Deno.test("host agrees with a comparison of labels, one by one", () => {
  const words = fc.constantFrom("a", "b", "ab", "com", "a-b", "A");
  const names = fc.array(fc.oneof({ weight: 4, arbitrary: words }, LABEL), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(names, names, fc.boolean(), (rule, found, dot) => {
      const matches = compileCondition("host", [rule.join(".")]);
      const facts = factsOf(sample({ host: found.join(".") + (dot ? "." : "") }));
      const end = found.slice(-rule.length).map((label) => label.toLowerCase());
      const same = JSON.stringify(end) ===
        JSON.stringify(rule.map((label) => label.toLowerCase()));
      assertEquals(matches(facts), same);
    }),
    { numRuns: 300 },
  );
});

Deno.test("host takes names of any bytes and any length", () => {
  const matches = compileCondition("host", ["apple.com"]);
  const long = ".".repeat(65536) + "apple.com";
  assertEquals(matches(factsOf(sample({ host: long }))), undefined);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (host) => {
      const answer = matches(factsOf(sample({ host })));
      if (answer === true) {
        assert(/(^|[.。．｡])apple[.。．｡]com/i.test(host.normalize("NFKC")), host);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("remote takes networks and words for what addresses are for", () => {
  const cases: [string, string[], string[]][] = [
    ["private", ["10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1"], [
      "172.15.0.1",
      "172.32.0.1",
      "11.0.0.5",
      "100.64.0.1",
      "169.254.1.1",
      "127.0.0.1",
      "fe80::1",
      "2001:db8::1",
    ]],
    ["loopback", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"], ["128.0.0.1", "::2"]],
    ["link-local", ["169.254.3.4", "fe80::1"], ["169.253.3.4", "fec0::1"]],
    ["multicast", ["239.255.255.250", "ff02::fb"], ["240.0.0.1", "fe80::1"]],
    ["public", ["203.0.113.7", "2001:db8::1"], ["10.0.0.5", "::1", "0.0.0.0"]],
    ["198.51.100.0/24", ["198.51.100.255"], ["198.51.101.0", "::1"]],
    ["2001:db8::7", ["2001:db8::7"], ["2001:db8::8"]],
  ];
  for (const [value, inside, outside] of cases) {
    for (const ip of inside) assert(holds(`remote = "${value}"`, { ip }), `${value} ${ip}`);
    for (const ip of outside) assert(!holds(`remote = "${value}"`, { ip }), `${value} ${ip}`);
  }
  assert(!holds('not_remote = "private"', { ip: null, direction: "unknown" }));
  assert(holds('local = "loopback"', { ip: null, localIp: "127.0.0.1" }));
});

Deno.test("port is the port of the service, whichever end has it", () => {
  assert(holds("port = 443", { direction: "egress", port: 443 }));
  assert(!holds("port = 50123", { direction: "egress", port: 443 }));
  assert(holds("port = 22", { direction: "ingress", port: 22 }));
  assert(!holds("port = 50123", { direction: "ingress", port: 22 }));
  assert(holds("port = 8080", { direction: "unknown", ip: null, port: 8080 }));
  assert(holds('port = [1, "8000-8099"]', { port: 8042 }));
  assert(!holds('port = [1, "8000-8099"]', { port: 8100 }));
  assert(!holds("not_port = 443", { protocol: "icmp", port: null }));
});

Deno.test("process is a whole base name or name, never a part of one", () => {
  assert(holds('process = "curl"', { exe: "/usr/bin/curl" }));
  assert(holds('process = "curl"', { exe: "/usr/bin/curl (deleted)" }));
  assert(holds('process = "dnf"', { exe: "/usr/bin/python3.9", process: { name: "dnf" } }));
  for (const exe of ["/usr/bin/curlx", "/usr/bin/xcurl", "/curl/sh", "/usr/bin/Curl"]) {
    assert(!holds('process = "curl"', { exe }), exe);
  }
  assert(!holds('not_process = "curl"', {}));
});

Deno.test("executable is a whole path or pattern, from its first character on", () => {
  const rule = 'executable = ["/usr/bin/curl", "/Applications/A B.app/Contents/*", "*/nc"]';
  for (const exe of ["/usr/bin/curl", "/usr/bin/curl (deleted)", "/opt/nc"]) {
    assert(holds(rule, { exe }), exe);
  }
  assert(holds(rule, { exe: "/Applications/A B.app/Contents/Frameworks/x/MacOS/y" }));
  const others = [
    "/tmp/usr/bin/curl",
    "/usr/bin/curl2",
    "/tmp/Applications/A B.app/Contents/x",
    "/Applications/A B.app/Contents/../../../tmp/x",
    "/opt/nca",
  ];
  for (const exe of others) assert(!holds(rule, { exe }), exe);
  for (const exe of ["/usr/bin/../bin/curl", "/" + "a".repeat(4096)]) {
    assert(!holds('not_executable = "/usr/bin/curl"', { exe }));
    assert(!holds('not_parent = "/usr/bin/curl"', { process: { parent: { executable: exe } } }));
    assert(!holds('executable = "*/*"', { exe }));
  }
});

Deno.test("parent, unit and user are asked of what the record says of them", () => {
  const parent = { name: "sh", executable: "/usr/bin/dash" };
  const process = { parent, unit: "ssh.service", user: "alice", uid: 1000 };
  for (
    const rule of [
      'parent = "sh"',
      'parent = "dash"',
      'parent = "/usr/bin/*"',
      'parent = ["x", "/usr/bin/dash"]',
      'unit = "ssh"',
      'unit = "ssh.service"',
      'unit = "s*"',
      'user = "alice"',
      "user = 1000",
      'not_user = "root"',
      'not_parent = "bash"',
    ]
  ) {
    assert(holds(rule, { process }), rule);
    assert(!holds(rule, { exe: "/usr/bin/x" }), rule);
    assert(!holds(rule.startsWith("not_") ? rule.slice(4) : "not_" + rule, { process }), rule);
  }
  assert(holds('user = "root"', { process: { uid: 0 } }));
  assert(!holds('not_user = "bob"', { process: { uid: 0 } }));
});

Deno.test("protocol and direction are words that exist", () => {
  assert(holds('protocol = "TCP"', {}));
  assert(holds("protocol = [17, 6]", {}));
  assert(!holds('protocol = "udp"', {}));
  assert(holds('direction = ["local", "egress"]', {}));
  assert(!holds('not_direction = "egress"', {}));
});

Deno.test("compileCondition refuses values that mean nothing", () => {
  const wrong: [ConditionKey, string, string][] = [
    ["host", "*.apple.com", "write example.com"],
    ["host", "a b", "not a domain name"],
    ["host", "192.0.2.1", 'addresses go under "remote"'],
    ["host", "https://apple.com", "not a domain name"],
    ["remote", "10.0.0.0/33", "not an address"],
    ["remote", "10.0.0.256", "not an address"],
    ["remote", "privat", 'did you mean "private"'],
    ["remote", "constructor", "not an address"],
    ["port", "65536", "highest port"],
    ["port", "9-1", "lower port"],
    ["protocol", "tcpp", 'did you mean "tcp"'],
    ["direction", "out", "not a direction"],
    ["executable", "curl", "not an absolute path"],
    ["process", "/usr/bin/curl", "not a base name"],
    ["process", "curl*", "whole name"],
    ["parent", "ba*", "whole name"],
  ];
  for (const [key, value, message] of wrong) {
    assertThrows(() => compileCondition(key, [value]), Error, message, `${key} ${value}`);
  }
});
