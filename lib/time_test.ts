import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isoTime, localTime, readableDuration, readableTime } from "./time.ts";

Deno.test("isoTime has six digits, whatever second was asked for before", () => {
  assertEquals(isoTime(1_795_226_500_144_181), "2026-11-21T02:01:40.144181Z");
  assertEquals(isoTime(0), "1970-01-01T00:00:00.000000Z");
  assertEquals(isoTime(1), "1970-01-01T00:00:00.000001Z");
  assertEquals(isoTime(-1), "1969-12-31T23:59:59.999999Z");
  assertEquals(isoTime(Number.MAX_SAFE_INTEGER), "2255-06-05T23:47:34.740991Z");
  const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.oneof(time, fc.integer({ min: 0, max: 3e9 })), (time) => {
      const text = isoTime(time);
      assertEquals(Date.parse(text), Math.floor(time / 1000));
      assertEquals(Number(text.slice(-4, -1)), time % 1000);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("readableTime cuts to milliseconds", () => {
  assertEquals(readableTime(1_795_226_500_144_981), "2026-11-21 02:01:40.144Z");
});

Deno.test("localTime is the clock of the host's time zone", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (second) => {
      const date = new Date(second * 1000);
      const offset = date.getTimezoneOffset() * 60_000;
      const expected = new Date(date.getTime() - offset).toISOString().slice(0, 19);
      assertEquals(localTime(second * 1e6 + 999_999, "T"), expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("readableDuration names the two largest units", () => {
  const second = 1_000_000;
  const cases: [number, string][] = [
    [0, "0ms"],
    [18_999, "18ms"],
    [3_214_000, "3.214s"],
    [59.9999 * second, "59.999s"],
    [245 * second, "4m05s"],
    [3600 * second, "1h00m"],
    [(2 * 86_400 + 3 * 3600) * second, "2d03h"],
  ];
  for (const [span, text] of cases) assertEquals(readableDuration(span), text);
});
