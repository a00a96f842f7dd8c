import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CONNSPY } from "../../collectors/files/connspy.ts";
import { MALFORMED } from "../../collectors/files/log_format.ts";
import { assertCovering } from "../test_coverage.ts";
import { HostTally, type HostTallyOptions, KIND, readRun } from "./host_tally.ts";

const MIB = 1024 * 1024;

/** Counts by span, kind and name. */
type Counts = Map<string, number>;

function count(counts: Counts, span: number, kind: number, name: string, by: number): void {
  const key = JSON.stringify([span, kind, name]);
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function small(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** What the tally is for, done by splitting; stamps are whole milliseconds here. */
function reference(text: string, options: HostTallyOptions): Counts {
  const { spanUs, to, from, begin = 0, end = Infinity } = options;
  const counts: Counts = new Map();
  for (const line of text.split("\n")) {
    const fields = small(line).split(/[ \t\v\f\r]+/).filter((field) => field !== "");
    const [stamp = "", caller = "", called = ""] = fields;
    if (stamp.startsWith("#") || fields.length !== 3 || !/^\d{13}$/.test(stamp)) continue;
    if (!/^[0-9a-z]/.test(caller) || !/^[0-9a-z]/.test(called)) continue;
    const time = Number(stamp) * 1000;
    if (time < begin || time >= end) continue;
    const span = time - time % spanUs;
    count(counts, span, KIND.most, caller, 1);
    count(counts, span, KIND.most, called, 1);
    if (called === to?.toLowerCase()) count(counts, span, KIND.to, caller, 1);
    if (caller === from?.toLowerCase()) count(counts, span, KIND.from, called, 1);
  }
  return counts;
}

/** Adds a run to what earlier runs give, and sees that it is in order. */
function merge(counts: Counts, run: Uint8Array): void {
  let last: [number, number, Uint8Array] | undefined;
  for (const entry of readRun(run)) {
    const bytes = new TextEncoder().encode(entry.name);
    if (last !== undefined) {
      const order = last[0] - entry.span || last[1] - entry.kind || compare(last[2], bytes);
      assert(order < 0, "entries are in order and no two are equal");
    }
    last = [entry.span, entry.kind, bytes];
    assert(entry.count >= 1);
    count(counts, entry.span, entry.kind, entry.name, entry.count);
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Adds a line that the tally leaves to another, by splitting. */
function takeOther(line: string, tally: HostTally, onRun: (run: Uint8Array) => void): void {
  const fields = line.split(/[ \t\v\f\r]+/).filter((field) => field !== "");
  const [stamp = "", from = "", to = ""] = fields;
  if (fields.length !== 3 || !/^\d{13}$/.test(stamp)) return;
  if (!tally.add(Number(stamp) * 1000, from, to)) {
    onRun(tally.takeRun());
    assert(tally.add(Number(stamp) * 1000, from, to));
  }
}

/** Counts a text in pieces that end with lines, each put somewhere in the buffer. Returns the runs, too. */
function tallied(text: string, options: HostTallyOptions, cuts: readonly number[]) {
  const tally = new HostTally(options);
  const counts: Counts = new Map();
  const lines = text.split(/(?<=\n)/);
  let runs = 0;
  let piece = 0;
  for (let i = 0; i < lines.length;) {
    const many = cuts[piece % cuts.length] ?? 1;
    const start = (piece * 37) % 1000;
    const bytes = new TextEncoder().encode(lines.slice(i, i + many).join(""));
    tally.buffer.set(bytes, start);
    const end = start + bytes.length;
    for (let at = start; at < end;) {
      let stopped = tally.scan(at, end);
      if (tally.otherEnd !== undefined) {
        const line = new TextDecoder("utf-8", { ignoreBOM: true })
          .decode(tally.buffer.subarray(stopped, tally.otherEnd));
        stopped = tally.otherEnd + 1;
        takeOther(line, tally, (run) => merge(counts, run));
      } else if (stopped < end) {
        assert(tally.entries > 0, "there is room for a line when there is nothing else");
        assert(stopped === start || tally.buffer[stopped - 1] === 0x0a, "it stops before a line");
        merge(counts, tally.takeRun());
        runs++;
      }
      at = stopped;
    }
    i += many;
    piece++;
  }
  assert(tally.bytes <= options.maxBytes);
  merge(counts, tally.takeRun());
  return { counts, runs: runs + 1, tally };
}

const BLANKS = fc.stringMatching(/^[ \t\v\f\r]{1,3}$/);
const SHORT_NAME = fc.oneof(
  fc.constantFrom("a", "B", "b", "a1", "host-with-sixteen", "host-of-sixteen1", "Host-Of-Sixteen1"),
  fc.stringMatching(/^[a-cA-C0][a-c.\0\u00e9\u{1f600}\u4e2d-]{0,40}$/u),
);
const NAME = fc.oneof(
  { weight: 30, arbitrary: SHORT_NAME },
  {
    weight: 1,
    arbitrary: fc.tuple(SHORT_NAME, fc.integer({ min: 1, max: 60_000 })).map(([name, length]) =>
      `${"a".repeat(length)}${name}`
    ),
  },
);
const STAMP = fc.integer({ min: 1_565_647_204_000, max: 1_565_647_209_999 }).map(String);
const GOOD_LINE = fc.tuple(STAMP, BLANKS, NAME, BLANKS, NAME).map((parts) => parts.join(""));
const BAD_LINE = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => !text.includes("\n")),
  fc.array(fc.oneof(STAMP, SHORT_NAME, fc.constantFrom("#", "-x", "\u00e9", "1.5x")), {
    maxLength: 5,
  }).map((fields) => fields.join(" ")),
);
const LINE = fc.oneof({ weight: 8, arbitrary: GOOD_LINE }, { weight: 1, arbitrary: BAD_LINE });
const TEXT = fc.tuple(fc.array(LINE, { maxLength: 200, size: "max" }), fc.constantFrom("", "\n"))
  .map(([lines, last]) => lines.join("\n") + last);
const CUTS = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
const OPTIONS = fc.record({
  spanUs: fc.constantFrom(1000, 7000, 1_000_000, 3_600_000_000),
  to: fc.constantFrom("A", "b", "HOST-of-sixteen1", "host-with-sixteen", "nobody"),
  from: fc.constantFrom("a", "B", "host-of-sixteen1", "host-with-sixteen", "nobody"),
  maxBytes: fc.constantFrom(MIB / 2, 16 * MIB),
});
const RANGE = fc.constantFrom({}, { begin: 1_565_647_206e6, end: 1_565_647_208_500_500 });

Deno.test("HostTally counts as splitting does, wherever blocks are cut and however often it is full", () => {
  let runsAtMost = 0;
  assertCovering(
    fc.property(TEXT, OPTIONS, RANGE, CUTS, (text, options, range, cuts) => {
      const all = { ...options, ...range };
      const { counts, runs } = tallied(text, all, cuts);
      assertEquals(counts, reference(text, all));
      runsAtMost = Math.max(runsAtMost, runs);
    }),
    { numRuns: 150 },
    () => assert(runsAtMost > 1, "some of the logs are more than the memory holds"),
  );
});

const COUNT = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(2 ** 48 - 2, 2 ** 48 - 1, 2 ** 48, 2 ** 52, 1e300),
  fc.integer({ min: 2 ** 40, max: 2 ** 48 }),
);

Deno.test("HostTally.add sums counts of any size up to 2^48 - 1", () => {
  const most = 2 ** 48 - 1;
  const call = fc.tuple(SHORT_NAME, SHORT_NAME, COUNT);
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const tally = new HostTally({ spanUs: 1000, maxBytes: MIB });
      const wanted = new Map<string, number>();
      for (const [from, to, by] of calls) {
        assert(tally.add(5e6, from, to, { count: by }));
        for (const name of [from, to]) {
          const sum = (wanted.get(small(name)) ?? 0) + Math.min(by, most);
          wanted.set(small(name), Math.min(sum, most));
        }
      }
      const found = [...readRun(tally.takeRun())].map(({ name, count }) => [name, count] as const);
      assertEquals(new Map(found), wanted);
      assertEquals(found.length, wanted.size);
    }),
    { numRuns: 200 },
  );
});

