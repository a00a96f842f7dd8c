import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseSeconds } from "./epoch_time.ts";

Deno.test("parseSeconds gives microseconds exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000_000_000_000_000 }), (time) => {
      const seconds = Math.floor(time / 1e6);
      const fraction = String(1e6 + time - seconds * 1e6).slice(1);
      assertEquals(parseSeconds(`${seconds}.${fraction}`), time);
    }),
    { numRuns: 1000 },
  );
  assertEquals(parseSeconds("7"), 7_000_000);
  assertEquals(parseSeconds("0.1234567"), 123_456);
  assertEquals(parseSeconds("x1.5y", 1, 4), 1_500_000);
});

Deno.test("parseSeconds gives nothing for what is no number of seconds", () => {
  for (const text of ["", ".", "1.", ".5", "-1", "1e3", "1,5", " 1", "99999999999", "0x10"]) {
    assertEquals(parseSeconds(text), undefined, text);
  }
});
