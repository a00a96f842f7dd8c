import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "./test_coverage.ts";

const RUNS = { numRuns: 20 };

function fail(): never {
  throw new Error("not covered");
}

Deno.test("assertCovering asserts what was reached after the half of the runs that is always the same", async () => {
  const numbers: number[] = [];
  const firsts: number[][] = [];
  const assertCovered = () => void firsts.push(numbers.splice(0));
  assertCovering(fc.property(fc.nat(), (n) => void numbers.push(n)), RUNS, assertCovered);
  assertEquals(numbers.splice(0).length, 10);
  const later = fc.asyncProperty(fc.nat(), async (n) => {
    await Promise.resolve();
    numbers.push(n);
  });
  await assertCovering(later, RUNS, assertCovered);
  assertEquals(numbers.length, 10);
  assertEquals(firsts.map(({ length }) => length), [10, 10]);
  assertEquals(firsts[0], firsts[1]);
});

Deno.test("assertCovering fails where the property does, and where too little was reached", async () => {
  const holds = fc.property(fc.nat(), () => {});
  const holdsLater = fc.asyncProperty(fc.nat(), () => Promise.resolve());
  assertThrows(() => assertCovering(holds, RUNS, fail), Error, "not covered");
  await assertRejects(() => assertCovering(holdsLater, RUNS, fail), Error, "not covered");
  for (const failsAt of [1, 11]) {
    let run = 0;
    const fails = fc.property(fc.nat(), () => ++run < failsAt);
    assertThrows(() => assertCovering(fails, RUNS, () => {}), Error, "Property failed");
    run = 0;
    const failsLater = fc.asyncProperty(fc.nat(), () => Promise.resolve(++run < failsAt));
    await assertRejects(() => assertCovering(failsLater, RUNS, () => {}), Error, "Property failed");
  }
});