Deno.test("HostTally counts the same whether lines are scanned or added", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(STAMP, NAME, NAME), { maxLength: 100 }),
      OPTIONS,
      (rows, options) => {
        const tally = new HostTally(options);
        const counts: Counts = new Map();
        for (const [stamp, from, to] of rows) {
          while (!tally.add(Number(stamp) * 1000, from, to)) merge(counts, tally.takeRun());
        }
        merge(counts, tally.takeRun());
        const text = rows.map((row) => row.join(" ")).join("\n");
        assertEquals(counts, tallied(text, options, [7]).counts);
      },
    ),
    { numRuns: 60 },
  );
});

const ANY_STAMP = fc.oneof(
  fc.stringMatching(/^[0-9]{1,18}$/),
  fc.stringMatching(/^[019]{8,17}(?:\.[0-9]{0,8})?$/),
  fc.stringMatching(/^(?:999999999999|9007199254|9007199254740|1000000000000)\.[09]{0,4}[0-9]?$/),
  fc.stringMatching(/^[0-9.x+-]{1,15}$/),
);
const ANY_LINE = fc.oneof(
  BAD_LINE,
  GOOD_LINE,
  fc.tuple(
    fc.constantFrom("", " "),
    ANY_STAMP,
    BLANKS,
    SHORT_NAME,
    fc.constantFrom(" b", " ", "\rc\r"),
  )
    .map((parts) => parts.join("")),
);

Deno.test("HostTally.scan reads a line as the reader of connspy does", () => {
  const reader = CONNSPY.reader([]);
  const decoder = new TextDecoder();
  const tally = new HostTally({ spanUs: 1, maxBytes: MIB });
  fc.assert(
    fc.property(ANY_LINE, (line) => {
      const record = reader.read(decoder.decode(new TextEncoder().encode(line)), 0);
      const before = [tally.lines, tally.malformed];
      const end = new TextEncoder().encodeInto(line, tally.buffer).written;
      const stopped = tally.scan(0, end);
      if (tally.otherEnd !== undefined) {
        assertEquals([stopped, /[:.]|^\ufeff/.test(line)], [0, true]);
        return;
      }
      assertEquals(stopped, end);
      const [entry] = [...readRun(tally.takeRun())];
      const isRecord = record !== undefined && record !== MALFORMED;
      assertEquals(
        [tally.lines - (before[0] ?? 0), tally.malformed - (before[1] ?? 0), entry?.span],
        [isRecord ? 1 : 0, record === MALFORMED ? 1 : 0, isRecord ? record.time : undefined],
      );
    }),
    { numRuns: 3000 },
  );
});
