/** Times of RFC 3339 as microseconds since the epoch. */

const ZERO = 48;
const DASH = 45;
const COLON = 58;
const DOT = 46;
const PLUS = 43;
/** Makes a letter lower case. */
const LOWER = 32;
const LOWER_T = 116;
const LOWER_Z = 122;

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The digit there, or NaN. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : NaN;
}

/** The two digits there, or NaN. */
function twoAt(text: string, at: number): number {
  return digitAt(text, at) * 10 + digitAt(text, at + 1);
}

function isDay(year: number, month: number, day: number): boolean {
  if (!(day >= 1 && day <= (DAYS_IN_MONTH[month - 1] ?? 0))) return false;
  return month !== 2 || day !== 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/** Minutes that a zone is ahead of UTC: `Z`, `+HH:MM`, `-HH:MM`. NaN where there is none. */
function zoneMinutes(text: string, from: number, to: number): number {
  const first = text.charCodeAt(from);
  if (to === from + 1 && (first | LOWER) === LOWER_Z) return 0;
  if (to !== from + 6 || (first !== PLUS && first !== DASH)) return NaN;
  const hours = twoAt(text, from + 1);
  const minutes = twoAt(text, from + 4);
  if (text.charCodeAt(from + 3) !== COLON || !(hours <= 23 && minutes <= 59)) return NaN;
  return (first === DASH ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * The time that a part of a text says: `2026-11-21T02:01:40.144181Z`, with any number of fraction digits
 * or none, and `Z` or an offset. Digits beyond microseconds are cut off. Undefined where it says none, or
 * one that a number of microseconds cannot hold exactly. Leap seconds are none.
 */
export function parseIsoTime(text: string, from = 0, to = text.length): number | undefined {
  if (to > text.length || to - from < 20) return undefined;
  const year = twoAt(text, from) * 100 + twoAt(text, from + 2);
  const month = twoAt(text, from + 5);
  const day = twoAt(text, from + 8);
  const hour = twoAt(text, from + 11);
  const minute = twoAt(text, from + 14);
  const second = twoAt(text, from + 17);
  const isInPlace = text.charCodeAt(from + 4) === DASH && text.charCodeAt(from + 7) === DASH &&
    (text.charCodeAt(from + 10) | LOWER) === LOWER_T &&
    text.charCodeAt(from + 13) === COLON && text.charCodeAt(from + 16) === COLON;
  // Date.UTC takes years below 100 for those of the last century.
  if (!isInPlace || !(year >= 100) || !isDay(year, month, day)) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  let at = from + 19;
  let micros = 0;
  if (text.charCodeAt(at) === DOT) {
    let unit = 100_000;
    for (at++;; at++) {
      const digit = at < to ? digitAt(text, at) : NaN;
      if (Number.isNaN(digit)) break;
      if (unit >= 1) micros += digit * unit;
      unit /= 10;
    }
    if (at === from + 20) return undefined;
  }
  const zone = zoneMinutes(text, at, to);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - zone * 60_000;
  const time = ms * 1000 + micros;
  return Number.isSafeInteger(time) ? time : undefined;
}
