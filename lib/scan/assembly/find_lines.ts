// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Finds the lines that contain any of a few needles: AssemblyScript, compiled by `deno task scan`.
 *
 * Two bytes of a needle are looked for in 64 places at a time, and where both are, the needle is compared:
 * Wojciech Muła's "SIMD-friendly algorithms for substring searching", with two chosen bytes instead of the
 * first and the last. A needle holds no line feed, so what is found lies in one line.
 */

const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;
/** What makes an ASCII letter small. */
const SMALL: u8 = 0x20;
/** Added to any byte by OR, this makes all of them equal. */
const ANY: u8 = 0xff;

const MAX_NEEDLES: usize = 8;
/** A needle's bytes and what is added to those of a text by OR before they are compared, padded with `ANY`. */
const NEEDLE_BYTES: usize = 256;
const MASK: usize = NEEDLE_BYTES;
const LENGTH: usize = MASK + NEEDLE_BYTES;
/** Which two bytes are looked for. */
const FIRST: usize = LENGTH + 4;
const SECOND: usize = FIRST + 4;
/** Where it is next. */
const HIT: usize = SECOND + 4;
/** Whether it must end its line. */
const IS_LAST: usize = HIT + 4;
/** The bytes that may stand before it, and after it: a bit for each. */
const BEFORE: usize = IS_LAST + 4;
const AFTER: usize = BEFORE + 32;
const SLOT_BYTES: usize = 608;

const MAX_PAIRS: u32 = 65536;
const SLOTS: usize = 4096;
const PAIRS: usize = 16384;
const INPUT: usize = PAIRS + (<usize> MAX_PAIRS) * 8;
const INPUT_BYTES: usize = 4194304;
/** What is read at a time may reach so far beyond what is meant: a needle and 64 bytes. */
const PADDING: usize = 512;

export const input: usize = INPUT;
export const inputBytes: usize = INPUT_BYTES;
/** Where lines are told: for each, where it begins and ends, counted from the input. */
export const pairs: usize = PAIRS;
/** Where the next search begins. */
export let next: usize = INPUT;

let slotsEnd: usize = SLOTS;

if (memory.grow(<i32> ((INPUT + INPUT_BYTES + PADDING + 0xffff) >> 16) - memory.size()) < 0) {
  unreachable();
}

/**
 * One needle more: so many bytes at the beginning of the input. Its bytes `first` and `second` are rare. At
 * 256 of the input are the bytes that may stand before it, a bit for each, the lowest of a byte first; at 288
 * those after it. With `isLast`, nothing but these stands between it and the end of its line.
 */
export function add(length: u32, first: u32, second: u32, isLast: u32): void {
  const slot = slotsEnd;
  if (slot == SLOTS + MAX_NEEDLES * SLOT_BYTES || length >= <u32> NEEDLE_BYTES) unreachable();
  memory.fill(slot, ANY, NEEDLE_BYTES * 2);
  for (let i: usize = 0; i < <usize> length; i++) {
    const byte = load<u8>(INPUT + i);
    const mask: u8 = <u32> (byte | SMALL) - 0x61 < 26 ? SMALL : 0;
    store<u8>(slot + i, byte | mask);
    store<u8>(slot + i, mask, MASK);
  }
  store<u32>(slot, length, LENGTH);
  store<u32>(slot, first, FIRST);
  store<u32>(slot, second, SECOND);
  store<u32>(slot, isLast, IS_LAST);
  memory.copy(slot + BEFORE, INPUT + NEEDLE_BYTES, 64);
  slotsEnd += SLOT_BYTES;
}

/** Whether the needle is there. */
// @ts-ignore: decorator

function isAt(place: usize, slot: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i += 16) {
    const text = v128.or(v128.load(place + i), v128.load(slot + i, MASK));
    if (!i8x16.all_true(i8x16.eq(text, v128.load(slot + i)))) return false;
  }
  return true;
}

/** Whether a byte is in a set. */
function has(set: usize, byte: usize): bool {
  return (<u32> load<u8>(set + (byte >> 3)) >> (<u32> byte & 7) & 1) != 0;
}

/** Whether a line ends there with CRLF. */
function isLineBreak(place: usize, to: usize): bool {
  return place + 1 < to && load<u8>(place) == CARRIAGE_RETURN && load<u8>(place, 1) == LINE_FEED;
}

/** Whether what stands beside the needle may stand there. A line begins at `from`, and the last ends at `to`. */
function isBounded(place: usize, slot: usize, length: usize, from: usize, to: usize): bool {
  if (place > from) {
    const before: usize = load<u8>(place - 1);
    if (before != <usize> LINE_FEED && !has(slot + BEFORE, before)) return false;
  }
  const isLast = load<u32>(slot, IS_LAST) != 0;
  for (let p = place + length; p < to; p++) {
    const after: usize = load<u8>(p);
    if (after == <usize> LINE_FEED) return true;
    if (!has(slot + AFTER, after)) return isLineBreak(p, to);
    if (!isLast) return true;
  }
  return true;
}

