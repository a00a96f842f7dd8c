/** However logs are read, the answer of `hourly` is that of a naive reference. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { assertCovering } from "../test_coverage.ts";
import { askHours, HOUR, type HoursOptions, hoursSpec, naiveHours } from "./hours_test_tools.ts";
import { type LogShape, makeLog } from "./made_logs.ts";
import { naiveLines, naiveRecords } from "./naive_query.ts";
import type { HoursSpec } from "./task.ts";

const SECOND = 1_000_000;

/** Names of hosts in logs of connspy that are another host's, spelled otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "2001:db8:0:0::1": "2001:db8::1",
  "2001:DB8::0001": "2001:db8::1",
  "0::ffff:10.0.0.7": "10.0.0.7",
  "Bob.example.com.": "bob.example.com",
};

/** Names of hosts in logs of connspy. */
const NAMES = ["zyla", "Zyla", "zylax", "mia", "Bob.example.com", "1", "10.0.0.7", "a\u00e9\u0001"];
NAMES.push("2001:db8::1", "x:Y", ...Object.keys(SPELLINGS));

/** A line that is none. */
const RUBBISH = ["", "# text", "1565647204 zyla", "zyla mia 3", "1565647204351 a b c", "0 a b"];

/** Numbers from 0 to below a limit. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** A log of connspy in no order of time, over so many seconds. */
function connspyLog(seed: number, lines: number, seconds: number, hosts: number) {
  const random = generator(seed);
  const names = [...NAMES, ...Array.from({ length: hosts }, (_, i) => `h${i}`)];
  const pick = (texts: readonly string[]) => texts[random(texts.length)] ?? "";
  let text = random(3) === 0 ? "\ufeff" : "";
  const called = (name: string) => (SPELLINGS[name] ?? name).toLowerCase();
  const calls = [];
  for (let i = 0; i < lines; i++) {
    const milliseconds = 1_565_647_204_351 + random(seconds * 1000);
    const [from, to] = [pick(names), pick(names)];
    const stamp = random(2) === 0 ? milliseconds : (milliseconds / 1000).toFixed(3);
    if (random(10) === 0) text += `${pick(RUBBISH)}\n`;
    text += `${stamp} ${from}\t${to}${random(4) === 0 ? "\r\n" : "\n"}`;
    calls.push({ time: milliseconds * 1000, from: called(from), to: called(to) });
  }
  return { text, calls };
}

const someSpec: fc.Arbitrary<HoursSpec> = fc.record({
  spanUs: fc.constantFrom(HOUR, 10 * 60 * SECOND, SECOND, 1_500_000),
  to: fc.constantFrom("zyla", "ZYLA", "h1", "nobody", "2001:db8::1", "x:y"),
  from: fc.constantFrom("Mia", "10.0.0.7", "h2", "bob.example.com"),
}).map(hoursSpec);

function someOptions(threads: fc.Arbitrary<number>): fc.Arbitrary<HoursOptions> {
  return fc.record({
    threads,
    partBytes: fc.constantFrom(100, 5000, 1e9),
    blockBytes: fc.constantFrom(150, 3000, 4e6),
    runBytes: fc.constantFrom(0, 10_000, 1e6),
  });
}

/** Escapes as `hourly` does. */
function escaped(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll("\u0001", "\\x01"));
}

/** Records that were found, and malformed lines. */
function totals({ results }: Awaited<ReturnType<typeof askHours>>): [number, number] {
  const sum = (numbers: number[]) => numbers.reduce((all, number) => all + number, 0);
  return [sum(results.map((each) => each.matched)), sum(results.map((each) => each.malformed))];
}

async function checkConnspy(
  directory: string,
  logs: readonly ReturnType<typeof connspyLog>[],
  spec: HoursSpec,
  options: HoursOptions,
) {
  const paths = logs.map((_, i) => `${directory}${i}.log`);
  for (const [i, { text }] of logs.entries()) await Deno.writeTextFile(paths[i] ?? "", text);
  const wanted = escaped(naiveHours(logs.flatMap(({ calls }) => calls), spec));
  const asked = await askHours(paths, spec, { ...options, format: "connspy" });
  assertEquals(asked.lines, wanted);
  const reversed = await askHours(paths.toReversed(), spec, { format: "connspy", errors: true });
  assertEquals(reversed.lines, wanted, "lines read one by one");
  assertEquals(totals(reversed), totals(asked));
  return asked;
}

Deno.test("hourly answers as a naive reference, however the logs are read", async () => {
  const log = fc.tuple(fc.nat(), fc.nat(300), fc.constantFrom(1, 600, 90_000), fc.nat(20));
  await withDirectory(async (directory) => {
    const property = fc.asyncProperty(
      fc.array(log, { minLength: 1, maxLength: 3 }),
      someSpec,
      someOptions(fc.constant(1)),
      async (shapes, spec, options) => {
        const logs = shapes.map((shape) => connspyLog(...shape));
        await checkConnspy(directory, logs, spec, options);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

Deno.test("hourly answers as a naive reference, however many threads read, and with runs on disk", async () => {
  await withDirectory(async (directory) => {
    let most = 0;
    const property = fc.asyncProperty(
      fc.nat(),
      someSpec,
      someOptions(fc.constantFrom(1, 2, 3)),
      async (seed, spec, options) => {
        const logs = [0, 1].map((i) => connspyLog(seed + i, 20_000, 5 * 3600, 20_000));
        const one = { ...options, partBytes: 50_000, blockBytes: 30_000 };
        const { runs } = await checkConnspy(directory, logs, { ...spec, spanUs: HOUR / 6 }, one);
        most = Math.max(most, runs);
      },
    );
    await assertCovering(property, { numRuns: 8 }, () => assert(most > 6, `${most} runs`));
  });
});

Deno.test("hourly answers as a naive reference from logs of other formats", async () => {
  const shape = fc.record({
    seed: fc.nat(),
    lines: fc.integer({ min: 1, max: 300 }),
    begin: fc.nat(600).map((seconds) => seconds * SECOND),
    gap: fc.constantFrom(1000, 60 * SECOND),
    late: fc.constantFrom(0, 300 * SECOND),
    rubbish: fc.constantFrom(0, 20),
    isLong: fc.constant(false),
    torn: fc.constantFrom(0, 1, 15),
  });
  const spec = someSpec.map((one) => ({ ...one, from: "2001:db8::1" }));
  await withDirectory(async (directory) => {
    for (const format of ["connscribe-ndjson", "zeek"] as const) {
      const property = fc.asyncProperty(
        fc.array(shape, { minLength: 1, maxLength: 2 }),
        spec,
        someOptions(fc.constant(1)),
        async (shapes, spec, { blockBytes, ...options }) => {
          const logs = shapes.map((one) => {
            const made: LogShape = { ...one, format };
            return { format, bytes: makeLog(made) };
          });
          const paths = logs.map((_, i) => `${directory}${i}.log`);
          for (const [i, { bytes }] of logs.entries()) await Deno.writeFile(paths[i] ?? "", bytes);
          const all = { since: -Infinity, until: Infinity, to: [], from: [] };
          const calls = naiveLines(naiveRecords(logs, all)).map((line) => {
            const [time, from = "", to = ""] = line.split(" ");
            return { time: Number(time), from, to };
          });
          const asked = await askHours(paths, spec, {
            ...options,
            format,
            ...(blockBytes !== undefined && { blockBytes: Math.max(blockBytes, 1500) }),
          });
          assertEquals(asked.lines, naiveHours(calls, spec));
        },
      );
      await fc.assert(property, { numRuns: 60 });
    }
  });
});
