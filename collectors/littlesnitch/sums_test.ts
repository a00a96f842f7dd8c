import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { generateHour, HOUR_ROWS } from "../../fixtures/littlesnitch/generate.ts";
import type { Connection } from "../../lib/connection.ts";
import { sumOf } from "../../lib/counts.ts";
import { HEADER, type ReadTraffic, readTraffic, rowOf } from "./traffic_test_tools.ts";

const MINUTE = 60_000_000;

/**
 * What records come to, by all that tells their groups apart and by window. Where they have no ids, the outcome
 * of what was not denied does not.
 */
function sumsOf(records: readonly Connection[], foldUs: number) {
  const sums = new Map<string, Record<string, number>>();
  for (const record of records) {
    const { id, time, first = time, last = time, records: rows = 1, ...rest } = record;
    const { count, denied, bytesIn, bytesOut, outcome, ...fields } = rest;
    const window = foldUs === 0 ? 0 : Math.floor(time / foldUs);
    const has = [count, denied, bytesIn, bytesOut].map((number) => number !== undefined);
    const prefix = id.slice(0, id.lastIndexOf("-"));
    const isDenied = (denied ?? 0) > 0;
    const kind = id === "" && !isDenied ? "" : outcome;
    const key = JSON.stringify([prefix, window, has, isDenied, kind, fields]);
    const sum = sums.get(key);
    sums.set(key, {
      count: (sum?.count ?? 0) + (count ?? 0),
      denied: (sum?.denied ?? 0) + (denied ?? 0),
      bytesIn: (sum?.bytesIn ?? 0) + (bytesIn ?? 0),
      bytesOut: (sum?.bytesOut ?? 0) + (bytesOut ?? 0),
      rows: (sum?.rows ?? 0) + rows,
      first: Math.min(sum?.first ?? Infinity, first),
      last: Math.max(sum?.last ?? 0, last),
    });
  }
  return new Map([...sums].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Asserts that the sums say what the rows say, and that every row is counted once. */
function assertSame(rows: ReadTraffic, sums: ReadTraffic, foldUs: number): void {
  assertEquals(sumsOf(sums.records, foldUs), sumsOf(rows.records, foldUs));
  // Lines are cut where they are not all there.
  assertEquals(sums.other.length, rows.other.length);
  for (const [i, line] of sums.other.entries()) {
    const other = rows.other[i] ?? "";
    assert(line.startsWith(other) || other.startsWith(line), line);
  }
  const { folded = 0, ...counters } = sums.counters;
  assertEquals(counters, rows.counters);
  assertEquals(counters.read, sums.records.length + folded + sumOf(counters.dropped));
}

const PATHS = ['"/bin/a"', '"/bin/b, ""c"""', "/bin/plain", '"/bin/line\nfeed"', '"/tör"', ""];
const ODD = ['"/open', '"/a"b', 'a"b', '"x,1,2,3,4,y"', "\0", "\r", "@", "x".repeat(70_000)];
const path = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PATHS) }, fc.constantFrom(...ODD));
const number = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("0", "1", "7", "12345") },
  fc.constantFrom("", "-1", "007", "1e3", "999999999999999", "9007199254740993", '"5"', " 1"),
);
const date = fc.constantFrom(
  "2021-01-02T10:02:00Z",
  "2021-01-02T10:02:59Z",
  "2021-01-02T10:03:00Z",
  "2021-01-02T23:59:59Z",
  "2021-01-03T00:00:00Z",
  "2021-01-03T24:00:00Z",
  "2021-01-03T10:60:00Z",
  "2021-01-03T10:02:00.",
  '"2021-01-03T10:02:00Z"',
);
const kind = fc.record({
  direction: fc.constantFrom("in", "out", "up"),
  ip: fc.constantFrom("192.0.2.1", "2001:db8::1", "192.0.2.1.5", '"192.0.2.1"'),
  name: fc.constantFrom("", "example.com", "a,1,2,3,4", '"a,b"'),
  executable: path,
  parent: path,
});
const counts = fc.tuple(number, number, number, number).map((numbers) => numbers.join(","));
// Few kinds, so that they come again with other dates and counters.
const row = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(date, counts).map(([date, counts]) => rowOf({ date, counts })) },
  {
    weight: 4,
    arbitrary: fc.tuple(date, counts).map(([date, counts]) =>
      rowOf({ date, counts, name: "", executable: PATHS[1] ?? "" })
    ),
  },
  fc.tuple(date, counts, kind).map(([date, counts, kind]) => rowOf({ date, counts, ...kind })),
);
const rows = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: row },
    fc.constantFrom(rowOf(), "", HEADER, "\r", '"', ",,,,,,,,,,,,"),
    fc.string({ unit: "binary", maxLength: 40 }),
  ),
  { maxLength: 40 },
);

