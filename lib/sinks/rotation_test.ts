import { assertEquals } from "@std/assert";
import { isRotationDue } from "./rotation.ts";

const HOUR = 3_600_000_000;

Deno.test("isRotationDue tells by the size that a file would have", () => {
  const due = (size: number, bytes: number) =>
    isRotationDue({ size: 100 }, { size, begun: 0 }, bytes, 0);
  assertEquals([due(90, 10), due(90, 11), due(0, 500), due(1, 100)], [false, true, false, true]);
});

Deno.test("isRotationDue tells by spans that begin at multiples in UTC", () => {
  const due = (begun: number, now: number) =>
    isRotationDue({ everyUs: HOUR }, { size: 1, begun }, 1, now);
  assertEquals(due(HOUR, 2 * HOUR - 1), false);
  assertEquals(due(2 * HOUR - 1, 2 * HOUR), true);
  assertEquals(due(2 * HOUR, HOUR), false);
  assertEquals(isRotationDue({}, { size: 1e12, begun: 0 }, 1, 1e18), false);
  assertEquals(isRotationDue({ everyUs: HOUR }, { size: 0, begun: 0 }, 1, 9 * HOUR), false);
});
