import { assert, assertEquals, assertThrows } from "@std/assert";
import { HostTally, KIND, readRun, type RunEntry } from "./host_tally.ts";

const HOUR = 3_600_000_000;
const MIB = 1024 * 1024;

/** Puts a text where lines are scanned; returns its length. */
function load(tally: HostTally, text: string): number {
  return new TextEncoder().encodeInto(text, tally.buffer).written;
}

function scanAll(tally: HostTally, text: string): RunEntry[] {
  const end = load(tally, text);
  assertEquals(tally.scan(0, end), end);
  return [...readRun(tally.takeRun())];
}

function most(entries: readonly RunEntry[]): [string, number][] {
  return entries.filter(({ kind }) => kind === KIND.most).map(({ name, count }) => [name, count]);
}

Deno.test("HostTally counts who called, who was called and both sides by hour", () => {
  const tally = new HostTally({ spanUs: HOUR, to: "Beta", from: "alpha", maxBytes: MIB });
  const entries = scanAll(
    tally,
    "1565647204351 alpha beta\n1565647205000 Gamma BETA\n1565650800000 alpha gamma\n",
  );
  const [first, second] = [1565647200000000, 1565650800000000];
  assertEquals(entries, [
    { span: first, kind: KIND.to, name: "alpha", count: 1 },
    { span: first, kind: KIND.to, name: "gamma", count: 1 },
    { span: first, kind: KIND.from, name: "beta", count: 1 },
    { span: first, kind: KIND.most, name: "alpha", count: 1 },
    { span: first, kind: KIND.most, name: "beta", count: 2 },
    { span: first, kind: KIND.most, name: "gamma", count: 1 },
    { span: second, kind: KIND.from, name: "gamma", count: 1 },
    { span: second, kind: KIND.most, name: "alpha", count: 1 },
    { span: second, kind: KIND.most, name: "gamma", count: 1 },
  ]);
  assertEquals([tally.lines, tally.malformed, tally.latest], [3, 0, second]);
});

Deno.test("HostTally counts a host that calls itself twice", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  assertEquals(most(scanAll(tally, "5 a A\n")), [["a", 2]]);
});

Deno.test("HostTally.scan takes blanks of any kind, CRLF and a last line without line feed", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const entries = scanAll(tally, " \t5\v\fa \r b \r\n5 a b\r\n\n \r\n#5 a b\n  # 5 a b\n5\ta\tb");
  assertEquals(most(entries), [["a", 3], ["b", 3]]);
  assertEquals([tally.lines, tally.malformed], [3, 0]);
});

Deno.test("HostTally.scan counts malformed lines and goes on after them", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const bad = ["5", "5 a", "5 a b c", "0 a b", "0.0 a b", "-5 a b", "5x a b", ".5 a b", "5. a b"];
  bad.push(
    "5.5.5 a b",
    "5 -a b",
    "5 a \u00e4b",
    "9007199255 a b",
    `${"9".repeat(40)} a b`,
    "x a b",
  );
  bad.push("15656472043x1 a b", "9007199254740.992 a b", `5 ${"a".repeat(65_536)} b`);
  assertEquals(most(scanAll(tally, `${bad.join("\n")}\n7 x y\n`)), [["x", 1], ["y", 1]]);
  assertEquals([tally.lines, tally.malformed], [1, bad.length]);
});

Deno.test("HostTally.scan reads seconds, milliseconds and fractions, cut to microseconds", () => {
  const stamps: [string, number][] = [
    ["1", 1_000_000],
    ["0.0000019", 1],
    ["00000000000000000000000001.5", 1_500_000],
    ["123456789", 123_456_789_000_000],
    ["1565647204", 1_565_647_204_000_000],
    ["1565647204.1234567", 1_565_647_204_123_456],
    ["1565647204351", 1_565_647_204_351_000],
    ["1565647204351.0019", 1_565_647_204_351_001],
    ["1000000000000", 1_000_000_000_000_000],
    ["999999999999.001", 999_999_999_999_001],
    ["9007199254", 9_007_199_254_000_000],
    ["9007199254740.991", Number.MAX_SAFE_INTEGER],
  ];
  for (const [stamp, time] of stamps) {
    const tally = new HostTally({ spanUs: 1, maxBytes: MIB });
    const [entry] = scanAll(tally, `${stamp} a b`);
    assertEquals([stamp, entry?.span, tally.latest], [stamp, time, time]);
  }
});

