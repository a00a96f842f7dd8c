/** Identities of records that come from lines of logs. */

/** Odd, and without a pattern in their bits: 2^32 by the golden ratio, and by the square root of 2. */
const GOLDEN = 0x9e3779b1;
const SILVER = 0xb504f333;

/** Every bit of the result depends on every bit of the number. */
function scramble(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), GOLDEN);
  mixed = Math.imul(mixed ^ (mixed >>> 15), SILVER);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** 64 bits of a text, as text. Quick, and no match for who wants two texts to have the same. */
function fingerprint(text: string): string {
  let a = 1;
  let b = 2;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, GOLDEN);
    a ^= a >>> 15;
    b = Math.imul(b, SILVER) + unit | 0;
    b ^= b >>> 13;
  }
  return scramble(a ^ b).toString(36) + "-" + scramble(b + Math.imul(a, 3) | 0).toString(36);
}

/**
 * Identity of the record of a line: the same on every run, also when the log is renamed or compressed. Two
 * lines of a log never share one: the place is part of it. So those of two logs could only where they stand
 * at the same place.
 *
 * @param format Name of the log format.
 * @param at Where the line begins: see `LogReader.read`.
 */
export function lineId(format: string, line: string, at: number): string {
  return `${format}-${at.toString(36)}-${fingerprint(line)}`;
}
