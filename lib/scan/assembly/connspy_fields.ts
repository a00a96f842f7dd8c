// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Fields of the lines of connspy. Where they look for an end, there is one: a line feed stands after all.
 * What they load may reach beyond it, by less than 16 bytes; a stamp is loaded from 8 bytes before its end on.
 */

const LINE_FEED: u8 = 0x0a;
const MAX_TIME: u64 = 9007199254740991;
const MAX_SECONDS: u64 = 999999999999;
/** More than any time; more digits change nothing. */
const MANY: u64 = 10000000000000000;

function isBlank(byte: u32): bool {
  return byte == 0x20 || (byte - 9 < 5 && byte != LINE_FEED);
}

export function skipBlanks(from: usize): usize {
  let p = from;
  while (isBlank(load<u8>(p))) p++;
  return p;
}

/** Where the white space begins that ends a field. */
export function fieldEnd(from: usize): usize {
  let p = from;
  while (true) {
    const bytes = v128.load(p);
    const breaks = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(9)), i8x16.splat(5));
    const found = i8x16.bitmask(v128.or(breaks, i8x16.eq(bytes, i8x16.splat(0x20))));
    if (found != 0) return p + ctz(found);
    p += 16;
  }
}

export function lineEnd(from: usize): usize {
  let p = from;
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(LINE_FEED)));
    if (found != 0) return p + ctz(found);
    p += 16;
  }
}

export function isNameStart(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
}

/** Whether all 8 bytes are digits. */
function areDigits(word: u64): bool {
  return ((word & 0xf0f0f0f0f0f0f0f0) |
    (((word + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}

/** The number that 8 digits are: pairs, then fours, then all. */
function numberOf(word: u64): u64 {
  const pairs = (word & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
  const fours = (pairs & 0x00ff00ff00ff00ff) * 6553601 >> 16;
  return (fours & 0x0000ffff0000ffff) * 42949672960001 >> 32;
}

/** A stamp as microseconds; 0 where it is none. */
export function timeAt(from: usize, to: usize): u64 {
  const length = to - from;
  if (length >= 9 && length <= 16) {
    const shift = <u64> (16 - length) << 3;
    const first = load<u64>(from) << shift | (0x3030303030303030 & ((<u64> 1 << shift) - 1));
    const rest = load<u64>(to - 8);
    if (areDigits(first) && areDigits(rest)) {
      return microseconds(numberOf(first) * 100000000 + numberOf(rest), 0);
    }
  }
  return rareTimeAt(from, to);
}

/** A stamp of any length, which may have a fraction. */
function rareTimeAt(from: usize, to: usize): u64 {
  let p = from;
  let number: u64 = 0;
  while (p < to && load<u8>(p) - 0x30 < 10) {
    if (number < MANY) number = number * 10 + (load<u8>(p) - 0x30);
    p++;
  }
  if (p == from) return 0;
  if (p == to) return microseconds(number, 0);
  if (load<u8>(p) != 0x2e || ++p == to) return 0;
  let millionths: u64 = 0;
  let unit: u64 = 100000;
  while (p < to) {
    const digit = <u32> load<u8>(p++) - 0x30;
    if (digit > 9) return 0;
    millionths += digit * unit;
    unit /= 10;
  }
  return microseconds(number, millionths);
}

/** Seconds, or milliseconds where they are more than seconds can be: that is told by three decimals. */
function microseconds(number: u64, millionths: u64): u64 {
  if (number >= MANY) return 0;
  const inMilliseconds = number > MAX_SECONDS || (number == MAX_SECONDS && millionths >= 1000);
  const time = inMilliseconds ? number * 1000 + millionths / 1000 : number * 1000000 + millionths;
  return time > MAX_TIME ? 0 : time;
}
