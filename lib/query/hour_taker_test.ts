import { assertEquals } from "@std/assert";
import type { Connection } from "../connection.ts";
import { KIND, readRun, type RunEntry } from "../scan/host_tally.ts";
import { HourTaker } from "./hour_taker.ts";
import { HOUR, hoursSpec } from "./hours_test_tools.ts";
import { connection, question, TIME } from "./query_test_tools.ts";
import type { HoursSpec } from "./task.ts";

/** What a taker gives out of records: `KIND name count`. */
function taken(
  records: readonly Connection[],
  spec: Partial<HoursSpec> = {},
): string[] {
  const entries: RunEntry[] = [];
  const taker = new HourTaker(hoursSpec(spec), question(), (run) => entries.push(...readRun(run)));
  for (const record of records) taker.take(record);
  taker.flush();
  const kinds = ["TO", "FROM", "MOST"];
  return entries.map(({ kind, name, count }) => `${kinds[kind]} ${name} ${count}`);
}

const [MIA, ZYLA] = [{ name: "Mia" }, { name: "zyla" }];

Deno.test("HourTaker counts both ends of a record, by who opened the connection", () => {
  const back: Partial<Connection> = { initiator: "remote" };
  const spec = { to: "Zyla", from: "mia" };
  assertEquals(taken([connection(MIA, ZYLA)], spec), [
    "TO mia 1",
    "FROM zyla 1",
    "MOST mia 1",
    "MOST zyla 1",
  ]);
  assertEquals(taken([connection(MIA, ZYLA, back)], spec), ["MOST mia 1", "MOST zyla 1"]);
});

Deno.test("HourTaker counts what a summary stands for, and a connection once", () => {
  const records = [
    connection(MIA, ZYLA),
    connection(MIA, ZYLA, { event: "close", start: TIME - 1 }),
    connection(MIA, ZYLA, { event: "close" }),
    connection(MIA, ZYLA, { event: "summary", count: 40 }),
  ];
  assertEquals(taken(records), ["MOST mia 42", "MOST zyla 42"]);
});

Deno.test("HourTaker counts a summary in the span that its window is in", () => {
  const hour = Math.floor(TIME / HOUR) * HOUR;
  const spans: number[] = [];
  const taker = new HourTaker(hoursSpec(), question(), (run) => {
    for (const { span, kind } of readRun(run)) if (kind === KIND.most) spans.push(span);
  });
  const window = { event: "summary", time: hour, end: hour, start: hour - HOUR } as const;
  taker.take(connection(MIA, ZYLA, window));
  taker.flush();
  assertEquals(spans, [hour - HOUR, hour - HOUR]);
});

Deno.test("HourTaker passes over records that lack an end, and calls one by its address that has no name", () => {
  const { remote: _, ...alone } = connection(MIA, ZYLA);
  assertEquals(taken([alone, connection({}, ZYLA), connection(MIA, {})]), []);
  assertEquals(taken([connection({ ip: "10.0.0.1" }, ZYLA)]), ["MOST 10.0.0.1 1", "MOST zyla 1"]);
});

Deno.test("HourTaker finds a host by the address that is asked for, also where it has a name", () => {
  const records = [connection(MIA, { ip: "10.0.0.1", name: "zyla" })];
  const most = ["MOST mia 1", "MOST zyla 1"];
  assertEquals(taken(records, { to: "10.0.0.1" }), ["TO mia 1", ...most]);
  assertEquals(taken(records, { to: "::ffff:a00:1" }), ["TO mia 1", ...most]);
  assertEquals(taken(records, { to: "ZYLA." }), ["TO mia 1", ...most]);
  assertEquals(taken(records, { from: "10.0.0.1" }), most);
  const back = records.map((record) => ({ ...record, initiator: "remote" as const }));
  assertEquals(taken(back, { from: "10.0.0.1" }), ["FROM mia 1", ...most]);
});

