import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Fifo } from "./fifo.ts";

Deno.test("Fifo gives items in the order in which they came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3_000, max: 3_000 }), { maxLength: 20 }), (steps) => {
      const fifo = new Fifo<number>();
      let added = 0;
      let taken = 0;
      for (const step of steps) {
        for (let count = 0; count < step; count++) fifo.push(added++);
        for (let count = 0; count < -step; count++) {
          assertEquals(fifo.first, taken < added ? taken : undefined);
          if (taken < added) taken++;
          fifo.shift();
        }
      }
      assertEquals(fifo.first, taken < added ? taken : undefined);
      assertEquals([...fifo], Array.from({ length: added - taken }, (_, i) => taken + i));
    }),
    { numRuns: 30 },
  );
});
