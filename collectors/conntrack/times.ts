/** When flows begin and end. */
import type { FlowEvent } from "./flow.ts";

const SECOND = 1_000_000;

/** A time of `-o ktimestamp` has whole seconds, rounded down; that of the netlink socket is exact. */
function isWhole(time: number): boolean {
  return time % SECOND === 0;
}

/**
 * When a flow began, as far as an event tells: by the kernel, else by the time of its NEW event.
 *
 * @param arrival When the event was read: used for a NEW event without a time.
 */
export function startOf(flow: FlowEvent, arrival: number): number | undefined {
  const { event, start, timestampUs } = flow;
  if (event !== "new" || (start !== undefined && !isWhole(start))) return start;
  return timestampUs ?? start ?? arrival;
}

/**
 * When a flow ended: never the time of its event, which for one that has expired can be a minute late.
 * The times of the kernel are rounded down to seconds, so the latest of them is the nearest. A stop long
 * before the start is of a clock that was set back meanwhile.
 *
 * @param start When it began, as nearly as is known.
 */
export function endOf(
  { stop, deltaTime }: FlowEvent,
  start: number | undefined,
): number | undefined {
  const least = start === undefined || deltaTime === undefined
    ? undefined
    : start + deltaTime * SECOND;
  if (stop === undefined) return least;
  if (start === undefined || stop >= start) return Math.max(stop, least ?? stop);
  return start - stop < SECOND ? least ?? start : least;
}
