// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Counts hosts by span of time: AssemblyScript, compiled by `deno task scan`.
 *
 * An entry is 16 bytes and a name: the key (start of the span * 4 + kind), then a word with the count in its
 * lower 48 bits and the length of the name above, then the name, small letters, filled up with 0 to a multiple
 * of 16 bytes. Entries stand one after another, so that they can be walked. A hash table of cells finds them:
 * the lower half of a cell is the hash, the upper half the place of the entry; 0 is a cell without one.
 */

import { fieldEnd, isNameStart, lineEnd, skipBlanks, timeAt } from "./connspy_fields.ts";
import { stirred, sumOf, termOf } from "./host_hash.ts";
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
  TABLE,
} from "./host_layout.ts";
import { copyName, isEqual, mayBeRespelled, normalise, padded } from "./host_names.ts";
import { COUNT, FRAME, give, NAME, orderEntries } from "./host_output.ts";

const LINE_FEED: u8 = 0x0a;
const HASH_SIGN: u8 = 0x23;
/** The three bytes of a byte order mark. */
const MARK: u32 = 0xbfbbef;

const FIRST_CELLS: u32 = 16384;

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
export { give };

export let lines: f64 = 0;
export let malformed: f64 = 0;
export let outside: f64 = 0;
export let entries: u32 = 0;
export let cells: u32 = 0;
export let heap: usize = 0;
export let heapStart: usize = 0;
/** Where the line ends, without its line feed, that `scan` left to another; else 0. */
export let otherEnd: usize = 0;
/** Bytes of all entries when they are given out. */
export let runBytes: f64 = 0;

let heapEnd: usize = 0;
let maxCells: u32 = 0;
let cellShift: u32 = 0;
let maxEntries: u32 = 0;
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

/**
 * Says what is wanted. Times are microseconds since the epoch, not negative; a span that one of the times has
 * passed by `lateness` is closed, none where that is negative; `bytes` is what the table and its entries may
 * take. Of the table 3 bytes for 8 of entries: with short names both are full at the same time.
 */
export function configure(span: f64, from: f64, to: f64, lateness: f64, bytes: usize): bool {
  spanLength = <u64> span;
  begin = <u64> from;
  end = <u64> to;
  if (lateness >= 0) {
    moveAfter = spanLength + <u64> lateness;
    moveAt = begin - begin % spanLength + moveAfter;
  }
  maxCells = <u32> (bytes / 88 * 3);
  heapStart = (TABLE + (<usize> maxCells << 3) + 15) & ~15;
  heapEnd = TABLE + bytes;
  const pages = <i32> ((heapEnd + PADDING + 0xffff) >> 16) - memory.size();
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
  memory.fill(TABLE, 0, <usize> cells << 3);
  cellShift = 0;
  while (maxCells >> cellShift > FIRST_CELLS) cellShift++;
  setCells();
  heap = heapStart;
  entries = 0;
  runBytes = 0;
}

/** A third of the cells are taken at most, so that few are looked at; two thirds where there can be no more. */
function setCells(): void {
  cells = maxCells >> cellShift;
  maxEntries = cellShift == 0 ? cells / 3 * 2 : cells / 3;
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
  moveAt = begin + moveAfter;
}

/** The place of the cell where looking for a hash begins. */
function cellOf(hash: u32): usize {
  return TABLE + (<usize> ((<u64> hash * cells) >> 32) << 3);
}

/** Counts a name in a span. There is room for it. */
function add(key: u64, name: usize, length: usize, sum: u64): void {
  const hash = stirred(sum + termOf(key));
  const tableEnd = TABLE + (<usize> cells << 3);
  let cell = cellOf(hash);
  while (true) {
    const found = load<u64>(cell);
    if (found == 0) break;
    if (<u32> found == hash) {
      const entry = <usize> (found >> 32);
      const count = load<u64>(entry, 8);
      if (
        load<u64>(entry) == key && <usize> (count >> 48) == length &&
        isEqual(entry + NAME, name, length)
      ) {
        // The length of the name stands above: the sum may not reach it.
        store<u64>(entry, (count & ~COUNT) | min(COUNT, (count & COUNT) + weight), 8);
        return;
      }
    }
    cell += 8;
    if (cell == tableEnd) cell = TABLE;
  }
  store<u64>(cell, <u64> heap << 32 | hash);
  store<u64>(heap, key);
  store<u64>(heap, <u64> length << 48 | weight, 8);
  copyName(name, length, heap + NAME);
  heap += NAME + padded(length);
  entries++;
  runBytes += <f64> (FRAME + length);
}

/**
 * Doubles the table. False where it is as large as it may be, or there is no room to do it. Cells stand in the
 * order of their hashes, nearly, so memory is passed through from its beginning to its end.
 */
function grow(): bool {
  const old = <usize> cells << 3;
  if (cellShift == 0 || heap + old > heapEnd) return false;
  memory.copy(heapEnd - old, TABLE, old);
  memory.fill(TABLE, 0, old);
  cellShift--;
  setCells();
  const tableEnd = TABLE + (<usize> cells << 3);
  for (let from = heapEnd - old; from < heapEnd; from += 8) {
    const found = load<u64>(from);
    if (found == 0) continue;
    let cell = cellOf(<u32> found);
    while (load<u64>(cell) != 0) {
      cell += 8;
      if (cell == tableEnd) cell = TABLE;
    }
    store<u64>(cell, found);
  }
  return true;
}

/** Whether four entries fit: that many a line may make. */
function hasRoom(from: usize, to: usize): bool {
  if (heap + 4 * NAME + 2 * (padded(from) + padded(to)) > heapEnd) return false;
  return entries + 4 <= maxEntries || grow();
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
    add(key | MOST, NAME_FROM, lengthA, sumFrom);
    add(key | MOST, NAME_TO, lengthB, sumTo);
    if (isTo || (lengthB == lengthTo && isEqual(NAME_TO, NEEDLES, lengthB))) {
      add(key | TO, NAME_FROM, lengthA, sumFrom);
    }
    if (isFrom || (lengthA == lengthFrom && isEqual(NAME_FROM, NEEDLES + NAME_BYTES, lengthA))) {
      add(key | FROM, NAME_TO, lengthB, sumTo);
    }
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
    line = rest + 1;
  }
  store<u8>(to, beyond);
  return min(line, to);
}

/** Puts the entries in order, where the table was: nothing can be counted until all is cleared. */
export function order(random: u64): void {
  orderEntries(heapStart, heap, entries, random);
}
