import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseDuration } from "./duration.ts";

Deno.test("parseDuration reads every unit, fractions, and bare numbers as seconds", () => {
  const cases: [string, number][] = [
    ["500ms", 500],
    ["3s", 3000],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["0.2", 200],
    ["1.5s", 1500],
    ["007", 7000],
    ["0", 0],
  ];
  for (const [text, ms] of cases) assertEquals(parseDuration(text), ms, text);
});

Deno.test("parseDuration says how to write what it does not understand", () => {
  for (
    const text of [
      "",
      "s",
      "3 s",
      "-3s",
      "+3",
      "1e3",
      "0x10",
      "3S",
      "3s\n",
      "1.",
      ".5",
      "3sec",
      "٣s",
    ]
  ) {
    const error = assertThrows(() => parseDuration(text), RangeError, "it is not a duration");
    assertEquals(error.message.includes("\n"), false);
  }
  assertThrows(() => parseDuration("9".repeat(400)), RangeError, "too long");
  assertThrows(() => parseDuration("999999999999d"), RangeError, "too long");
});

Deno.test("parseDuration of any text gives whole milliseconds or a RangeError", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,20}(ms|s|m|h|d)?$/)), (text) => {
      try {
        const ms = parseDuration(text);
        assert(Number.isSafeInteger(ms) && ms >= 0);
      } catch (error) {
        assert(error instanceof RangeError);
      }
    }),
    { numRuns: 500 },
  );
});
