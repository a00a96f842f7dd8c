import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { isSyslogTarget, parseSyslogTarget, syslogTargetName } from "./target.ts";

Deno.test("parseSyslogTarget reads paths, names and addresses, with the ports of the RFCs", () => {
  const names: [string, string][] = [
    ["syslog:", "syslog:/dev/log"],
    ["syslog:/run/x.sock", "syslog:/run/x.sock"],
    ["syslog+udp://logs.example", "syslog+udp://logs.example:514"],
    ["syslog+tcp://logs.example", "syslog+tcp://logs.example:601"],
    ["syslog+tls://logs.example/", "syslog+tls://logs.example:6514"],
    ["SYSLOG+TLS://192.0.2.1:1", "syslog+tls://192.0.2.1:1"],
    ["syslog+tcp://[2001:db8::1]:65535", "syslog+tcp://[2001:db8::1]:65535"],
  ];
  for (const [text, name] of names) {
    assert(isSyslogTarget(text));
    assertEquals(syslogTargetName(parseSyslogTarget(text)), name);
  }
});

Deno.test("parseSyslogTarget refuses what is no target", () => {
  const wrong = [
    "syslog://host",
    "syslog+http://host",
    "syslog+constructor://host",
    "syslog+tcp://",
    "syslog+tcp://host:0",
    "syslog+tcp://host:65536",
    "syslog+tcp://user@host",
    "syslog+tcp://host/path",
    "syslog+tcp://2001:db8::1",
    "syslog+tcp://a b",
    `syslog+tcp://${"a".repeat(254)}`,
    `syslog:/${"é".repeat(54)}`,
  ];
  for (const text of wrong) {
    assert(isSyslogTarget(text));
    assertThrows(() => parseSyslogTarget(text), RangeError);
  }
  assert(!isSyslogTarget("syslogs/x") && !isSyslogTarget("./syslog:"));
});

Deno.test("parseSyslogTarget gives a target whose name it reads again, or a RangeError", () => {
  const text = fc.tuple(
    fc.constantFrom("syslog:", "syslog+udp://", "syslog+tcp://", "syslog+tls://", ""),
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((a) => `[${a}]`),
    ),
    fc.constantFrom("", ":", ":1", ":70000"),
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (text) => {
      try {
        const target = parseSyslogTarget(text);
        assertEquals(parseSyslogTarget(syslogTargetName(target)), target);
      } catch (error) {
        assert(error instanceof RangeError);
      }
    }),
    { numRuns: 500 },
  );
});
