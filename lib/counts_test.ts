import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { countOf, type Counts, growth, sumOf } from "./counts.ts";

const name = fc.oneof(
  fc.constantFrom("malformed", "constructor", "toString", "__proto__", "hasOwnProperty", ""),
  fc.string(),
);
const counts: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .array(fc.tuple(name, fc.nat()))
  .map((entries) => new Map(entries));

function asCounts(map: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries(map);
}

Deno.test("countOf knows no name that every object has", () => {
  for (const name of ["constructor", "toString", "__proto__"]) assertEquals(countOf({}, name), 0);
});

Deno.test("counts agree with a map, whatever the names", () => {
  fc.assert(
    fc.property(counts, counts, name, (now, before, name) => {
      assertEquals(countOf(asCounts(now), name), now.get(name) ?? 0);
      assertEquals(sumOf(asCounts(now)), [...now.values()].reduce((sum, count) => sum + count, 0));
      const more = [...now]
        .map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)])
        .filter(([, count]) => count > 0);
      assertEquals(
        new Map(Object.entries(growth(asCounts(now), asCounts(before)))),
        new Map(more),
      );
    }),
    { numRuns: 500 },
  );
});
