import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ClosedFile, expired, type Limits, type Moment } from "./retention.ts";

const DAY = 86_400_000_000;
const MOMENT: Moment = { now: 10 * DAY, active: 5, lacking: 0 };

/** Files of these sizes, each a day younger than the one before. */
function filesOf(...sizes: number[]): ClosedFile[] {
  return sizes.map((size, i) => ({ path: `/${i}`, size, modified: i * DAY }));
}

function paths(files: readonly ClosedFile[], limits: Limits, moment: Partial<Moment> = {}): string {
  return expired(files, limits, { ...MOMENT, ...moment }).map(({ path }) => path).join(" ");
}

Deno.test("expired names no file without a limit", () => {
  assertEquals(paths(filesOf(1, 2, 3), {}), "");
  assertEquals(paths([], { keep: 1, maxTotal: 1, maxAgeUs: 1 }), "");
});

Deno.test("expired names the oldest files that are too many, too large together or too old", () => {
  const files = filesOf(10, 20, 30, 40);
  assertEquals(paths(files, { keep: 2 }), "/0 /1");
  assertEquals(paths(files, { maxTotal: 95 }), "/0");
  assertEquals(paths(files, { maxTotal: 94 }), "/0 /1");
  assertEquals(paths(files, { maxAgeUs: 8 * DAY }), "/0 /1");
});

Deno.test("expired names as many files as the disk lacks, but for the youngest", () => {
  const files = filesOf(10, 20, 30);
  assertEquals(paths(files, {}, { lacking: 1 }), "/0");
  assertEquals(paths(files, {}, { lacking: 11 }), "/0 /1");
  assertEquals(paths(files, {}, { lacking: 1e9 }), "/0 /1");
});

Deno.test("expired keeps files of the future and the youngest of all", () => {
  assertEquals(paths(filesOf(1, 1), { maxAgeUs: 1 }, { now: -DAY }), "");
  assertEquals(paths(filesOf(9), { keep: 1, maxTotal: 1, maxAgeUs: 1 }), "");
});

Deno.test("expired names the fewest of the oldest files that keep all limits", () => {
  const limit = fc.option(fc.integer({ min: 1, max: 60 }), { nil: Infinity });
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { maxLength: 8 }),
      limit,
      limit,
      fc.nat(60),
      (sizes, keep, maxTotal, lacking) => {
        const files = filesOf(...sizes);
        const count = expired(files, { keep, maxTotal }, { ...MOMENT, lacking }).length;
        const isEnough = (count: number) => {
          const left = files.slice(count).reduce((sum, { size }) => sum + size, MOMENT.active);
          const freed = files.slice(0, count).reduce((sum, { size }) => sum + size, 0);
          return files.length - count <= keep && left <= maxTotal && freed >= lacking;
        };
        const most = Math.max(files.length - 1, 0);
        assert(count <= most);
        assert(count === most || isEnough(count));
        for (let fewer = 0; fewer < count; fewer++) assert(!isEnough(fewer));
      },
    ),
    { numRuns: 500 },
  );
});