Deno.test("TrafficSums say what the rows say, whatever is in them and wherever they are cut", function () {
  const end = fc.constantFrom("\n", "\r\n");
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1 << 20));
  const span = fc.constantFrom({}, { begin: Date.UTC(2021, 0, 2, 10, 3) * 1000 });
  fc.assert(
    fc.property(
      rows,
      end,
      size,
      fc.constantFrom(0, MINUTE, 1_500_000),
      span,
      (lines, end, size, foldUs, span) => {
        // Twice, because what comes again takes another way.
        const text = [HEADER, ...lines, ...lines, ...lines.toReversed(), ""].join(end);
        const bytes = new TextEncoder().encode(text).map((byte) => byte === 0x40 ? 0xff : byte);
        for (const amountsOnly of [false, true]) {
          const all = readTraffic(bytes, { ...span, amountsOnly });
          const sums = readTraffic(bytes, { ...span, foldUs, amountsOnly }, size);
          assertSame(all, sums, foldUs);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("TrafficSums say what the rows say where any bytes are other ones", function () {
  const lines = generateHour().split("\n", 200);
  const text = new TextEncoder().encode([...lines, ...lines.slice(1)].join("\n"));
  const change = fc.tuple(
    fc.integer({ min: HEADER.length + 1, max: text.length - 1 }),
    fc.oneof(fc.constantFrom(...'",\n\r0Z9'.split("").map((c) => c.charCodeAt(0))), fc.nat(255)),
  );
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5000 }),
      (changes, size) => {
        const bytes = text.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        assertSame(readTraffic(bytes), readTraffic(bytes, { foldUs: MINUTE }, size), MINUTE);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("TrafficSums give one record for each kind and window, at the row that ends it", function () {
  const text = generateHour();
  const all = readTraffic(text);
  for (const foldUs of [0, MINUTE, 7 * MINUTE]) {
    const folded = readTraffic(text, { foldUs }, 1000);
    assertSame(all, folded, foldUs);
    assertEquals(folded.records.length, sumsOf(all.records, foldUs).size);
    assertEquals(new Set(folded.records.map(({ id }) => id)).size, folded.records.length);
    const rows = folded.records.reduce((sum, { records = 1 }) => sum + records, 0);
    assertEquals(rows, HOUR_ROWS);
    // The same again, however it is cut.
    assertEquals(readTraffic(text, { foldUs }, 77_777).records, folded.records);
  }
});

Deno.test("TrafficSums of amounts only tell what connected with what went on, and give no ids", function () {
  const rows = ["1,0,20,10", "0,0,7,1", "0,2,0,0", "3,4,5,6"].map((counts) => rowOf({ counts }));
  const text = [HEADER, ...rows, ...rows, ""].join("\n");
  const { records, counters } = readTraffic(text, { foldUs: 0, amountsOnly: true });
  assertEquals(
    records.map(({ id, count, denied, bytesIn, records }) => [id, count, denied, bytesIn, records]),
    [["", 2, 0, 54, 4], ["", 4, 4, 0, 2], ["", 14, 8, 10, 2]],
  );
  assertEquals(counters, { read: 8, folded: 5, dropped: {}, degraded: {} });
  assertEquals(readTraffic(text, { foldUs: 0 }).records.length, 4);
});

Deno.test("TrafficSums give no record of a later window before the sums of an earlier one", function () {
  const early = rowOf();
  const date = "2021-01-02T10:03:00Z";
  // A row without all counters is not added up.
  const alone = rowOf({ date, counts: "1,0,20," });
  const text = [HEADER, early, early, alone, rowOf({ date }), ""].join("\n");
  for (const size of [1, 100, 10_000]) {
    const { records } = readTraffic(text, { foldUs: MINUTE }, size);
    const minutes = records.map(({ time }) => Math.floor(time / MINUTE));
    assertEquals(minutes.length, 3);
    assertEquals(minutes, minutes.toSorted(), `${size}`);
  }
});

Deno.test("TrafficSums of a stream hold nothing back", function () {
  const text = [HEADER, rowOf(), rowOf(), ""].join("\n");
  const options = { foldUs: MINUTE, stream: true };
  const { records, counters } = readTraffic(text, options, text.length);
  assertEquals(records.map(({ records, count }) => [records, count]), [[2, 2]]);
  assertEquals([counters.read, counters.folded], [2, 1]);
  const cut = readTraffic(text, options, HEADER.length + 1 + rowOf().length + 1);
  assertEquals(cut.records.length, 2);
});

Deno.test("TrafficSums leave rows alone whose columns stand elsewhere, and sum up what has more of them", function () {
  const mixed = HEADER.split(",").toReversed().join(",");
  const turned = rowOf().split(",").toReversed().join(",");
  const text = [mixed, turned, turned].join("\n");
  assertSame(readTraffic(text), readTraffic(text, { foldUs: 0 }), 0);
  assertEquals(readTraffic(text, { foldUs: 0 }).records.length, 2);
  const more = [`${HEADER},more`, `${rowOf()},x`, `${rowOf()},x`, ""].join("\n");
  assert(readTraffic(more, { foldUs: 0 }).records.length === 1);
});

Deno.test("TrafficSums make records of more groups than they keep, in every window, as of their rows", function () {
  const text = [HEADER];
  for (const minute of ["02", "03", "04"]) {
    for (let i = 0; i < 5000; i++) {
      const date = `2021-01-02T10:${minute}:00Z`;
      text.push(rowOf({ date, ip: `10.0.${i >> 8}.${i & 255}`, name: `"a ""b"", ${i}"` }));
    }
  }
  const rows = readTraffic(text.join("\n"));
  const sums = readTraffic(text.join("\n"), { foldUs: MINUTE });
  assertEquals(sums.records.map(({ id }) => id), rows.records.map(({ id }) => id));
  assertSame(rows, sums, MINUTE);
});