Deno.test("HostTally passes over other times, and still tells the latest", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB, begin: 2e6, end: 4e6 });
  assertEquals(most(scanAll(tally, "1 a b\n2 c d\n3 c e\n4 f g\n")), [["c", 2], ["d", 1], [
    "e",
    1,
  ]]);
  assertEquals([tally.lines, tally.outside, tally.latest], [2, 2, 4e6]);
});

Deno.test("HostTally.scan reads its part of the buffer and nothing else", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const before = "5 left out\n";
  const line = "5 a b";
  load(tally, `${before}${line}c`);
  const end = before.length + line.length;
  assertEquals(tally.scan(before.length, end), end);
  assertEquals(most([...readRun(tally.takeRun())]), [["a", 1], ["b", 1]]);
  assertEquals(tally.buffer[end], "c".charCodeAt(0));
});

Deno.test("HostTally.scan reads a line that fills the buffer", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  tally.buffer.fill(0x20);
  load(tally, "5 a ");
  tally.buffer[tally.buffer.length - 1] = 0x62;
  assertEquals(tally.scan(0, tally.buffer.length), tally.buffer.length);
  assertEquals(most([...readRun(tally.takeRun())]), [["a", 1], ["b", 1]]);
});

Deno.test("HostTally tells names apart that agree in their beginning, their length or all but a NUL", () => {
  const names = ["a", "a\0", "a\0\0", "aa", "a".repeat(15), "a".repeat(16), "a".repeat(17)];
  names.push(`${"a".repeat(16)}\0`, "a".repeat(32), `${"a".repeat(32)}b`, "a".repeat(65_535));
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const entries = scanAll(tally, names.map((name) => `5 ${name} x\n`).join(""));
  const sorted = [...names].sort();
  assertEquals(most(entries).map(([name]) => name), [...sorted, "x"]);
});

Deno.test("HostTally.add counts names of any kind, without case", () => {
  const tally = new HostTally({ spanUs: HOUR, to: "::1", maxBytes: MIB });
  assert(tally.add(7e6, "FE80::1", "::1"));
  assert(tally.add(7e6, "\u00c4 b", "::1"));
  for (const [time, name] of [[-1, "a"], [NaN, "a"], [0.5, "a"], [1, ""]] as const) {
    assert(tally.add(time, name, "b"));
  }
  assert(tally.add(1, "b", "\u00e4".repeat(32_768)));
  assertEquals(
    [...readRun(tally.takeRun())].map(({ kind, name, count }) => [kind, name, count]),
    [
      [KIND.to, "fe80::1", 1],
      [KIND.to, "\u00c4 b", 1],
      [KIND.most, "::1", 2],
      [KIND.most, "fe80::1", 1],
      [KIND.most, "\u00c4 b", 1],
    ],
  );
  assertEquals([tally.lines, tally.malformed, tally.latest], [2, 5, 7e6]);
});

Deno.test("HostTally stops before the line that it has no room for, and says no", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB / 2 });
  const name = "a".repeat(60_000);
  const lines = Array.from({ length: 9 }, (_, i) => `5 ${name}${i} b\n`);
  const end = load(tally, lines.join(""));
  const at = tally.scan(0, end);
  const taken = tally.lines;
  assert(taken >= 1 && taken < 9);
  assertEquals(at, taken * (lines[0] ?? "").length);
  assertEquals(tally.add(5e6, `${name}x`, "b"), false);
  assertEquals(tally.lines, taken);
  assertEquals(most([...readRun(tally.takeRun())]).at(-1), ["b", taken]);
  assertEquals([tally.entries, tally.takeRun().length], [0, 0]);
  assert(tally.scan(at, end) > at);
});

