import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { protocolKeyword } from "../protocols.ts";
import {
  checkPid,
  checkPortRange,
  checkProtocol,
  checkRemote,
  globMatcher,
  inPortRange,
  parsePortRange,
  protocolMatcher,
  remoteMatcher,
} from "./patterns.ts";

Deno.test("parsePortRange reads a port and a range", () => {
  assertEquals(parsePortRange("443"), { first: 443, last: 443 });
  assertEquals(parsePortRange("0-65535"), { first: 0, last: 65535 });
});

Deno.test("checkPortRange says what a port looks like", () => {
  for (const wrong of ["", "-", "80-", "-80", "http", "1 2", "80-90-100", "+80", "0x50", "8e1"]) {
    assertThrows(() => checkPortRange(wrong), SyntaxError, "8000-8999", wrong);
  }
  assertThrows(() => checkPortRange("65536"), RangeError, "the highest port is 65535");
  assertThrows(() => checkPortRange("1-99999"), RangeError, "the highest port is 65535");
  assertThrows(() => checkPortRange("90-80"), RangeError, "write 80-90");
});

Deno.test("inPortRange takes both ends and no missing port", () => {
  const range = parsePortRange("80-90");
  assertEquals([79, 80, 85, 90, 91, undefined].map((port) => inPortRange(range, port)), [
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("checkPid takes positive whole numbers", () => {
  checkPid("1");
  checkPid("4194304");
  for (const wrong of ["0", "-1", "1.5", "", "self", "99999999999", "2147483648"]) {
    assertThrows(() => checkPid(wrong), RangeError, "not a process id", wrong);
  }
});

/** Protocols that are matched, of some records: `4/6` is TCP over IPv4. */
function protocolsThatMatch(text: string): string {
  const matches = protocolMatcher(text);
  const found: string[] = [];
  for (const ipVersion of [4, 6] as const) {
    for (const protocolNumber of [6, 17, 58, 41, 200]) {
      const protocol = protocolKeyword(protocolNumber);
      if (matches({ ipVersion, protocol, protocolNumber })) {
        found.push(`${ipVersion}/${protocolNumber}`);
      }
    }
  }
  return found.join(" ");
}

Deno.test("protocolMatcher takes keywords and numbers exactly, of both IP versions", () => {
  assertEquals(protocolsThatMatch("tcp"), "4/6 6/6");
  assertEquals(protocolsThatMatch("TCP"), "4/6 6/6");
  assertEquals(protocolsThatMatch("icmpv6"), "4/58 6/58");
  assertEquals(protocolsThatMatch("200"), "4/200 6/200");
  // The encapsulation of that number, not all that comes over IPv6.
  assertEquals(protocolsThatMatch("ipv6"), "4/41 6/41");
});

Deno.test("protocolMatcher takes a regular expression over version and keyword", () => {
  assertEquals(protocolsThatMatch("^ipv6/"), "6/6 6/17 6/58 6/41 6/200");
  assertEquals(protocolsThatMatch("ipv4/(tcp|udp)"), "4/6 4/17");
  assertEquals(protocolsThatMatch("ipv4/tcp"), "4/6");
  assertEquals(protocolsThatMatch("IPv4/TCP"), "4/6");
  assertEquals(protocolsThatMatch("/(?!tcp|udp)"), "4/58 4/41 4/200 6/58 6/41 6/200");
  assertEquals(protocolsThatMatch("icmp$"), "4/58 6/58");
  assertEquals(protocolsThatMatch("[0-9]$"), "4/41 4/200 6/41 6/200");
  assertEquals(protocolsThatMatch("tcp|udp"), "4/6 4/17 6/6 6/17");
});

Deno.test("checkProtocol says what was probably meant, and what is wrong with an expression", () => {
  const wrong: [string, string][] = [
    ["tpc", 'not a known protocol: did you mean "tcp"?'],
    ["UPD", 'did you mean "udp"?'],
    ["sctpp", 'did you mean "sctp"?'],
    ["icmp-v6", 'did you mean "icmpv6"?'],
    ["256", "write a keyword such as tcp"],
    ["-1", "write a keyword such as tcp"],
    ["", "write a keyword such as tcp"],
    ["ipv4/tpc", "matches no protocol"],
    ["tpc|upd", "matches no protocol"],
    ["^$", "matches no protocol"],
  ];
  for (const [text, message] of wrong) {
    assertThrows(() => checkProtocol(text), RangeError, message, text);
  }
  const broken: [string, string][] = [
    ["ipv4/(tcp", "not a regular expression: unterminated group"],
    ["*/tcp", "not a regular expression: nothing to repeat"],
    ["tcp{", "not a regular expression: "],
    ["[z-a]: x", "not a regular expression: range out of order in character class"],
    ["\\", "not a regular expression: "],
  ];
  for (const [text, message] of broken) {
    assertThrows(() => checkProtocol(text), SyntaxError, message, text);
  }
});

Deno.test("checkRemote says what is wrong with an address or a name", () => {
  for (
    const right of [
      "10.0.0.0/8",
      "192.0.2.1",
      "::1",
      "2001:db8::/32",
      "example.com",
      "example.com.",
      "localhost",
      "_dns.host-1.example",
    ]
  ) checkRemote(right);
  for (const wrong of ["10.0.0", "300.0.0.1", "10.0.0.0/33", "fe80::1%eth0", "a/8", "[::1]", "7"]) {
    assertThrows(() => checkRemote(wrong), SyntaxError, "not an address or network", wrong);
  }
  for (const wrong of ["*.example.com", ".example.com", "a..b", "münchen.de", "a b", "", "x@y"]) {
    assertThrows(() => checkRemote(wrong), SyntaxError, "not a host name", wrong);
  }
});

Deno.test("remoteMatcher matches networks of one IP version", () => {
  const v4 = remoteMatcher("10.1.0.0/16");
  assert(v4({ ip: "10.1.255.255" }));
  assert(v4({ ip: "::ffff:10.1.0.1" }));
  assert(!v4({ ip: "10.2.0.0" }));
  assert(!v4({ ip: "a01::" }));
  assert(!v4({ ip: "no address" }));
  const all6 = remoteMatcher("::/0");
  assert(all6({ ip: "2001:db8::1" }));
  assert(!all6({ ip: "192.0.2.1" }));
});

Deno.test("remoteMatcher matches a name and all names below it", () => {
  const matches = remoteMatcher("Apple.com.");
  const named = (name: string) => matches({ ip: "192.0.2.1", name });
  assert(named("apple.com"));
  assert(named("www.apple.com"));
  assert(named("WWW.APPLE.COM."));
  assert(!named("evilapple.com"));
  assert(!named("apple.com.evil.example"));
  assert(!named("com"));
  assert(!named(""));
  assert(!matches({ ip: "192.0.2.1" }));
});

Deno.test("globMatcher matches the whole text and everything but * and ? as it is", () => {
  const cases: [string, string, boolean][] = [
    ["curl", "curl", true],
    ["curl", "curl2", false],
    ["curl", "Curl", false],
    ["python*", "python3.11", true],
    ["python*", "ipython", false],
    ["*d", "sshd", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["[ab]", "[ab]", true],
    ["^a$", "^a$", true],
    ["a?c", "a😀c", true],
    ["??", "😀", false],
    ["*", "", true],
    ["?", "", false],
    ["**a**b**", "xxaxxbxx", true],
    ["a*b", "a\n\0b", true],
    ["*.service", "ssh.service", true],
  ];
  for (const [pattern, text, expected] of cases) {
    assertEquals(globMatcher(pattern)(text), expected, `${pattern} ${text}`);
  }
});

/** By the definition, one character after the other; exponential, so only for short texts. */
function naiveGlob(pattern: readonly string[], text: readonly string[]): boolean {
  const [wanted, ...rest] = pattern;
  if (wanted === undefined) return text.length === 0;
  if (wanted === "*") {
    return naiveGlob(rest, text) || (text.length > 0 && naiveGlob(pattern, text.slice(1)));
  }
  return text.length > 0 && (wanted === "?" || wanted === text[0]) &&
    naiveGlob(rest, text.slice(1));
}

Deno.test("globMatcher agrees with the definition", () => {
  const pattern = fc.array(fc.constantFrom("*", "?", "a", "b", "😀", "."), { maxLength: 7 });
  const text = fc.array(fc.constantFrom("a", "b", "😀", "*", "?", "."), { maxLength: 7 });
  fc.assert(
    fc.property(pattern, text, (wanted, found) => {
      assertEquals(globMatcher(wanted.join(""))(found.join("")), naiveGlob(wanted, found));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("globMatcher ends soon on a pattern that would choke a regular expression", () => {
  // A backtracking matcher would need more steps than there are atoms.
  assertEquals(globMatcher("*a".repeat(40) + "b")("a".repeat(4000)), false);
});

Deno.test("checks throw nothing but what a user can mend", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      for (const check of [checkPortRange, checkPid, checkProtocol, checkRemote]) {
        try {
          check(text);
        } catch (error) {
          assert(error instanceof RangeError || error instanceof SyntaxError);
        }
      }
    }),
    { numRuns: 500 },
  );
});