Deno.test("HourTaker counts a name with and without the dot of the root as one", () => {
  const records = [connection(MIA, { name: "b.Example." }), connection(MIA, { name: "b.example" })];
  for (const to of ["b.example", "B.example."]) {
    assertEquals(taken(records, { to }), ["TO mia 2", "MOST b.example 2", "MOST mia 2"]);
  }
});

Deno.test("HourTaker counts no record as found whose name it cannot take", () => {
  const taker = new HourTaker(hoursSpec(), question(), () => {});
  taker.take(connection({ name: "a".repeat(65_536) }, ZYLA));
  taker.take(connection(MIA, ZYLA));
  assertEquals([taker.counted, taker.malformed], [1, 1]);
});

Deno.test("HourTaker gives out runs when its memory is full, and loses nothing", () => {
  const counts = new Map<string, number>();
  let runs = 0;
  const taker = new HourTaker(hoursSpec(), question(), (run) => {
    runs++;
    for (const { name, count } of readRun(run)) counts.set(name, (counts.get(name) ?? 0) + count);
  });
  for (let i = 0; i < 40_000; i++) {
    taker.take(connection({ name: `host-${i % 30_000}` }, ZYLA));
  }
  taker.flush();
  assertEquals(counts.get("zyla"), 40_000);
  assertEquals([counts.get("host-9999"), counts.get("host-29999")], [2, 1]);
  assertEquals([counts.size, runs > 2, taker.counted], [30_001, true, 40_000]);
});

Deno.test("HourTaker.scan counts lines of connspy, across full memory", () => {
  let entries = 0;
  const taker = new HourTaker(
    hoursSpec(),
    question(),
    (run) => entries += [...readRun(run)].length,
  );
  const lines = Array.from({ length: 30_000 }, (_, i) => `${1_565_647_204 + i % 9} h${i} x\n`);
  const { written: end } = new TextEncoder().encodeInto(lines.join("") + "bad\n", taker.buffer);
  assertEquals(taker.scan({ start: 0, end, at: 0 }), { counted: 30_000, malformed: 1 });
  taker.flush();
  assertEquals(entries > 30_001, true);
  assertEquals(taker.latest, 1_565_647_212_000_000);
});

Deno.test("HourTaker.scan reads names in other spellings, and lines with a byte order mark, as the reader does", () => {
  const lines = [
    "\ufeff5 a 2001:DB8:0:0::1",
    "5 a 2001:db8::1\r",
    "5 2001:db8:0::1 ::1",
    "5 ::ffff:10.0.0.1 a",
    "5 0:0::ffff:10.0.0.1 a",
    "5 10.0.0.1 a",
    "5 x:Y a.  ",
    "\ufeff# a b",
    "\ufeff",
    "\ufeff5 a",
    "5 x. b:c d",
    `5 ${":".repeat(3)} a`,
    `5 a:${"a".repeat(65_534)} b`,
    "5 a x:y",
  ];
  for (const asked of ["2001:db8::1", "2001:DB8:0::0:1"]) {
    const entries: RunEntry[] = [];
    const spec = hoursSpec({ to: asked, from: "::ffff:a00:1" });
    const taker = new HourTaker(spec, question(), (run) => entries.push(...readRun(run)));
    taker.buffer.set(new TextEncoder().encode("5 "));
    const start = 2;
    const { written } = new TextEncoder().encodeInto(
      lines.join("\n"),
      taker.buffer.subarray(start),
    );
    assertEquals(taker.scan({ start, end: start + written, at: 0 }), { counted: 6, malformed: 6 });
    taker.flush();
    assertEquals(entries.map(({ kind, name, count }) => [kind, name, count]), [
      [KIND.to, "a", 2],
      [KIND.from, "a", 2],
      [KIND.most, "10.0.0.1", 2],
      [KIND.most, "2001:db8::1", 2],
      [KIND.most, "a", 6],
      [KIND.most, "x:y", 2],
    ]);
  }
});