Deno.test("HostTally finds each of many names again, however its hash falls out", () => {
  const names = Array.from({ length: 11_800 }, (_, i) => `host${i}`).sort();
  for (let round = 0; round < 12; round++) {
    const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB / 2 });
    for (const name of names) assert(tally.add(5e6, name, "x"));
    for (const name of names.toReversed()) assert(tally.add(5e6, "x", name.toUpperCase()));
    assertEquals(tally.entries, names.length + 1);
    const entries = [...readRun(tally.takeRun())];
    assertEquals(entries.map(({ name }) => name), [...names, "x"]);
    assertEquals(entries.at(-1)?.count, 2 * names.length);
    assert(entries.slice(0, -1).every(({ count }) => count === 2));
    assert(tally.add(5e6, "after", "x"));
  }
});

Deno.test("HostTally takes no more memory than it may, to the byte", () => {
  for (let more = 0; more < 12; more++) {
    const maxBytes = MIB / 2 + 16 * more;
    const [from, to] = ["from-a-host-with-32-bytes-of-name", "to-a-host-with-so-long-a-name-too"];
    const tally = new HostTally({ spanUs: 1, maxBytes, from, to });
    let added = 0;
    while (tally.add(added, from, to)) added++;
    assertEquals(tally.entries, 4 * added);
    assert(tally.bytes <= maxBytes);
  }
});

Deno.test("HostTally makes letters of ASCII small and nothing else", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const codes = Array.from({ length: 94 }, (_, i) => String.fromCharCode(i + 33));
  const capitals = codes.join("") + "\u00c4\u0130";
  tally.add(5e6, capitals, "!");
  assertEquals(most([...readRun(tally.takeRun())]), [
    ["!", 1],
    [capitals.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), 1],
  ]);
});

Deno.test("HostTally sorts names before those that they begin, whatever their length", () => {
  const time = 0x3fffffffffff;
  const tally = new HostTally({ spanUs: 1, maxBytes: MIB });
  const names = Array.from({ length: 80 }, (_, i) => "a".repeat(i + 1));
  const all = [...names, ...names.map((name) => `${name}!`), ...names.map((name) => `${name}~`)];
  for (const name of all) tally.add(time, name, "~");
  assertEquals(most([...readRun(tally.takeRun())]).map(([name]) => name), [...all.sort(), "~"]);
});

Deno.test("HostTally.takeParts gives whole entries, and clears when it is left early", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  for (let i = 0; i < 20_000; i++) tally.add(5e6, `host${i}`, "x");
  const parts = Array.from(tally.takeParts(), (part) => [...readRun(part)].length);
  assert(parts.length > 1);
  assertEquals(parts.reduce((sum, part) => sum + part, 0), 20_001);
  tally.add(5e6, "a", "b");
  for (const part of tally.takeParts()) {
    assert(part.length > 0);
    break;
  }
  assertEquals(tally.entries, 0);
});

Deno.test("readRun leaves out an entry that is torn", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  tally.add(5e6, "a", "b");
  const run = tally.takeRun();
  assertEquals([...readRun(run.subarray(0, run.length - 1))].length, 1);
  assertEquals([...readRun(run.subarray(0, 5))].length, 0);
});

Deno.test("HostTally refuses numbers that are out of range", () => {
  for (const spanUs of [0, -1, 1.5, NaN]) {
    assertThrows(() => new HostTally({ spanUs, maxBytes: MIB }), RangeError, "a span of");
  }
  for (const maxBytes of [0, MIB / 4, NaN, 2 ** 32]) {
    assertThrows(() => new HostTally({ spanUs: 1, maxBytes }), RangeError, "cannot hold a tally");
  }
  assertThrows(
    () => new HostTally({ spanUs: 1, maxBytes: MIB, to: "a".repeat(65_536) }),
    RangeError,
    "no host",
  );
});

