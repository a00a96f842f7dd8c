/** However logs are searched, the answer is that of reading every line. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { assertCovering } from "../test_coverage.ts";
import { ask, type AskOptions } from "./ask_test_tools.ts";
import { ADDRESSES, HOSTS, type LogShape, MADE_FORMATS, makeLog, ORIGIN } from "./made_logs.ts";
import {
  naiveLines,
  type NaiveQuestion,
  naiveRecords,
  naiveTop,
  naiveUnique,
} from "./naive_query.ts";
import { question } from "./query_test_tools.ts";
import type { AnswerSpec } from "./task.ts";

const SECOND = 1_000_000;

function shapeOf(format: LogShape["format"]): fc.Arbitrary<Omit<LogShape, "late">> {
  return fc.record({
    format: fc.constant(format),
    seed: fc.nat(),
    lines: fc.oneof(fc.nat(20), fc.integer({ min: 200, max: 1200 })),
    begin: fc.nat(600).map((seconds) => seconds * SECOND),
    gap: fc.constantFrom(1000, SECOND, 60 * SECOND, 600 * SECOND),
    rubbish: fc.constantFrom(0, 0, 20),
    isLong: fc.constantFrom(false, false, false, true),
    torn: fc.constantFrom(0, 0, 1, 2, 15),
  });
}

const someHosts = fc.oneof(
  fc.constant([]),
  fc.array(fc.constantFrom(...HOSTS, ...Object.keys(ADDRESSES), "10.0.0.0/24"), { maxLength: 2 }),
);

/** A question about logs; its times are parts of the time that they are of. */
const someQuestion = fc.record({
  since: fc.constantFrom(-Infinity, 0, 0.01, 0.3, 0.5, 0.9, 1),
  span: fc.constantFrom(Infinity, 0, 0.001, 0.02, 0.4),
  to: someHosts,
  from: someHosts,
});

const someOptions = fc.record({
  seeks: fc.constant(true),
  threads: fc.constant(1),
  partBytes: fc.constantFrom(100, 5000, 1e9),
  blockBytes: fc.constantFrom(1500, 9000, 4e6),
});

/** An answer of `query`. */
type Answer = Extract<AnswerSpec, { kind: "count" | "names" | "lines" }>;

const ANSWERS: readonly Answer[] = [
  { kind: "count" },
  { kind: "names", by: "unique", maxBytes: 600 },
  { kind: "names", by: "host", maxBytes: 1e6 },
  { kind: "lines", format: "ndjson", context: { color: false, now: 0 } },
];

/** What can be compared of a line of ndjson. */
function comparable(line: string): string {
  const { "@timestamp": stamp, source, destination } = JSON.parse(line);
  const time = Date.parse(`${stamp.slice(0, 19)}Z`) * 1000 + Number(stamp.slice(20, 26));
  const [from, to] = [source, destination].map(({ domain, ip }) =>
    domain?.toLowerCase().replace(/(.)\.$/, "$1") ?? ip
  );
  return `${time} ${from} ${to}`;
}

interface Case {
  readonly shapes: readonly LogShape[];
  readonly asked: NaiveQuestion;
  readonly answer: Answer;
  readonly options: readonly Omit<AskOptions, "lateUs">[];
  readonly isReversed: boolean;
}

function someCase(format: LogShape["format"], late: number): fc.Arbitrary<Case> {
  return fc.record({
    shapes: fc.array(shapeOf(format), { minLength: 1, maxLength: 3 })
      .map((shapes) => shapes.map((shape) => ({ ...shape, late }))),
    wanted: someQuestion,
    answer: fc.constantFrom(...ANSWERS),
    options: fc.tuple(someOptions),
    isReversed: fc.boolean(),
  }).map(({ wanted, ...rest }) => {
    const { since, span, to, from } = wanted;
    const whole = Math.max(
      ...rest.shapes.map((shape) => shape.begin + shape.lines * shape.gap / 3),
    );
    const first = Math.round(ORIGIN + since * whole);
    const until = (first === -Infinity ? ORIGIN : first) + Math.round(span * whole);
    return { ...rest, asked: { since: first, until, to, from } };
  });
}

/** Asks in every way, and compares with the reference. Returns how many records were found. */
async function check(directory: string, made: Case, late: number): Promise<number> {
  const { shapes, asked, answer, isReversed } = made;
  const logs = shapes.map((shape) => ({ format: shape.format, bytes: makeLog(shape) }));
  const paths = logs.map((_, i) => `${directory}${i}.log`);
  for (const [i, path] of paths.entries()) {
    await Deno.writeFile(path, logs[i]?.bytes ?? new Uint8Array());
  }
  const records = naiveRecords(logs, asked);
  const wanted = answer.kind === "count"
    ? []
    : answer.kind === "lines"
    ? naiveLines(records).sort()
    : answer.by === "unique"
    ? naiveUnique(records, asked)
    : naiveTop(records, 5);
  const { since, until, ...ends } = asked;
  const whole = question({
    ...ends,
    ...(since > -Infinity && { since }),
    ...(until < Infinity && { until }),
  });
  let exact: readonly string[] | undefined;
  for (const options of [{ seeks: false, threads: 1 }, ...made.options]) {
    const order = exact === undefined || !isReversed ? paths : paths.toReversed();
    const isLong = shapes.some((shape) => shape.isLong);
    const { blockBytes, ...rest } = { blockBytes: undefined, ...options };
    const found = await ask(order, whole, answer, {
      ...rest,
      lateUs: late,
      format: shapes[0]?.format ?? "connspy",
      ...(blockBytes !== undefined && !isLong && { blockBytes }),
    });
    assertEquals(found.matched, records.length, JSON.stringify(options));
    if (answer.kind !== "lines") assertEquals(found.lines, wanted, JSON.stringify(options));
    else assertEquals(found.lines.map(comparable).sort(), wanted, JSON.stringify(options));
    exact ??= found.lines;
    assertEquals(found.lines, exact, "in the same order");
    assertEquals(found.problems, []);
  }
  return records.length;
}

for (const format of MADE_FORMATS) {
  Deno.test(`query finds the same with and without seeking as a naive reference: ${format}`, async () => {
    const some = fc.constantFrom(0, 5 * SECOND, 300 * SECOND).chain((late) =>
      fc.tuple(someCase(format, late), fc.constant(late))
    );
    let found = 0;
    await withDirectory(async (directory) => {
      await assertCovering(
        fc.asyncProperty(some, async ([made, late]) => {
          found += await check(directory, made, late);
        }),
        { numRuns: 450 },
        () => assert(found > 5000, `${found} records`),
      );
    });
  });
}

Deno.test("query finds the same however many threads search", async () => {
  const threads = fc.constantFrom(2, 3).chain((threads) =>
    someOptions.map((options) => ({ ...options, threads, partBytes: 5000 }))
  );
  await withDirectory(async (directory) => {
    for (const format of MADE_FORMATS) {
      const made = someCase(format, SECOND).chain((one) =>
        threads.map((options) => ({ ...one, options: [options] }))
      );
      await fc.assert(
        fc.asyncProperty(made, async (one) => void await check(directory, one, SECOND)),
        { numRuns: 10 },
      );
    }
  });
});
