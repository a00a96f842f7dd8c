// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Counts hosts by span of time: AssemblyScript, compiled by `deno task scan`.
 */

import {
  beginCache,
  closeCache,
  countOnce,
  endCache,
  flagsOf,
  IS_FROM,
  IS_TO,
  isCached,
  isStray,
  knownSlot,
  MAX_CACHED,
  missCache,
  remember,
} from "./host_cache.ts";
import { fieldEnd, isNameStart, lineEnd, skipBlanks, timeAt } from "./connspy_fields.ts";
import { sumOf } from "./host_hash.ts";
import {
  INPUT,
  INPUT_BYTES,
  KEYS,
  MAX_NAME,
  NAME_BYTES,
  NAME_FROM,
  NAME_TO,
  NEEDLES,
  ONES,
  OUTPUT,
  OUTPUT_BYTES,
  PADDING,
} from "./host_layout.ts";
import { isEqual, mayBeRespelled, normalise } from "./host_names.ts";
import { COUNT, give } from "./host_output.ts";
import {
  add,
  cells,
  clearTable,
  entries,
  hasRoom,
  heap,
  heapStart,
  layOut,
  orderTable,
  runBytes,
} from "./host_table.ts";

const LINE_FEED: u8 = 0x0a;
const RETURN: u8 = 0x0d;
const SPACE: u8 = 0x20;
const HASH_SIGN: u8 = 0x23;
/** The three bytes of a byte order mark. */
const MARK: u32 = 0xbfbbef;

const TO: u64 = 0;
const FROM: u64 = 1;
const MOST: u64 = 2;

export {
  INPUT as input,
  INPUT_BYTES as inputBytes,
  KEYS as keys,
  MAX_NAME as nameBytes,
  NAME_FROM as nameFrom,
  NAME_TO as nameTo,
  OUTPUT as output,
  OUTPUT_BYTES as outputBytes,
};
export { cells, entries, give, heap, heapStart, runBytes };

export let lines: f64 = 0;
export let malformed: f64 = 0;
export let outside: f64 = 0;
/** Where the line ends, without its line feed, that `scan` left to another; else 0. */
export let otherEnd: usize = 0;

let lengthTo: usize = 0;
let lengthFrom: usize = 0;
let begin: u64 = 0;
let end: u64 = 0;
let last: u64 = 0;
/** At this time `begin` moves on: so much later than the start of its span. */
let moveAt: u64 = u64.MAX_VALUE;
let moveAfter: u64 = 0;
let spanLength: u64 = 1;
let spanStart: u64 = 0;
let spanEnd: u64 = 0;
/** How many connections the one that is counted stands for, up to `COUNT`. */
let weight: u64 = 1;
/** Of the one that is counted, that its ends are those of `TO` and `FROM`, whatever their names. */
let isTo: bool = false;
let isFrom: bool = false;
/** The entries of the one that was counted last: as `MOST`, and as `TO` and `FROM` or 0. */
let entryFrom: usize = 0;
let entryTo: usize = 0;
let entryAsTo: usize = 0;
let entryAsFrom: usize = 0;
/** Whether `countKnown` could count the line if it knew its names. */
let isPlain: bool = false;

/**
 * Says what is wanted. Times are microseconds since the epoch, not negative; a span that one of the times has
 * passed by `lateness` is closed, none where that is negative; `bytes` is what the table and its entries may
 * take.
 */
