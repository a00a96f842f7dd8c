import { assertEquals } from "@std/assert";
import { CONNSPY } from "./connspy.ts";
import { MALFORMED } from "./log_format.ts";
import { assertRecognises, readAll, SAMPLE_LOGS } from "./plain_test_tools.ts";

/** What is read of one line, without the id. */
function readLine(line: string) {
  return readAll(CONNSPY, [line])[0];
}

/** Time of the record of a line with this stamp. */
function timeOf(stamp: string): number | undefined {
  const record = readLine(`${stamp} a b`);
  return record === undefined || record === MALFORMED ? undefined : record.time;
}

Deno.test("connspy reads the lines of its manual", () => {
  const records = readAll(CONNSPY, SAMPLE_LOGS["connspy"] ?? []);
  assertEquals(records.length, 6);
  assertEquals(records[0], {
    event: "open",
    time: 1_565_647_204_351_000,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    local: { name: "Aadvik" },
    remote: { name: "Matina" },
    attribution: "none",
    attributionReason: "the log names no process",
    collector: "connspy",
  });
});

Deno.test("connspy takes stamps in seconds and milliseconds, with fractions", () => {
  const stamps: [stamp: string, time: number | undefined][] = [
    ["1565647204", 1_565_647_204_000_000],
    ["1565647204.351", 1_565_647_204_351_000],
    ["1565647204.3510009", 1_565_647_204_351_000],
    ["1565647204351", 1_565_647_204_351_000],
    ["1565647204351.5", 1_565_647_204_351_500],
    ["1000000000000", 1_000_000_000_000_000],
    ["1", 1_000_000],
    ["0.5", 500_000],
    ["0", undefined],
    ["0.0", undefined],
    ["-1", undefined],
    ["nan", undefined],
    ["inf", undefined],
    ["1e9", undefined],
    ["0x10", undefined],
    // Beyond what a record's times can tell: the year 2255.
    ["999999999999", undefined],
    ["1565647204351000", undefined],
  ];
  for (const [stamp, time] of stamps) assertEquals(timeOf(stamp), time, stamp);
});

Deno.test("connspy takes any blanks between exactly three fields", () => {
  const plain = readLine("1565647204 a b");
  for (const line of ["\t1565647204\t\ta \v\f b \r", "  1565647204 a b", "1565647204\ta\tb\t"]) {
    assertEquals(readLine(line), plain);
  }
  for (const line of ["1565647204", "1565647204 a", "1565647204 a b c", "a b 1565647204"]) {
    assertEquals(readLine(line), MALFORMED, line);
  }
  for (const line of ["", " \t ", "# 1565647204 a b", "  #x"]) {
    assertEquals(readLine(line), undefined);
    assertEquals(CONNSPY.written(line), undefined);
  }
});

Deno.test("connspy keeps the case of names, and tells addresses from them", () => {
  const ends: [name: string, end: object | undefined][] = [
    ["Host-1.example.ORG", { name: "Host-1.example.ORG" }],
    ["192.0.2.1", { ip: "192.0.2.1" }],
    ["2001:DB8::0:1", { ip: "2001:db8::1" }],
    ["0::ffff:192.0.2.1", { ip: "192.0.2.1" }],
    ["1a", { name: "1a" }],
    ["1.2.3", { name: "1.2.3" }],
    ["300.1.1.1", { name: "300.1.1.1" }],
    ["z\u00fc\x1b[0m", { name: "z\u00fc\x1b[0m" }],
    ["_dmarc", undefined],
    ["::1", undefined],
    ["-", undefined],
    ["\u00e9t\u00e9", undefined],
    ["@a", undefined],
    ["[a]", undefined],
    ["{", undefined],
    ["\uff11", undefined],
  ];
  for (const [name, end] of ends) {
    const record = readLine(`1565647204 ${name} b`);
    const reverse = readLine(`1565647204 b ${name}`);
    if (record === undefined || record === MALFORMED) assertEquals(undefined, end, name);
    else assertEquals(record.local, end);
    if (reverse === undefined || reverse === MALFORMED) assertEquals(undefined, end, name);
    else assertEquals(reverse.remote, end);
  }
});

Deno.test("connspy gives equal lines at different places different ids", () => {
  const { read } = CONNSPY.reader([]);
  const ids = [0, 15, 0].map((at) => {
    const record = read("1565647204 a b", at);
    return record === undefined || record === MALFORMED ? "" : record.id;
  });
  assertEquals(ids[0] === ids[1], false);
  assertEquals(ids[0], ids[2]);
});

Deno.test("connspy has no time for lines that it does not read", () => {
  for (const line of ["99999999 torn", "99999999 a b c", "x a b"]) {
    assertEquals(CONNSPY.written(line), undefined);
  }
  assertEquals(CONNSPY.written(" 5.5 a b"), 5_500_000);
});

Deno.test("connspy recognises its own logs only", () => {
  assertRecognises(CONNSPY, ["connspy"]);
  assertEquals(CONNSPY.recognises(["# a comment"]), false);
  assertEquals(CONNSPY.recognises(["# a comment", "torn", "1 a b", "1 b c"]), true);
});
