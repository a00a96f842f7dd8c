/** Times and spans as decimal numbers of seconds. */

const DOT = 46;
const ZERO = 48;

/** Digits of seconds, at most: with more, microseconds are beyond 2^53. */
const MAX_DIGITS = 10;

/**
 * Microseconds of a part of a text that is seconds: digits, and a fraction with a dot. Digits beyond
 * microseconds are cut off. Undefined for anything else, and for what a number cannot hold exactly.
 */
export function parseSeconds(text: string, from = 0, to = text.length): number | undefined {
  let seconds = 0;
  let at = from;
  for (; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    seconds = seconds * 10 + digit;
  }
  if (at === from || at - from > MAX_DIGITS) return undefined;
  let micros = 0;
  if (at < to) {
    if (text.charCodeAt(at) !== DOT || at + 1 === to) return undefined;
    let unit = 100_000;
    for (at++; at < to; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) return undefined;
      if (unit >= 1) micros += digit * unit;
      unit /= 10;
    }
  }
  const time = seconds * 1_000_000 + micros;
  return Number.isSafeInteger(time) ? time : undefined;
}