export function configure(span: f64, from: f64, to: f64, lateness: f64, bytes: usize): bool {
  spanLength = <u64> span;
  begin = <u64> from;
  end = <u64> to;
  if (lateness >= 0) {
    moveAfter = spanLength + <u64> lateness;
    moveAt = begin - begin % spanLength + moveAfter;
  }
  const pages = <i32> ((layOut(bytes) + PADDING + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  memory.fill(ONES, 0xff, 16);
  clear();
  return true;
}

/** The host of `TO` or `FROM`, whose name was put in the place of such names. */
export function want(kind: u32, length: usize): void {
  if (kind == <u32> TO) {
    lengthTo = length;
    normalise(NAME_TO, length, NEEDLES);
  } else {
    lengthFrom = length;
    normalise(NAME_FROM, length, NEEDLES + NAME_BYTES);
  }
}

/** Forgets all entries. */
export function clear(): void {
  endCache();
  clearTable();
}

/** The latest time that was seen. */
export function latest(): f64 {
  return <f64> last;
}

/** The first time that is not passed over. */
export function open(): f64 {
  return <f64> begin;
}

/** Takes the latest time: closes the spans that it has passed. */
function pass(time: u64): void {
  last = time;
  if (time < moveAt) return;
  const closed = time - (moveAfter - spanLength);
  begin = closed - closed % spanLength;
  closeCache(begin);
  moveAt = begin + moveAfter;
}

/** Whether a name is that of `TO` or `FROM`. */
function isAsked(name: usize, length: usize, kind: u64): bool {
  return kind == TO
    ? length == lengthTo && isEqual(name, NEEDLES, length)
    : length == lengthFrom && isEqual(name, NEEDLES + NAME_BYTES, length);
}

/** Counts a connection between two names. False, and nothing done, where there is no room. */
function take(time: u64, from: usize, lengthA: usize, to: usize, lengthB: usize): bool {
  if (time < begin || time >= end) {
    outside++;
  } else {
    if (!hasRoom(lengthA, lengthB)) return false;
    normalise(from, lengthA, NAME_FROM);
    normalise(to, lengthB, NAME_TO);
    if (time < spanStart || time >= spanEnd) {
      spanStart = time - time % spanLength;
      spanEnd = spanStart + spanLength;
    }
    const key = spanStart << 2;
    const sumFrom = sumOf(NAME_FROM, lengthA);
    const sumTo = sumOf(NAME_TO, lengthB);
    entryFrom = add(key | MOST, NAME_FROM, lengthA, sumFrom, weight);
    entryTo = add(key | MOST, NAME_TO, lengthB, sumTo, weight);
    entryAsTo = isTo || isAsked(NAME_TO, lengthB, TO)
      ? add(key | TO, NAME_FROM, lengthA, sumFrom, weight)
      : 0;
    entryAsFrom = isFrom || isAsked(NAME_FROM, lengthA, FROM)
      ? add(key | FROM, NAME_TO, lengthB, sumTo, weight)
      : 0;
    lines++;
  }
  if (time > last) pass(time);
  return true;
}

/** The same of names that were put in their places, of several connections. */
export function addNames(
  time: f64,
  lengthA: usize,
  lengthB: usize,
  count: f64,
  calleeIsTo: bool,
  callerIsFrom: bool,
): bool {
  weight = <u64> min(count, <f64> COUNT);
  isTo = calleeIsTo;
  isFrom = callerIsFrom;
  const isTaken = take(<u64> time, NAME_FROM, lengthA, NAME_TO, lengthB);
  weight = 1;
  isTo = false;
  isFrom = false;
  return isTaken;
}

/** Counts a connection that cannot be counted. */
export function refuse(): void {
  malformed++;
}

/** Which of 16 bytes are white space or other controls: a bit each. */
function gaps(p: usize): u64 {
  return <u64> <u32> i8x16.bitmask(i8x16.le_u(v128.load(p), i8x16.splat(SPACE)));
}

/**
 * Counts the line that begins there, if it is a plain one, of names that the cache has. Returns where the next
 * one begins; 0, with nothing done, where it is another one.
 */
function countKnown(line: usize): usize {
  isPlain = false;
  let ends = gaps(line) | gaps(line + 16) << 16 | gaps(line + 32) << 32 | gaps(line + 48) << 48;
  const stampEnd = line + <usize> ctz(ends);
  ends &= ends - 1;
  if (ends == 0) return 0;
  const firstEnd = line + <usize> ctz(ends);
  ends &= ends - 1;
  if (load<u8>(stampEnd) != SPACE || load<u8>(firstEnd) != SPACE) return 0;
  const secondEnd = ends != 0 ? line + <usize> ctz(ends) : fieldEnd(firstEnd + 1);
  const feed = secondEnd + <usize> (load<u8>(secondEnd) == RETURN);
  if (load<u8>(feed) != LINE_FEED) return 0;
  const first = stampEnd + 1;
  const second = firstEnd + 1;
  const lengthA = firstEnd - first;
  const lengthB = secondEnd - second;
  if (lengthA - 1 >= MAX_CACHED || lengthB - 1 >= MAX_CACHED) return 0;
  const time = timeAt(line, stampEnd);
  isPlain = time != 0;
  if (!isPlain || !isCached(time)) return 0;
  const from = knownSlot(<u32> MOST, first, lengthA);
  if (from == 0) return 0;
  const to = knownSlot(<u32> MOST, second, lengthB);
  if (to == 0) return 0;
  const flags = (flagsOf(from) & IS_FROM) | (flagsOf(to) & IS_TO);
  if (flags != 0) {
    const asTo = flags & IS_TO ? knownSlot(<u32> TO, first, lengthA) : from;
    const asFrom = flags & IS_FROM ? knownSlot(<u32> FROM, second, lengthB) : to;
    if (asTo == 0 || asFrom == 0) return 0;
    if (flags & IS_TO) countOnce(asTo);
    if (flags & IS_FROM) countOnce(asFrom);
  }
  countOnce(from);
  countOnce(to);
  lines++;
  if (time > last) pass(time);
  return feed + 1;
}

function flagsFor(name: usize, length: usize): u32 {
  return (isAsked(name, length, TO) ? IS_TO : 0) | (isAsked(name, length, FROM) ? IS_FROM : 0);
}

/** Puts the names of the line that was taken last into the cache. */
function rememberNames(time: u64, from: usize, lengthA: usize, to: usize, lengthB: usize): void {
  if (time < begin || time >= end) return;
  if (!isCached(time)) {
    if (isStray()) return;
    beginCache(max(spanStart, begin), min(spanEnd, end), lines);
  }
  const hasRoom = remember(<u32> MOST, from, lengthA, entryFrom, flagsFor(NAME_FROM, lengthA)) &&
    remember(<u32> MOST, to, lengthB, entryTo, flagsFor(NAME_TO, lengthB)) &&
    (entryAsTo == 0 || remember(<u32> TO, from, lengthA, entryAsTo, 0)) &&
    (entryAsFrom == 0 || remember(<u32> FROM, to, lengthB, entryAsFrom, 0));
  if (!hasRoom) missCache(lines);
}

/**
 * Counts the lines that lie there; the last may lack its line feed. Returns where it stopped: at a line for
 * which there is no room, or which another must read, and then `otherEnd` says where that ends.
 */
export function scan(from: usize, to: usize): usize {
  otherEnd = 0;
  const beyond = load<u8>(to);
  store<u8>(to, LINE_FEED);
  let line = from;
  while (line < to) {
    const next = countKnown(line);
    if (next != 0) {
      line = next;
      continue;
    }
    const stamp = skipBlanks(line);
    const sign = load<u8>(stamp);
    if (sign == LINE_FEED || sign == HASH_SIGN) {
      line = lineEnd(stamp) + 1;
      continue;
    }
    const stampEnd = fieldEnd(stamp);
    const first = skipBlanks(stampEnd);
    const firstEnd = fieldEnd(first);
    const second = skipBlanks(firstEnd);
    const secondEnd = fieldEnd(second);
    const rest = skipBlanks(secondEnd);
    const time = timeAt(stamp, stampEnd);
    const lengthFirst = firstEnd - first;
    const lengthSecond = secondEnd - second;
    if (
      time == 0 || load<u8>(rest) != LINE_FEED || !isNameStart(load<u8>(first)) ||
      !isNameStart(load<u8>(second)) || lengthFirst > MAX_NAME || lengthSecond > MAX_NAME
    ) {
      if ((load<u32>(line) & 0xffffff) == MARK) {
        otherEnd = lineEnd(rest);
        break;
      }
      malformed++;
      line = lineEnd(rest) + 1;
      continue;
    }
    if (mayBeRespelled(first, firstEnd) || mayBeRespelled(second, secondEnd)) {
      otherEnd = rest;
      break;
    }
    if (!take(time, first, lengthFirst, second, lengthSecond)) break;
    if (isPlain) rememberNames(time, first, lengthFirst, second, lengthSecond);
    line = rest + 1;
  }
  store<u8>(to, beyond);
  return min(line, to);
}

/** Puts the entries in order, where the table was: nothing can be counted until all is cleared. */
export function order(random: u64): void {
  endCache();
  orderTable(random);
}
