/** Durations as people write and read them. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;

/**
 * Reads `500ms`, `3s`, `2m`, `1h`, `1d` or `1.5s`; a bare number counts seconds.
 *
 * @returns Whole milliseconds.
 * @throws {RangeError} If the text is not a duration, or one too long to count in milliseconds.
 */
export function parseDuration(text: string): number {
  const [, number, unit = "s"] = DURATION.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === undefined || factor === undefined) {
    throw new RangeError(
      "it is not a duration: write 500ms, 3s, 2m, 1h or 1d; a bare number counts seconds",
    );
  }
  const ms = Math.round(Number(number) * factor);
  if (!Number.isSafeInteger(ms)) throw new RangeError("it is too long");
  return ms;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/**
 * A duration for people, in one unit or two: `850us`, `200ms`, `1.2s`, `3m04s`, `2h05m`, `4d01h`.
 *
 * @param us Whole microseconds; negative where a clock was set back.
 */
export function formatDuration(us: number): string {
  if (us < 0) return "-" + formatDuration(-us);
  if (us < 1000) return `${us}us`;
  const ms = Math.round(us / 1000);
  if (ms < 1000) return `${ms}ms`;
  const tenths = Math.round(us / 100_000);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(us / 1_000_000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
  return `${Math.floor(minutes / 1440)}d${twoDigits(Math.floor(minutes / 60) % 24)}h`;
}
