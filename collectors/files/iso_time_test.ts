import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isoTime } from "../../lib/time.ts";
import { parseIsoTime } from "./iso_time.ts";

const micros = fc.integer({ min: -60_000_000_000_000_000 / 8, max: 9_000_000_000_000_000 });
const millis = fc.integer({ min: -7_000_000_000_000, max: 9_000_000_000_000 });

Deno.test("parseIsoTime gives back what isoTime has written", () => {
  fc.assert(
    fc.property(micros, (time) => assertEquals(parseIsoTime(isoTime(time)), time)),
    { numRuns: 2000 },
  );
});

Deno.test("parseIsoTime agrees with Date on any text of its form, and on its offsets", () => {
  const upTo = (max: number) =>
    fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, "0"));
  const zone = fc.oneof(fc.constant("Z"), fc.constantFrom("+01:00", "-05:30", "+14:00", "+00:00"));
  fc.assert(
    fc.property(
      fc.integer({ min: 1800, max: 2200 }),
      fc.tuple(upTo(13), upTo(32), upTo(24), upTo(60), upTo(60)),
      zone,
      (year, [month, day, hour, minute, second], offset) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.250${offset}`;
        const date = new Date(text).getTime();
        // Date takes the 31st of a short month, and 24:00:00.
        const isReal = Number(hour) < 24 && !Number.isNaN(date) &&
          new Date(Date.UTC(year, Number(month) - 1, Number(day))).getUTCDate() === Number(day);
        assertEquals(parseIsoTime(text), isReal ? date * 1000 : undefined);
      },
    ),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(millis, (ms) => {
      assertEquals(parseIsoTime(new Date(ms).toISOString()), ms * 1000);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseIsoTime takes any number of fraction digits, and cuts off what is below microseconds", () => {
  assertEquals(parseIsoTime("1970-01-01T00:00:01Z"), 1_000_000);
  assertEquals(parseIsoTime("1970-01-01t00:00:01.5z"), 1_500_000);
  assertEquals(parseIsoTime("1970-01-01T00:00:00.123456789Z"), 123_456);
  assertEquals(parseIsoTime('x"1970-01-01T00:00:00Z"', 2, 22), 0);
});

Deno.test("parseIsoTime gives nothing for what is no time", () => {
  for (
    const text of [
      "",
      "2026-11-21",
      "2026-11-21T02:01:40",
      "2026-11-21T02:01:40.Z",
      "2026-11-21T02:01:60Z",
      "2026-02-29T02:01:40Z",
      "2026-13-01T02:01:40Z",
      "2026-11-21 02:01:40Z",
      "2026-11-21T02:01:40Z ",
      "2026-11-21T02:01:40+0100",
      "2026-11-21T02:01:40+24:00",
      "9999-11-21T02:01:40Z",
      "0026-11-21T02:01:40Z",
      "-026-11-21T02:01:40Z",
    ]
  ) assertEquals(parseIsoTime(text), undefined, text);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const time = parseIsoTime(text);
      assertEquals(time === undefined || Number.isSafeInteger(time), true);
    }),
    { numRuns: 500 },
  );
});
