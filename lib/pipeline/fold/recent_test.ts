import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Recent } from "./recent.ts";

Deno.test("Recent keeps the latest, and tells of each that it forgets once", () => {
  const forgotten: number[] = [];
  const recent = new Recent<number, number>(4, (value) => forgotten.push(value));
  for (let i = 0; i < 5; i++) recent.set(i, i);
  assertEquals(forgotten, [0, 1]);
  assertEquals([4, 3].map((key) => recent.get(key)), [4, 3]);
  assertEquals(recent.get(0), undefined);
});

Deno.test("Recent is a map that is bounded, whatever is done with it", () => {
  const step = fc.record({ does: fc.constantFrom("get", "set", "delete"), key: fc.nat(20) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 2, max: 12 }),
      (steps, limit) => {
        const model = new Map<number, string>();
        const recent = new Recent<number, string>(limit, (value) => {
          assert(model.delete(Number(value.split(" ")[0])));
        });
        steps.forEach(({ does, key }, i) => {
          if (does === "delete") {
            recent.delete(key);
            model.delete(key);
          } else {
            const found = recent.get(key);
            assertEquals(found, model.get(key));
            if (does === "set" && found === undefined) {
              model.set(key, `${key} ${i}`);
              recent.set(key, `${key} ${i}`);
            }
          }
          assert(model.size <= limit);
        });
      },
    ),
  );
});
