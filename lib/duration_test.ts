import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatDuration, parseDuration } from "./duration.ts";

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

Deno.test("formatDuration picks the units that people read", () => {
  const cases: [number, string][] = [
    [0, "0us"],
    [850, "850us"],
    [200_000, "200ms"],
    [999_499, "999ms"],
    [999_500, "1s"],
    [1_200_000, "1.2s"],
    [59_949_999, "59.9s"],
    [59_950_000, "1m00s"],
    [184_000_000, "3m04s"],
    [3_599_500_000, "1h00m"],
    [7_500_000_000, "2h05m"],
    [349_200_000_000, "4d01h"],
    [-1_200_000, "-1.2s"],
  ];
  for (const [us, text] of cases) assertEquals(formatDuration(us), text);
});

Deno.test("formatDuration never writes a part that should have carried over", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e13 }), (us) => {
      const text = formatDuration(us);
      const [, minutes, seconds] = /^(\d+)[hm](\d\d)[ms]$/.exec(text) ?? [];
      if (seconds !== undefined) assert(Number(seconds) < 60 && Number(minutes) < 60, text);
      assert(/^\d+(\.\d)?(us|ms|s|m\d\ds|h\d\dm|d\d\dh)$/.test(text), text);
    }),
    { numRuns: 500 },
  );
});