Deno.test("HostTally closes the spans that a time has passed by the lateness, and passes over what comes later", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB, latenessUs: HOUR / 2 });
  const hour = 1_565_647_200;
  const lines = [
    [hour + 1, "a"],
    [hour + 5399, "b"],
    [hour + 2, "in-time"],
    [hour + 5400, "c"],
    [hour + 3599, "late"],
    [hour + 3600, "d"],
  ].map(([time, name]) => `${time} ${name} x\n`);
  assertEquals(tally.begin, 0);
  scanAll(tally, lines.slice(0, 3).join(""));
  assertEquals(tally.begin, hour * 1e6);
  const entries = scanAll(tally, lines.slice(3).join(""));
  assertEquals(most(entries), [["c", 1], ["d", 1], ["x", 2]]);
  assertEquals([tally.begin, tally.lines, tally.outside], [hour * 1e6 + HOUR, 5, 1]);
  assert(tally.add((hour + 3599) * 1e6, "late", "too"));
  assertEquals([tally.lines, tally.outside], [5, 2]);
});

Deno.test("HostTally closes no span without a lateness, and with one of 0 at its end", () => {
  const text = "7200 a b\n3599 c d\n";
  const patient = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  assertEquals(scanAll(patient, text).length, 4);
  assertEquals(patient.begin, 0);
  const strict = new HostTally({ spanUs: HOUR, maxBytes: MIB, latenessUs: 0 });
  assertEquals(scanAll(strict, text).length, 2);
  assertEquals([strict.begin, strict.outside], [2 * HOUR, 1]);
});

Deno.test("HostTally leaves lines to another reader whose names may be other spellings", () => {
  const tally = new HostTally({ spanUs: HOUR, maxBytes: MIB });
  const other = ["5 a b:c", "5 a. b", "5 a b. \r", `5 a ${"b".repeat(40)}:`, "\ufeff5 a b"];
  for (const line of other) {
    const text = `5 c d\n${line}\n5 e f\n`;
    const end = load(tally, text);
    assertEquals([tally.scan(0, end), tally.otherEnd === undefined], [6, false], line);
    const read = new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(tally.buffer.subarray(6, tally.otherEnd));
    assertEquals(read.trimEnd(), line.replace(/ *\r$/, ""));
    assertEquals(tally.scan((tally.otherEnd ?? 0) + 1, end), end);
    assertEquals(tally.otherEnd, undefined);
    assertEquals(most([...readRun(tally.takeRun())]).map(([name]) => name), ["c", "d", "e", "f"]);
  }
  assertEquals(tally.malformed, 0);
  scanAll(tally, ": a b\n5 a b:c d\n5:5 a b\n5 a b\n: 5 \n");
  assertEquals(tally.malformed, 4);
});

Deno.test("HostTally.add counts up to 2^48 - 1 and leaves what stands beside it", () => {
  const most48 = 2 ** 48 - 1;
  for (
    const [counts, sum] of [
      [[most48, 1], most48],
      [[2 ** 47, 2 ** 47], most48],
      [[1e300], most48],
      [[Infinity, Infinity], most48],
      [[most48 - 2, 1], most48 - 1],
      [[0, -1, NaN, 3], 3],
    ] as const
  ) {
    const tally = new HostTally({ spanUs: HOUR, to: "bb", maxBytes: MIB });
    for (const count of counts) assert(tally.add(5e6, "a", "bb", { count }));
    const entries = [...readRun(tally.takeRun())].map(({ name, count }) => [name, count]);
    assertEquals(entries, [["a", sum], ["a", sum], ["bb", sum]]);
  }
});

Deno.test("HostTally.add takes hosts for those that are asked for whatever they are called", () => {
  const tally = new HostTally({ spanUs: HOUR, to: "x", from: "y", maxBytes: MIB });
  tally.add(5e6, "a", "b", { isTo: true });
  tally.add(5e6, "c", "d", { isFrom: true });
  tally.add(5e6, "e", "f");
  const entries = [...readRun(tally.takeRun())].filter(({ kind }) => kind !== KIND.most);
  assertEquals(entries.map(({ kind, name }) => [kind, name]), [[KIND.to, "a"], [KIND.from, "d"]]);
});
