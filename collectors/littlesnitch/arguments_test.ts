import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { trafficArguments } from "./arguments.ts";
import { inZone } from "./zone_test_tools.ts";

const HOUR = 3600 * 1e6;

/** The time that is shown as this text, taken for the earlier or the later one of two. */
function readLocal(text: string, late: boolean): number {
  const time = Date.parse(text.replace(" ", "T")) * 1000;
  const others = [-2, -1, 1, 2].map((n) => time + (n * HOUR) / 2)
    .filter((other) => {
      const date = new Date(other / 1000);
      return date.getHours() === Number(text.slice(11, 13)) &&
        date.getMinutes() === Number(text.slice(14, 16));
    });
  return late ? Math.max(time, ...others) : Math.min(time, ...others);
}

Deno.test("trafficArguments are local dates, each one argument", async function () {
  await inZone("Europe/Vienna", () => {
    const begin = Date.UTC(2021, 0, 2, 10) * 1000;
    assertEquals(
      trafficArguments({ begin, end: begin + HOUR, stream: false }),
      ["log-traffic", "-b", "2021-01-02 11:00:00", "-e", "2021-01-02 12:00:00"],
    );
    assertEquals(
      trafficArguments({ begin, stream: true }),
      ["log-traffic", "-b", "2021-01-02 11:00:00", "--stream"],
    );
    assertEquals(trafficArguments({ stream: true }), ["log-traffic", "--stream"]);
    // Half a second is within the second that begins before it and ends after it.
    assertEquals(
      trafficArguments({ begin: begin + 500_000, end: begin + 500_000, stream: false }),
      ["log-traffic", "-b", "2021-01-02 11:00:00", "-e", "2021-01-02 11:00:01"],
    );
  });
});

Deno.test("trafficArguments ask for all of the time that is wanted, however a doubled hour is taken", async function () {
  for (const zone of ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "UTC"]) {
    await inZone(zone, () => {
      const second = fc.integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2027, 0) / 1000 });
      // The nights in which the clocks are put back.
      const nights = [Date.UTC(2026, 9, 25), Date.UTC(2026, 10, 1), Date.UTC(2026, 3, 4, 12)];
      const near = fc.tuple(fc.constantFrom(...nights), fc.integer({ min: 0, max: 8 * 3600 }))
        .map(([night, offset]) => night / 1000 + offset);
      fc.assert(
        fc.property(fc.oneof(second, near), fc.boolean(), (second, late) => {
          const time = second * 1e6;
          const [, , begin = "", , end = ""] = trafficArguments({
            begin: time,
            end: time,
            stream: false,
          });
          assert(readLocal(begin, late) <= time, `${begin} in ${zone}`);
          assert(readLocal(end, late) >= time, `${end} in ${zone}`);
          assert(readLocal(end, late) - readLocal(begin, late) <= 4 * HOUR);
        }),
        { numRuns: 300 },
      );
    });
  }
});
