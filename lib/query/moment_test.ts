import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CONNSPY } from "../../collectors/files/connspy.ts";
import { checkMoment, parseMoment } from "./moment.ts";

/** 2019-08-12T22:00:04.351Z */
const NOW = 1_565_647_204_351_000;

/** In the time zone of this process. */
function local(...[year, month, day, hour = 0, minute = 0]: number[]): number {
  return new Date(year ?? 0, (month ?? 1) - 1, day, hour, minute).getTime() * 1000;
}

Deno.test("parseMoment reads ISO 8601, in the zone of the host where it names none", () => {
  const cases: [string, number][] = [
    ["2019-08-12T22:00:04.351Z", NOW],
    ["2019-08-12 22:00:04,351z", NOW],
    ["2019-08-13T00:00:04.351+02:00", NOW],
    ["2019-08-12T16:30:04.351-0530", NOW],
    ["2019-08-12T22:00:04.3510009Z", NOW],
    ["2019-08-12T22:00Z", NOW - 4_351_000],
    ["2019-08-12", local(2019, 8, 12)],
    ["2019-08-12T10:30", local(2019, 8, 12, 10, 30)],
    ["2020-02-29", local(2020, 2, 29)],
  ];
  for (const [text, wanted] of cases) assertEquals(parseMoment(text, 0), wanted, text);
});

Deno.test("parseMoment reads now, days and durations ago", () => {
  assertEquals(parseMoment("now", NOW), NOW);
  assertEquals(parseMoment("-2h", NOW), NOW - 7_200_000_000);
  assertEquals(parseMoment("-90", NOW), NOW - 90_000_000);
  const date = new Date(NOW / 1000);
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  assertEquals(parseMoment("today", NOW), local(year, month, day));
  assertEquals(parseMoment("yesterday", NOW), local(year, month, day - 1));
});

Deno.test("parseMoment takes stamps beyond 999999999999 for milliseconds, as connspy does", () => {
  assertEquals(parseMoment("1565647204", 0), 1_565_647_204_000_000);
  assertEquals(parseMoment("1565647204351", 0), NOW);
  assertEquals(parseMoment("999999999999", 0), 999_999_999_999e6);
  assertEquals(parseMoment("1000000000000", 0), 1_000_000_000_000_000);
  assertEquals(parseMoment("0", 0), 0);
});

Deno.test("parseMoment gives a stamp the time that a line of a log with it has", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000_000_000 }), fc.nat(9_999_999), (whole, part) => {
      for (const stamp of [`${whole}.${part}`, `${whole}`, `${whole}${part}.25`]) {
        const written = CONNSPY.written(`${stamp} a b`);
        // A line's time is a safe integer; what is asked for may be any.
        if (written !== undefined) assertEquals(parseMoment(stamp, 0), written, stamp);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseMoment refuses what is no time", () => {
  for (
    const text of [
      "",
      "soon",
      "2019-02-29",
      "2019-13-01",
      "2019-00-10",
      "0050-01-01",
      "2019-08-12T24:00",
      "2019-08-12T10:60",
      "2019-08-12T10:00:60",
      "2019-08-12T10:00+24:99",
      "2019-08-12T10",
      "12.8.2019",
      "1565647204.",
      "+5",
      "1e9",
      "9".repeat(400),
      " 2019-08-12",
    ]
  ) assertThrows(() => checkMoment(text), SyntaxError, "it is no time", text);
  assertThrows(() => checkMoment("-2 hours"), RangeError, "not a duration");
  assertThrows(() => checkMoment("-"), RangeError);
});

Deno.test("parseMoment gives a whole number or throws a sentence, whatever it is given", () => {
  const odd = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[-0-9T:.Z+ ]{0,25}$/),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  fc.assert(
    fc.property(odd, (text) => {
      try {
        assert(Number.isInteger(parseMoment(text, NOW)), text);
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
