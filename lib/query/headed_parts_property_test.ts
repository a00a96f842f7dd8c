/** Logs whose headers change on the way: the answer of parts is that of one part. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import {
  FIRST_TIME,
  HEADED_FORMATS,
  someHeadedLog,
} from "../../collectors/files/headed_logs_test_tools.ts";
import { assertCovering } from "../test_coverage.ts";
import { ask, type AskOptions } from "./ask_test_tools.ts";
import { askHours } from "./hours_test_tools.ts";
import { question } from "./query_test_tools.ts";
import type { AnswerSpec, PartResult } from "./task.ts";

const ANSWERS: readonly AnswerSpec[] = [
  { kind: "count" },
  { kind: "names", by: "unique", maxBytes: 600 },
  { kind: "names", by: "host", maxBytes: 1e6 },
  { kind: "lines", format: "ndjson", context: { color: false, now: 0 } },
];

const WHOLE: AskOptions = { lateUs: 0, seeks: false, threads: 1, partBytes: Infinity };

const someQuestion = fc.record({
  to: fc.constantFrom([], ["10.1.0.3"]),
  from: fc.constantFrom([], ["10.0.0.2"], ["10.0.0.0/29"]),
});

/** What is the same however a log is cut. */
function sums(results: readonly PartResult[]): unknown {
  const sum = (name: "matched" | "malformed" | "tooLong") =>
    results.reduce((total, result) => total + result[name], 0);
  const latest = Math.max(0, ...results.map((result) => result.latest ?? 0));
  const errors = results.flatMap((result) => result.errors);
  return [sum("matched"), sum("malformed"), sum("tooLong"), latest, errors];
}

/** Writes two logs of a format, one after the other in time or not. */
async function write(directory: string, texts: readonly string[]): Promise<string[]> {
  const paths = texts.map((_, i) => `${directory}${i}.log`);
  for (const [i, path] of paths.entries()) await Deno.writeTextFile(path, texts[i] ?? "");
  return paths;
}

for (const format of HEADED_FORMATS) {
  const someLogs = fc.array(someHeadedLog(format), { minLength: 1, maxLength: 2 });

  Deno.test(`query finds in parts what it finds in one: ${format}`, async () => {
    let found = 0;
    await withDirectory(async (directory) => {
      const someOptions = fc.record({
        threads: fc.constantFrom(1, 1, 1, 2),
        partBytes: fc.constantFrom(100, 1000, 5000),
        errors: fc.constantFrom(false, false, true),
      });
      const some = [someLogs, someQuestion, fc.constantFrom(...ANSWERS), someOptions] as const;
      await assertCovering(
        fc.asyncProperty(...some, async (texts, asked, answer, options) => {
          const paths = await write(directory, texts);
          const { errors } = options;
          const whole = question(asked);
          const one = await ask(paths, whole, answer, { ...WHOLE, format, errors });
          const more = await ask(paths, whole, answer, { ...WHOLE, format, ...options });
          assertEquals(more.lines, one.lines);
          assertEquals(sums(more.results), sums(one.results));
          found += one.matched;
        }),
        { numRuns: 60 },
        () => assert(found > 500, `${found} records`),
      );
    });
  });

  Deno.test(`query finds with seeking what it finds without: ${format}`, async () => {
    let found = 0;
    await withDirectory(async (directory) => {
      const some = [someLogs, someQuestion, fc.nat(120), fc.nat(100)] as const;
      await assertCovering(
        fc.asyncProperty(...some, async (texts, asked, first, seconds) => {
          const paths = await write(directory, texts);
          const since = FIRST_TIME + first * 1e6;
          const timed = question({ ...asked, since, until: since + (seconds + 1) * 1e6 });
          const lines = ANSWERS.at(-1) ?? { kind: "count" };
          const one = await ask(paths, timed, lines, { ...WHOLE, format });
          const more = await ask(paths, timed, lines, {
            ...WHOLE,
            format,
            seeks: true,
            partBytes: 900,
          });
          assertEquals(more.lines, one.lines);
          found += one.matched;
        }),
        { numRuns: 60 },
        () => assert(found > 50, `${found} records`),
      );
    });
  });

  Deno.test(`hourly finds in parts what it finds in one: ${format}`, async () => {
    const spec = {
      kind: "hours",
      spanUs: 20e6,
      to: "10.1.0.3",
      from: "10.0.0.2",
      maxBytes: 600_000,
    } as const;
    let found = 0;
    await withDirectory(async (directory) => {
      const some = [someLogs, fc.constantFrom(1, 1, 2), fc.constantFrom(300, 2000)] as const;
      await assertCovering(
        fc.asyncProperty(...some, async (texts, threads, partBytes) => {
          const paths = await write(directory, texts);
          const one = await askHours(paths, spec, { format, partBytes: Infinity });
          const more = await askHours(paths, spec, { format, partBytes, threads });
          assertEquals(more.lines, one.lines);
          assertEquals(sums(more.results), sums(one.results));
          found += one.lines.length;
        }),
        { numRuns: 30 },
        () => assert(found > 100, `${found} lines`),
      );
    });
  });
}
