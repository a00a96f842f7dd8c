import { assertEquals } from "@std/assert";
import { CONNSCRIBE_NDJSON } from "../../collectors/files/connscribe_ndjson.ts";
import { CONNSPY } from "../../collectors/files/connspy.ts";
import type { LogFormat } from "../../collectors/files/log_format.ts";
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
  format: LogFormat = CONNSCRIBE_NDJSON,
): string[] {
  const entries: RunEntry[] = [];
  const taker = new HourTaker(hoursSpec(spec), question(), (run) => entries.push(...readRun(run)));
  for (const record of records) taker.take(record, format);
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
  assertEquals(taken([connection(MIA, ZYLA, { event: "close", start: TIME - 1 })], {}, CONNSPY), [
    "MOST mia 1",
    "MOST zyla 1",
  ]);
});

Deno.test("HourTaker counts a summary in the span that its window is in", () => {
  const hour = Math.floor(TIME / HOUR) * HOUR;
  const spans: number[] = [];
  const taker = new HourTaker(hoursSpec(), question(), (run) => {
    for (const { span, kind } of readRun(run)) if (kind === KIND.most) spans.push(span);
  });
  const window = { event: "summary", time: hour, end: hour, start: hour - HOUR } as const;
  taker.take(connection(MIA, ZYLA, window), CONNSCRIBE_NDJSON);
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
  assertEquals(taken(records, { to: "10.0.0.1" }), ["TO mia 1", "MOST 10.0.0.1 1", "MOST mia 1"]);
});

Deno.test("HourTaker gives out runs when its memory is full, and loses nothing", () => {
  const counts = new Map<string, number>();
  let runs = 0;
  const taker = new HourTaker(hoursSpec(), question(), (run) => {
    runs++;
    for (const { name, count } of readRun(run)) counts.set(name, (counts.get(name) ?? 0) + count);
  });
  for (let i = 0; i < 40_000; i++) {
    taker.take(connection({ name: `host-${i % 30_000}` }, ZYLA), CONNSCRIBE_NDJSON);
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
