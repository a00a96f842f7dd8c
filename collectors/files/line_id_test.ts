import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { lineId } from "./line_id.ts";

Deno.test("lineId is the same for the same line at the same place", () => {
  assertEquals(lineId("connspy", "1 a b", 7), lineId("connspy", "1 a b", 7));
  assertMatch(lineId("connspy", "1 a b", 100), /^connspy-2s-[0-9a-z]{1,7}-[0-9a-z]{1,7}$/);
});

Deno.test("lineId tells lines and places apart", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.nat(), fc.nat(), (a, b, at, other) => {
      if (a !== b) assertNotEquals(lineId("f", a, at), lineId("f", b, at));
      if (at !== other) assertNotEquals(lineId("f", a, at), lineId("f", a, other));
    }),
  );
});

Deno.test("lineId spreads lines that differ in little over all ids", () => {
  const ids = new Set<string>();
  for (let i = 0; i < 200_000; i++) ids.add(lineId("f", `${1565647204351 + i} aadvik matina`, 0));
  assertEquals(ids.size, 200_000);
});
