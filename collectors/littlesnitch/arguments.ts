/**
 * Arguments of `littlesnitch log-traffic`. It takes dates in the local time zone and without its offset,
 * so an hour that comes twice a year cannot be told from the other one: there more is asked for than is
 * wanted. What is not wanted is left out by the dates of the rows, which are in UTC.
 */
import type { LittleSnitchOptions } from "../../lib/collector.ts";
import { localTime } from "../../lib/time.ts";

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;

/** By how much clocks are put back, microseconds: an hour, half an hour on Lord Howe Island. */
const SHIFTS = [HOUR, HOUR / 2] as const;

function dateText(time: number): string {
  return localTime(time, " ");
}

/** Whether the clocks show the same time again later, by a shift of `sign`. */
function isShownTwice(time: number, sign: 1 | -1): boolean {
  return SHIFTS.some((shift) => dateText(time + sign * shift) === dateText(time));
}

/** `YYYY-MM-DD HH:MM:SS` in local time: this second, or an earlier one that the clocks show once. */
function beginText(time: number): string {
  return dateText(isShownTwice(time, 1) ? time - HOUR : time);
}

/** As {@linkcode beginText}, but not earlier than the time. */
function endText(time: number): string {
  const whole = Math.ceil(time / SECOND) * SECOND;
  return dateText(isShownTwice(whole, -1) ? whole + HOUR : whole);
}

/** What littlesnitch is called with. `end` is left out of a stream, which takes none. */
export function trafficArguments(
  { begin, end, stream }: Pick<LittleSnitchOptions, "begin" | "end" | "stream">,
): string[] {
  const args = ["log-traffic"];
  if (begin !== undefined) args.push("-b", beginText(begin));
  if (stream) args.push("--stream");
  else if (end !== undefined) args.push("-e", endText(end));
  return args;
}
