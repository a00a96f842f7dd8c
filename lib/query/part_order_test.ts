import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PartOrder } from "./part_order.ts";
import type { PartResult } from "./task.ts";

function resultOf(matched: number): PartResult {
  return { matched, bytes: 0, malformed: 0, tooLong: 0, untold: 0, errors: [] };
}

/** An order, and what it has given out so far. */
function ordered(): { order: PartOrder; given: string[]; taken: number[] } {
  const given: string[] = [];
  const order = new PartOrder({
    onPiece: ({ type, bytes }) => given.push(`${type} ${bytes[0]}`),
    onResult: (index, { matched }) => given.push(`result ${index}: ${matched}`),
  });
  return { order, given, taken: [] };
}

Deno.test("PartOrder gives lines of the part that has its turn at once, others later", () => {
  const { order, given, taken } = ordered();
  const lines = (index: number, byte: number) =>
    order.piece(index, { type: "lines", bytes: Uint8Array.of(byte) }, () => taken.push(byte));
  lines(0, 1);
  lines(1, 3);
  lines(2, 5);
  lines(0, 2);
  assertEquals([given, taken], [["lines 1", "lines 2"], [1, 2]]);
  order.result(2, resultOf(7));
  assertEquals(order.next, 0);
  order.result(0, resultOf(9));
  assertEquals(given.slice(2), ["result 0: 9", "lines 3"]);
  lines(1, 4);
  order.result(1, resultOf(8));
  assertEquals(given.slice(4), ["lines 4", "result 1: 8", "lines 5", "result 2: 7"]);
  assertEquals(taken, [1, 2, 3, 4, 5]);
  assertEquals(order.next, 3);
});

Deno.test("PartOrder gives the same whatever comes first", () => {
  const parts = fc.array(fc.nat(3), { maxLength: 6 });
  fc.assert(
    fc.property(parts, fc.infiniteStream(fc.nat()), (counts, choices) => {
      const { order, given } = ordered();
      // What is left to come of each part: its lines, then its result.
      const left = counts.map((count, index) => ({ index, count }));
      let taken = 0;
      while (left.length > 0) {
        const at = (choices.next().value ?? 0) % left.length;
        const part = left[at];
        if (part === undefined) break;
        if (part.count-- > 0) {
          const bytes = Uint8Array.of(part.index);
          order.piece(part.index, { type: "lines", bytes }, () => taken++);
        } else {
          order.result(part.index, resultOf(0));
          left.splice(at, 1);
        }
      }
      const wanted = counts.flatMap((count, index) => [
        ...Array.from({ length: count }, () => `lines ${index}`),
        `result ${index}: 0`,
      ]);
      assertEquals(given, wanted);
      assertEquals(taken, counts.reduce((sum, count) => sum + count, 0));
    }),
    { numRuns: 500 },
  );
});

Deno.test("PartOrder forgets what is wrong when it has its turn, and keeps nobody waiting until it comes again", () => {
  const given: string[] = [];
  const taken: number[] = [];
  let isRight = false;
  const order = new PartOrder({
    onPiece: ({ type, bytes }) => given.push(`${type} ${bytes[0]}`),
    onResult: (index) => given.push(`result ${index}`),
    isRight: (index) => index !== 1 || isRight,
    onWrong: (index) => given.push(`wrong ${index}`),
  });
  const run = (index: number, byte: number) =>
    order.piece(index, { type: "run", bytes: Uint8Array.of(byte) }, () => taken.push(byte));
  run(1, 1);
  run(2, 2);
  order.result(1, resultOf(0));
  assertEquals([given, taken], [[], []]);
  order.result(0, resultOf(0));
  run(2, 3);
  assertEquals(given, ["result 0", "wrong 1"]);
  assertEquals([taken, order.next, order.isRepeating], [[1, 2, 3], 1, true]);
  isRight = true;
  run(1, 4);
  order.result(1, resultOf(0));
  run(2, 5);
  order.result(2, resultOf(0));
  assertEquals(given.slice(2), ["run 4", "result 1", "run 2", "run 3", "run 5", "result 2"]);
  assertEquals([taken, order.isRepeating], [[1, 2, 3, 4, 5], false]);
});
