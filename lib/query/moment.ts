/** Moments as people write them, for `--since` and `--until`. */
import { parseDuration } from "../duration.ts";

/** Larger stamps are milliseconds, others seconds: the rule of connspy. It holds for 31,688 years. */
const MOST_SECONDS = 999_999_999_999;

const STAMP = /^(\d+)(?:\.(\d+))?$/;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-][01]\d:?[0-5]\d)?)?$/i;

function fail(): never {
  throw new SyntaxError(
    "it is no time: write 2026-11-21T10:00, 2026-11-21T10:00:00Z, -2h, today, yesterday, now, or seconds or milliseconds since the epoch",
  );
}

/** Midnight of a day in the time zone of the host, milliseconds. */
function midnight(now: number, daysAgo: number): number {
  const date = new Date(now / 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - daysAgo).getTime();
}

/** Minutes that a zone is ahead of UTC; undefined for the zone of the host. */
function zoneMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}

function parseIso(text: string): number {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] =
    ISO.exec(text) ?? fail();
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const utc = Date.UTC(y, mo - 1, d, h, mi, s);
  const is = new Date(utc);
  // A day that the month has not, or an hour that the day has not, would be another one.
  if (is.getUTCMonth() !== mo - 1 || is.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) fail();
  // A year of two digits would be one of the last century.
  if (is.getUTCFullYear() !== y) fail();
  const minutes = zoneMinutes(zone);
  const ms = minutes === undefined
    ? new Date(y, mo - 1, d, h, mi, s).getTime()
    : utc - minutes * 60_000;
  return ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

/**
 * Reads a moment: ISO 8601 (in the time zone of the host where it names none), `now`, `today`, `yesterday`,
 * a duration ago (`-2h`), or seconds or milliseconds since the epoch.
 *
 * @param now Microseconds since the epoch.
 * @returns Microseconds since the epoch.
 * @throws {SyntaxError} If it is none of these.
 * @throws {RangeError} If the duration is wrong.
 */
export function parseMoment(text: string, now: number): number {
  if (text === "now") return now;
  if (text === "today") return midnight(now, 0) * 1000;
  if (text === "yesterday") return midnight(now, 1) * 1000;
  if (text.startsWith("-")) return now - parseDuration(text.slice(1)) * 1000;
  const [, whole, fraction = ""] = STAMP.exec(text) ?? [];
  return whole === undefined ? parseIso(text) : parseStamp(whole, fraction);
}

/** Cut off, not rounded: as the times of logs are. */
function parseStamp(whole: string, fraction: string): number {
  const digits = Number(`${whole}.${fraction}`) > MOST_SECONDS ? 3 : 6;
  const time = Number(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  return Number.isFinite(time) ? time : fail();
}

/** Throws what {@linkcode parseMoment} throws. */
export function checkMoment(text: string): void {
  parseMoment(text, 0);
}
