import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { closedWindows, type TimeSpan } from "./windows.ts";

const MINUTE = 60_000_000;
const NOON = Date.UTC(2026, 10, 21, 12) * 1000;

/** Windows of five minutes, one minute of patience, at so many minutes after noon. */
function at(minutes: number, done?: number, maxCatchup = 100) {
  return closedWindows({
    done: done === undefined ? undefined : NOON + done * MINUTE,
    now: NOON + minutes * MINUTE,
    windowUs: 5 * MINUTE,
    settleUs: MINUTE,
    maxCatchup,
  });
}

/** In minutes after noon. */
function minutesOf({ start, end }: TimeSpan): [number, number] {
  return [(start - NOON) / MINUTE, (end - NOON) / MINUTE];
}

Deno.test("closedWindows gives the last closed window alone on the first run", () => {
  assertEquals(at(6).windows.map(minutesOf), [[0, 5]]);
  assertEquals(at(5.9).windows.map(minutesOf), [[-5, 0]]);
  assertEquals(at(6).gap, undefined);
});

Deno.test("closedWindows gives every window since the last one, and none before it has settled", () => {
  assertEquals(at(6, 5), { windows: [] });
  assertEquals(at(10.99, 5), { windows: [] });
  assertEquals(at(11, 5).windows.map(minutesOf), [[5, 10]]);
  assertEquals(at(22, 5).windows.map(minutesOf), [[5, 10], [10, 15], [15, 20]]);
});

Deno.test("closedWindows gives the latest windows and leaves the rest as one gap", () => {
  const { windows, gap } = at(61, 5, 2);
  assertEquals(windows.map(minutesOf), [[50, 55], [55, 60]]);
  assertEquals(gap && minutesOf(gap), [5, 50]);
  assertEquals(at(16, 5, 2).gap, undefined);
  assertEquals(at(16, 5, 0), {
    windows: [],
    gap: { start: NOON + 5 * MINUTE, end: NOON + 15 * MINUTE },
  });
});

Deno.test("closedWindows gives nothing when the clock was set back, and says how far", () => {
  assertEquals(at(6, 60), { windows: [], aheadUs: 54 * MINUTE });
  assertEquals(at(60.5, 60), { windows: [] });
});

Deno.test("closedWindows gives no window before the epoch", () => {
  const schedule = { done: undefined, windowUs: MINUTE, settleUs: MINUTE, maxCatchup: 9 };
  assertEquals(closedWindows({ ...schedule, now: 0 }), { windows: [] });
  assertEquals(closedWindows({ ...schedule, now: MINUTE }), { windows: [] });
  assertEquals(closedWindows({ ...schedule, now: 2 * MINUTE }).windows.length, 1);
});

Deno.test("closedWindows takes no time for done that is not the end of a window", () => {
  assertThrows(() => at(60, 3), RangeError, "is not the end of a window");
});

const schedules = fc.record({
  windowUs: fc.integer({ min: 1, max: 86_400_000 }).map((ms) => ms * 1000),
  settleUs: fc.integer({ min: 0, max: 600_000_000 }),
  maxCatchup: fc.integer({ min: 1, max: 50 }),
  steps: fc.array(fc.double({ min: -20, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 }),
});

Deno.test("closedWindows gives one continuous run, whenever the runs take place", () => {
  fc.assert(
    fc.property(schedules, ({ windowUs, settleUs, maxCatchup, steps }) => {
      let now = NOON;
      let latest = -Infinity;
      let done: number | undefined;
      for (const step of steps) {
        now += Math.round(step * windowUs);
        latest = Math.max(latest, now);
        const { windows, gap } = closedWindows({ done, now, windowUs, settleUs, maxCatchup });
        assert(windows.length <= maxCatchup);
        if (gap !== undefined) assertEquals(windows.length, maxCatchup);
        if (done === undefined) assertEquals(windows.length, 1);
        for (const span of gap === undefined ? windows : [gap, ...windows]) {
          if (done !== undefined) assertEquals(span.start, done);
          assertEquals([span.start % windowUs, span.end % windowUs], [0, 0]);
          if (span !== gap) assertEquals(span.end - span.start, windowUs);
          assert(span.end > span.start && span.end <= now - settleUs);
          done = span.end;
        }
        // Nothing that was closed at any time is left.
        assert(done !== undefined && done > latest - settleUs - windowUs);
      }
    }),
    { numRuns: 1000 },
  );
});
