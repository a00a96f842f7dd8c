/** Numbers and dates of a CSV row, read from their bytes: no text is made of them. */

const ZERO = 0x30;
const MINUS = 0x2d;
/** A dot, counted from the digit 0. */
const DOT = -2;

/** Of so many digits, every number is exact. */
const SAFE_DIGITS = 15;

/**
 * A whole number without a sign. `NaN` where it is none: empty, anything but digits, or more than 2^53 - 1.
 */
export function parseCount(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return NaN;
  let number = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return end - start <= SAFE_DIGITS || number <= Number.MAX_SAFE_INTEGER ? number : NaN;
}

/** A user id, which some programs print with a sign: -2 is 4294967294, `nobody` on macOS. `NaN` where it is none. */
export function parseUid(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS && end > start;
  const number = parseCount(bytes, isNegative ? start + 1 : start, end);
  if (isNegative) return number >= 1 && number <= 0x80000000 ? 0x100000000 - number : NaN;
  return number <= 0xffffffff ? number : NaN;
}

/** Whether it is an IPv4 address: four decimal numbers without leading zeros. */
export function isIpv4(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0;
  let number = -1;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit === DOT && number >= 0) {
      dots++;
      number = -1;
    } else if (digit < 0 || digit > 9 || number === 0) return false;
    else number = number < 0 ? digit : number * 10 + digit;
    if (number > 255) return false;
  }
  return dots === 3 && number >= 0;
}

/** Where the digits of `2021-01-02T10:02:00Z` are not. */
const SEPARATORS: readonly (readonly [at: number, character: string])[] = [
  [4, "-"],
  [7, "-"],
  [10, "T"],
  [13, ":"],
  [16, ":"],
  [19, "Z"],
];
const SEPARATOR_BYTES = SEPARATORS.map(([at, character]) => [at, character.charCodeAt(0)] as const);

const DATE_LENGTH = 20;

/** `2021-01-02T10:02:00Z` in microseconds since the epoch; `NaN` where it is none, or before 1970. */
export function parseDate(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== DATE_LENGTH) return NaN;
  for (const [at, byte] of SEPARATOR_BYTES) if (bytes[start + at] !== byte) return NaN;
  const year = parseCount(bytes, start, start + 4);
  const month = parseCount(bytes, start + 5, start + 7);
  const day = parseCount(bytes, start + 8, start + 10);
  const hour = parseCount(bytes, start + 11, start + 13);
  const minute = parseCount(bytes, start + 14, start + 16);
  const second = parseCount(bytes, start + 17, start + 19);
  // Written so that NaN is refused too.
  if (!(year >= 1970 && hour <= 23 && minute <= 59 && second <= 59)) return NaN;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // The 31st of a shorter month would be the first of the next one.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return NaN;
  return (midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second) * 1e6;
}
