/** Times as text. A time is an integer of microseconds since the epoch, UTC. */

/** Seconds are remembered by their last 8 bits: the times of a batch lie close together. */
const REMEMBERED = 256;

/** Makes a function that renders whole seconds, and remembers the latest ones. */
function remember(render: (date: Date) => string): (second: number) => string {
  const seconds = new Float64Array(REMEMBERED).fill(NaN);
  const texts: string[] = new Array(REMEMBERED).fill("");
  return function (second) {
    const slot = second & (REMEMBERED - 1);
    if (seconds[slot] === second) return texts[slot] ?? "";
    const text = render(new Date(second * 1000));
    seconds[slot] = second;
    texts[slot] = text;
    return text;
  };
}

function two(number: number): string {
  return number < 10 ? "0" + number : String(number);
}

const utcSecond = remember((date) => date.toISOString().slice(0, 19));
const localDate = remember((date) => {
  const year = String(date.getFullYear()).padStart(4, "0");
  return `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
});
const localClock = remember((date) =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
);

/**
 * `2026-11-21T02:01:40.144181Z` (RFC 3339, six digits).
 * Throws a `RangeError` when the time is not a finite number.
 */
export function isoTime(time: number): string {
  const second = Math.floor(time / 1e6);
  return utcSecond(second) + "." + String(1e6 + (time - second * 1e6)).slice(1) + "Z";
}

/** `2026-11-21 02:01:40.144Z`, for people: cut, not rounded, to milliseconds. */
export function readableTime(time: number): string {
  const text = isoTime(time);
  return text.slice(0, 10) + " " + text.slice(11, 23) + "Z";
}

/** `2026-11-21|03:01:40` in the time zone of the host; the separator may be another one. */
export function localTime(time: number, separator: string): string {
  const second = Math.floor(time / 1e6);
  return localDate(second) + separator + localClock(second);
}

/** A span of microseconds for people, in its two largest units: `18ms`, `3.214s`, `4m05s`, `2d03h`. */
export function readableDuration(microseconds: number): string {
  const ms = Math.floor(microseconds / 1000);
  if (ms < 1000) return `${ms}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(3)}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes}m${two(Math.floor(ms / 1000) % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}