/** Where the needle is next, `to` where it is not. */
function seek(slot: usize, from: usize, to: usize): usize {
  const length: usize = load<u32>(slot, LENGTH);
  if (to < from + length) return to;
  const last = to - length;
  const first: usize = load<u32>(slot, FIRST);
  const second: usize = load<u32>(slot, SECOND);
  const a = i8x16.splat(load<i8>(slot + first));
  const b = i8x16.splat(load<i8>(slot + second));
  const aMask = i8x16.splat(load<i8>(slot + first, MASK));
  const bMask = i8x16.splat(load<i8>(slot + second, MASK));
  for (let p = from; p <= last; p += 64) {
    const f = p + first;
    const s = p + second;
    const c0 = v128.and(
      i8x16.eq(v128.or(v128.load(f), aMask), a),
      i8x16.eq(v128.or(v128.load(s), bMask), b),
    );
    const c1 = v128.and(
      i8x16.eq(v128.or(v128.load(f, 16), aMask), a),
      i8x16.eq(v128.or(v128.load(s, 16), bMask), b),
    );
    const c2 = v128.and(
      i8x16.eq(v128.or(v128.load(f, 32), aMask), a),
      i8x16.eq(v128.or(v128.load(s, 32), bMask), b),
    );
    const c3 = v128.and(
      i8x16.eq(v128.or(v128.load(f, 48), aMask), a),
      i8x16.eq(v128.or(v128.load(s, 48), bMask), b),
    );
    if (!v128.any_true(v128.or(v128.or(c0, c1), v128.or(c2, c3)))) continue;
    for (let bits = bitsOf(c0, c1, c2, c3); bits != 0; bits &= bits - 1) {
      const place = p + <usize> ctz(bits);
      if (place > last) return to;
      if (isAt(place, slot, length) && isBounded(place, slot, length, from, to)) return place;
    }
  }
  return to;
}

/** The lanes that are set, as 64 bits. */
// @ts-ignore: decorator

function bitsOf(c0: v128, c1: v128, c2: v128, c3: v128): u64 {
  const low = <u32> i8x16.bitmask(c0) | (<u32> i8x16.bitmask(c1) << 16);
  const high = <u32> i8x16.bitmask(c2) | (<u32> i8x16.bitmask(c3) << 16);
  return (<u64> low) | ((<u64> high) << 32);
}

/** Where the line begins that has this place, and not before `floor`. */
function lineStart(place: usize, floor: usize): usize {
  const lineFeeds = i8x16.splat(LINE_FEED);
  let p = place;
  while (p > floor) {
    p -= 16;
    const bits = <u32> i8x16.bitmask(i8x16.eq(v128.load(p), lineFeeds));
    if (bits != 0) return max(floor, p + 32 - <usize> clz(bits));
  }
  return floor;
}

/** Where the line has its line feed, `to` where it has none. */
function lineEnd(place: usize, to: usize): usize {
  const lineFeeds = i8x16.splat(LINE_FEED);
  for (let p = place; p < to; p += 16) {
    const bits = <u32> i8x16.bitmask(i8x16.eq(v128.load(p), lineFeeds));
    if (bits != 0) return min(to, p + <usize> ctz(bits));
  }
  return to;
}

/** Tells a line that ends at a line feed. */
// @ts-ignore: decorator

function tell(pair: usize, start: usize, lineFeed: usize): void {
  const end = lineFeed - <usize> (lineFeed > start && load<u8>(lineFeed - 1) == CARRIAGE_RETURN);
  store<u32>(pair, <u32> (start - INPUT));
  store<u32>(pair, <u32> (end - INPUT), 4);
}

/** Tells the last line, which has no line feed: a carriage return at its end is part of it. */
function tellLast(pair: usize, start: usize, to: usize): void {
  store<u32>(pair, <u32> (start - INPUT));
  store<u32>(pair, <u32> (to - INPUT), 4);
}

/** Tells the lines that have a needle; returns how many. `next` is `to` where there are no more. */
export function find(from: usize, to: usize): u32 {
  const end = slotsEnd;
  for (let slot = SLOTS; slot < end; slot += SLOT_BYTES) store<u32>(slot, 0, HIT);
  let pair = PAIRS;
  let p = from;
  while (p < to && pair < INPUT) {
    let hit = to;
    for (let slot = SLOTS; slot < end; slot += SLOT_BYTES) {
      let place: usize = load<u32>(slot, HIT);
      if (place < p) {
        place = seek(slot, p, to);
        store<u32>(slot, <u32> place, HIT);
      }
      hit = min(hit, place);
    }
    if (hit == to) {
      p = to;
      break;
    }
    const start = lineStart(hit, p);
    const lineFeed = lineEnd(hit, to);
    if (lineFeed == to) tellLast(pair, start, to);
    else tell(pair, start, lineFeed);
    pair += 8;
    p = min(to, lineFeed + 1);
  }
  next = p;
  return <u32> (pair - PAIRS) >> 3;
}

/** Tells all lines; returns how many. `next` is `to` where there are no more. */
export function all(from: usize, to: usize): u32 {
  const lineFeeds = i8x16.splat(LINE_FEED);
  let pair = PAIRS;
  let start = from;
  for (let p = from; p < to; p += 64) {
    let bits = bitsOf(
      i8x16.eq(v128.load(p), lineFeeds),
      i8x16.eq(v128.load(p, 16), lineFeeds),
      i8x16.eq(v128.load(p, 32), lineFeeds),
      i8x16.eq(v128.load(p, 48), lineFeeds),
    );
    if (to - p < 64) bits &= (<u64> 1 << (to - p)) - 1;
    for (; bits != 0; bits &= bits - 1) {
      if (pair == INPUT) {
        next = start;
        return MAX_PAIRS;
      }
      const lineFeed = p + <usize> ctz(bits);
      tell(pair, start, lineFeed);
      pair += 8;
      start = lineFeed + 1;
    }
  }
  if (start < to && pair < INPUT) {
    tellLast(pair, start, to);
    pair += 8;
    start = to;
  }
  next = start;
  return <u32> (pair - PAIRS) >> 3;
}
