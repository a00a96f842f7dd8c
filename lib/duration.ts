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
