import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "../../lib/test_coverage.ts";
import { seekRange } from "./seek.ts";
import { generateLog, memoryFile, ORIGIN } from "./seek_test_tools.ts";

const shape = fc.record({
  seed: fc.nat(),
  lines: fc.integer({ min: 0, max: 1500 }),
  disorder: fc.constantFrom(0, 0, 10_000, 1_000_000),
  gap: fc.constantFrom(0, 1, 1000, 5000, 100_000),
  padding: fc.constantFrom(0, 20, 60, 200),
  untimed: fc.constantFrom(0, 0, 5, 100),
  huge: fc.constantFrom(0, 0, 0, 5),
  isPrompt: fc.boolean(),
  torn: fc.nat(30),
});

Deno.test("seekRange keeps each line whose record is in the range of time", function () {
  let runs = 0;
  let narrowed = 0;
  assertCovering(
    fc.property(
      shape,
      fc.nat(100),
      fc.nat(100),
      fc.constantFrom(0, 0.3, 1),
      (shape, from, length, part) => {
        const { bytes, records, format } = generateLog(shape);
        const span = Math.max(1, shape.lines * shape.gap / 3);
        const since = ORIGIN + Math.floor(span * from / 100);
        const until = since + 1 + Math.floor(span * length / 500);
        // The format accounts for a part of the disorder.
        const disorderUs = Math.floor(shape.disorder * part);
        const { begin, end } = seekRange(
          memoryFile(bytes, shape.seed),
          { ...format, disorderUs },
          { since, until, lateUs: shape.disorder - disorderUs },
        );
        assert(begin <= end);
        const wanted = records.filter(({ time }) => time >= since && time < until);
        assertEquals(wanted.filter(({ at }) => at < begin || at >= end), []);
        assert(begin === 0 || bytes[begin - 1] === 0x0a);
        if (bytes.length < 40_000) return;
        runs++;
        if (end - begin < bytes.length) narrowed++;
      },
    ),
    { numRuns: 3000 },
    () => {
      assertGreater(runs, 300);
      assertGreater(narrowed, runs / 4);
    },
  );
});

Deno.test("seekRange ends, and gives places in the file, whatever is in it", function () {
  const bytes = fc.array(
    fc.constantFrom("\n", "1 a\n", "9999999999999999 b\n", "\0", "x".repeat(5000), "7", "\r\n"),
    { maxLength: 60 },
  ).map((parts) => new TextEncoder().encode(parts.join("")));
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(), (bytes, since, lateUs) => {
      const { format } = generateLog({
        seed: 1,
        lines: 0,
        disorder: 0,
        gap: 0,
        padding: 0,
        untimed: 0,
        huge: 0,
        isPrompt: true,
        torn: 0,
      });
      const wanted = { since, until: since + 1e9, lateUs };
      const { begin, end } = seekRange(memoryFile(bytes), format, wanted);
      if (bytes.length > 0) assert(0 <= begin && begin <= end && end <= bytes.length);
    }),
    { numRuns: 1000 },
  );
});
