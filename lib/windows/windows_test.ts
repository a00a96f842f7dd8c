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
function minutesOf(span: TimeSpan | undefined): number[] {
  return span === undefined ? [] : [span.start, span.end].map((time) => (time - NOON) / MINUTE);
}

Deno.test("closedWindows gives the last closed window alone on the first run", () => {
  assertEquals(minutesOf(at(6).span), [0, 5]);
  assertEquals(minutesOf(at(5.9).span), [-5, 0]);
  assertEquals(at(6).gap, undefined);
});

Deno.test("closedWindows gives every window since the last one, and none before it has settled", () => {
  assertEquals(at(6, 5), {});
  assertEquals(at(10.99, 5), {});
  assertEquals(minutesOf(at(11, 5).span), [5, 10]);
  assertEquals(minutesOf(at(22, 5).span), [5, 20]);
});

Deno.test("closedWindows gives the latest windows and leaves the rest as one gap", () => {
  const { span, gap } = at(61, 5, 2);
  assertEquals([minutesOf(span), minutesOf(gap)], [[50, 60], [5, 50]]);
  assertEquals(at(16, 5, 2).gap, undefined);
  assertEquals(at(16, 5, 0), {
    gap: { start: NOON + 5 * MINUTE, end: NOON + 15 * MINUTE },
  });
});

Deno.test("closedWindows gives nothing when the clock was set back, and says how far", () => {
  assertEquals(at(6, 60), { aheadUs: 54 * MINUTE });
  assertEquals(at(60.5, 60), {});
});

Deno.test("closedWindows gives no window before the epoch", () => {
  const schedule = { done: undefined, windowUs: MINUTE, settleUs: MINUTE, maxCatchup: 9 };
  assertEquals(closedWindows({ ...schedule, now: 0 }), {});
  assertEquals(closedWindows({ ...schedule, now: MINUTE }), {});
  assertEquals(closedWindows({ ...schedule, now: 2 * MINUTE }).span, { start: 0, end: MINUTE });
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
        const { span, gap } = closedWindows({ done, now, windowUs, settleUs, maxCatchup });
        const count = span === undefined ? 0 : (span.end - span.start) / windowUs;
        assert(count <= maxCatchup);
        if (gap !== undefined) assertEquals(count, maxCatchup);
        if (done === undefined) assertEquals(count, 1);
        for (const each of [gap, span].filter((each) => each !== undefined)) {
          if (done !== undefined) assertEquals(each.start, done);
          assertEquals([each.start % windowUs, each.end % windowUs], [0, 0]);
          assert(each.end > each.start && each.end <= now - settleUs);
          done = each.end;
        }
        // Nothing that was closed at any time is left.
        assert(done !== undefined && done > latest - settleUs - windowUs);
      }
    }),
    { numRuns: 1000 },
  );
});
