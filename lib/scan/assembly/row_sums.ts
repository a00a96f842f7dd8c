// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Adds up rows of CSV that have been seen before: AssemblyScript, compiled by `deno task scan`.
 *
 * A row is `date,head,n,n,n,n,tail` and a line feed, where head and tail may hold any number of fields.
 * Its key is head, tail and which of the first two numbers are not 0; where the second one is 0, the first one
 * may be ignored. The module knows nothing of quotation marks: keys are told to it by a reader that does, and
 * it takes only rows whose key is known, byte for byte. Such a row can mean nothing else than the one that the
 * key was learned from.
 */

const COMMA: u32 = 0x2c;
const LINE_FEED: i8 = 0x0a;

/** Where rows are put, and how many bytes of them at a time. */
const INPUT: usize = 4096;
const INPUT_BYTES: usize = 262144;
/** What is read at a time may reach so far beyond what is meant. */
const PADDING: usize = 64;
const HEAP: usize = INPUT + INPUT_BYTES + PADDING;

/** More digits could be inexact. */
const MAX_DIGITS: usize = 15;
/** Longer rows are left alone. */
const MAX_ROW: usize = 16384;
const FIRST_CAPACITY: u32 = 4096;

/** Why a scan stopped: what `scan` returns. */
const UNTAKEN: u32 = 0;
const UNKNOWN: u32 = 1;
const OUTSIDE: u32 = 2;

/** Of a group: four sums, first and last time, rows (all f64), then place, lengths and hash of its key. */
const SLOT_BYTES: usize = 80;
const FIRST: usize = 32;
const LAST: usize = 40;
const ROWS: usize = 48;
const KEY: usize = 56;
const HEAD_LENGTH: usize = 60;
const TAIL_LENGTH: usize = 64;
const HASH: usize = 68;
const KIND: usize = 76;

export const input: usize = INPUT;
export const inputBytes: usize = INPUT_BYTES;
export const slotBytes: usize = SLOT_BYTES;

/** Where the row that stopped the scan begins, and where its parts are. */
export let at: usize = 0;
export let headEnd: usize = 0;
export let second: usize = 0;
export let third: usize = 0;
export let fourth: usize = 0;
export let tail: usize = 0;
export let lineFeed: usize = 0;
export let kind: u32 = 0;
export let time: f64 = 0;
/** Rows that were added up, all in all. */
export let taken: f64 = 0;
export let slotCount: u32 = 0;
export let touchedCount: u32 = 0;
export let slots: usize = 0;
export let touched: usize = 0;
export let heap: usize = HEAP;

let table: usize = 0;
let mask: u32 = 0;
let capacity: u32 = 0;
let hash: u64 = 0;
let seed: u64 = 0;
let headFields: u32 = 0;
/** Whether the first number matters where the second one is 0: 1 or 0. */
let apart: u32 = 0;
let begin: f64 = 0;
let end: f64 = 0;
let windowStart: f64 = 0;
let windowEnd: f64 = 0;

// The day, as `2021-01-02T`, and the time of day that was read last, as `10:02:00Z,`.
let dayStart: u64 = 0;
let dayEnd: u32 = 0;
let midnight: f64 = 0;
let clock: u64 = 0;
let clockEnd: u32 = 0;

function alloc(bytes: usize): usize {
  const place = heap;
  heap = (heap + bytes + 15) & ~15;
  const pages = <i32> ((heap + PADDING + 0xffff) >> 16);
  const lacking = pages - memory.size();
  if (lacking > 0 && memory.grow(max(lacking, min(memory.size(), 256))) < 0) {
    if (memory.grow(lacking) < 0) unreachable();
  }
  return place;
}

/** Begins a stream. Times are microseconds; rows that do not lie in the span are passed over. */
export function configure(fields: u32, isApart: u32, from: f64, to: f64, random: u64): void {
  headFields = fields;
  apart = isApart;
  begin = from;
  end = to;
  seed = random;
  forget();
}

/** Forgets all groups. */
export function forget(): void {
  heap = HEAP;
  slotCount = 0;
  touchedCount = 0;
  capacity = 0;
  grow(FIRST_CAPACITY);
}

/** Rows in it are added up; the scan stops at any other. */
export function setWindow(start: f64, stop: f64): void {
  windowStart = start;
  windowEnd = stop;
}

/** The day of the row that begins at `place`, and the time when it begins. */
export function setDay(place: usize, start: f64): void {
  dayStart = load<u64>(place);
  dayEnd = load<u32>(place + 7);
  midnight = start;
  clockEnd = 0;
}

/** Makes room for so many groups. */
function grow(wanted: u32): void {
  const newSlots = alloc(<usize> wanted * SLOT_BYTES);
  const newTouched = alloc(<usize> wanted * 4);
  memory.copy(newSlots, slots, <usize> slotCount * SLOT_BYTES);
  memory.copy(newTouched, touched, <usize> touchedCount * 4);
  slots = newSlots;
  touched = newTouched;
  capacity = wanted;
  mask = wanted * 2 - 1;
  table = alloc(<usize> wanted * 2 * 8);
  memory.fill(table, 0, <usize> wanted * 2 * 8);
  for (let i: u32 = 0; i < slotCount; i++) {
    enter(i, load<u64>(slots + <usize> i * SLOT_BYTES + HASH));
  }
}

/** Each place of the table: the upper half of the hash, then the number of the group, from 1. */
function enter(slot: u32, hash: u64): void {
  let i = <u32> hash & mask;
  while (load<u32>(table + (<usize> i << 3) + 4) != 0) i = (i + 1) & mask;
  const place = table + (<usize> i << 3);
  store<u32>(place, <u32> (hash >> 32));
  store<u32>(place + 4, slot + 1);
}

/** Learns the key of the row that the scan stopped at. Returns the number of the group. */
export function learn(): u32 {
  if (slotCount == capacity) grow(capacity * 2);
  const headStart = at + 21;
  const headLength = headEnd - headStart;
  const tailLength = lineFeed - tail;
  const key = alloc(headLength + tailLength);
  memory.copy(key, headStart, headLength);
  memory.copy(key + headLength, tail, tailLength);
  const number = slotCount++;
  const slot = slots + <usize> number * SLOT_BYTES;
  memory.fill(slot, 0, SLOT_BYTES);
  store<u32>(slot + KEY, <u32> key);
  store<u32>(slot + HEAD_LENGTH, <u32> headLength);
  store<u32>(slot + TAIL_LENGTH, <u32> tailLength);
  store<u64>(slot + HASH, hash);
  store<u32>(slot + KIND, kind);
  enter(number, hash);
  return number;
}

/** Begins all sums anew; the groups stay known. */
export function clear(): void {
  for (let i: u32 = 0; i < touchedCount; i++) {
    store<f64>(slots + <usize> load<u32>(touched + (<usize> i << 2)) * SLOT_BYTES + ROWS, 0);
  }
  touchedCount = 0;
}

function mix(h: u64, word: u64): u64 {
  return rotl<u64>((h ^ word) * 0x9e3779b97f4a7c15, 29);
}

function hashBytes(from: usize, length: usize, start: u64): u64 {
  let h = start ^ length;
  let p = from;
  let left = length;
  if (left >= 32) {
    let other = ~h;
    while (left >= 16) {
      h = mix(h, load<u64>(p));
      other = mix(other, load<u64>(p, 8));
      p += 16;
      left -= 16;
    }
    h = mix(h, other);
  }
  while (left >= 8) {
    h = mix(h, load<u64>(p));
    p += 8;
    left -= 8;
  }
  if (left > 0) h = mix(h, load<u64>(p) & ((<u64> 1 << (left << 3)) - 1));
  return h;
}

function isEqual(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  while (i + 16 <= length) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
    i += 16;
  }
  if (i + 8 <= length) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
    i += 8;
  }
  if (i == length) return true;
  const bits = (<u64> 1 << ((length - i) << 3)) - 1;
  return ((load<u64>(a + i) ^ load<u64>(b + i)) & bits) == 0;
}

/** The group of the row whose parts and hash are known; 0 where there is none. */
function find(head: usize, headLength: usize, tailLength: usize): usize {
  const upper = <u32> (hash >> 32);
  let i = <u32> hash & mask;
  while (true) {
    const place = table + (<usize> i << 3);
    const number = load<u32>(place, 4);
    if (number == 0) return 0;
    if (load<u32>(place) == upper) {
      const slot = slots + <usize> (number - 1) * SLOT_BYTES;
      if (
        load<u32>(slot + HEAD_LENGTH) == <u32> headLength &&
        load<u32>(slot + TAIL_LENGTH) == <u32> tailLength && load<u32>(slot + KIND) == kind
      ) {
        const key: usize = load<u32>(slot + KEY);
        if (isEqual(key, head, headLength) && isEqual(key + headLength, tail, tailLength)) {
          return slot;
        }
      }
    }
    i = (i + 1) & mask;
  }
}

/** `10:02:00` as seconds, -1 where it is something else. */
function secondsAt(p: usize): i32 {
  const hour = twoDigits(p);
  const minute = twoDigits(p + 3);
  const second = twoDigits(p + 6);
  if (load<u8>(p + 2) != 0x3a || load<u8>(p + 5) != 0x3a) return -1;
  if (hour > 23 || minute > 59 || second > 59) return -1;
  return hour * 3600 + minute * 60 + second;
}

/** More than 99 where it is no number. */
function twoDigits(p: usize): i32 {
  const tens = <u32> load<u8>(p) - 0x30;
  const ones = <u32> load<u8>(p + 1) - 0x30;
  return tens > 9 || ones > 9 ? 100 : <i32> (tens * 10 + ones);
}

/** Where the number that began before `p` has ended. */
let numberEnd: usize = 0;

/** The number that begins here and ends at a comma; negative where it is none. */
function numberAt(from: usize): i64 {
  let p = from;
  let number: i64 = 0;
  let digit: u32 = <u32> load<u8>(p) - 0x30;
  if (digit > 9) return -1;
  do {
    number = number * 10 + digit;
    digit = <u32> load<u8>(++p) - 0x30;
  } while (digit <= 9 && p - from <= MAX_DIGITS);
  if (load<u8>(p) != COMMA || p - from > MAX_DIGITS) return -1;
  numberEnd = p;
  return number;
}

/** Adds up rows from `from` on, as far as they are known and whole before `to`. Says why it stopped. */
export function scan(from: usize, to: usize): u32 {
  const commas = i8x16.splat(<i8> COMMA);
  const lineFeeds = i8x16.splat(LINE_FEED);
  at = from;
  while (true) {
    const row = at;
    if (row + 32 > to) return UNTAKEN;
    if (load<u64>(row) != dayStart || load<u32>(row, 7) != dayEnd) return UNTAKEN;
    const rowClock = load<u64>(row, 11);
    const rowClockEnd = <u32> load<u16>(row, 19);
    if (rowClock != clock || rowClockEnd != clockEnd) {
      const seconds = secondsAt(row + 11);
      if (seconds < 0 || rowClockEnd != 0x2c5a) return UNTAKEN;
      time = midnight + <f64> seconds * 1e6;
      clock = rowClock;
      clockEnd = rowClockEnd;
    }
    const head = row + 21;
    const limit = min(to, row + MAX_ROW);
    let p = head;
    let lacking = headFields;
    let bits: u32 = 0;
    while (true) {
      bits = i8x16.bitmask(i8x16.eq(v128.load(p), commas));
      const found = <u32> popcnt(bits);
      if (found >= lacking) break;
      lacking -= found;
      p += 16;
      if (p >= limit) return UNTAKEN;
    }
    while (--lacking > 0) bits &= bits - 1;
    headEnd = p + ctz(bits);
    const connected = numberAt(headEnd + 1);
    if (connected < 0) return UNTAKEN;
    second = numberEnd + 1;
    const denied = numberAt(second);
    if (denied < 0) return UNTAKEN;
    third = numberEnd + 1;
    const bytesIn = numberAt(third);
    if (bytesIn < 0) return UNTAKEN;
    fourth = numberEnd + 1;
    const bytesOut = numberAt(fourth);
    if (bytesOut < 0) return UNTAKEN;
    tail = numberEnd + 1;
    p = tail;
    while (true) {
      if (p >= limit) return UNTAKEN;
      const found = i8x16.bitmask(i8x16.eq(v128.load(p), lineFeeds));
      if (found != 0) {
        lineFeed = p + ctz(found);
        break;
      }
      p += 16;
    }
    if (lineFeed >= to) return UNTAKEN;
    kind = (connected > 0 ? 1 : 0) & apart;
    // What was denied and what was not is never added up together.
    if (denied > 0) kind = connected > 0 ? 3 : 2;
    const headLength = headEnd - head;
    const tailLength = lineFeed - tail;
    hash = hashBytes(tail, tailLength, hashBytes(head, headLength, seed ^ kind));
    hash ^= hash >> 32;
    const slot = find(head, headLength, tailLength);
    if (slot == 0) return UNKNOWN;
    at = lineFeed + 1;
    if (time < begin || time >= end) continue;
    if (time < windowStart || time >= windowEnd) {
      at = row;
      return OUTSIDE;
    }
    const rows = load<f64>(slot, ROWS);
    if (rows == 0) {
      store<u32>(touched + (<usize> touchedCount << 2), <u32> ((slot - slots) / SLOT_BYTES));
      touchedCount++;
      store<f64>(slot, <f64> connected);
      store<f64>(slot, <f64> denied, 8);
      store<f64>(slot, <f64> bytesIn, 16);
      store<f64>(slot, <f64> bytesOut, 24);
      store<f64>(slot, time, FIRST);
      store<f64>(slot, time, LAST);
    } else {
      store<f64>(slot, load<f64>(slot) + <f64> connected);
      store<f64>(slot, load<f64>(slot, 8) + <f64> denied, 8);
      store<f64>(slot, load<f64>(slot, 16) + <f64> bytesIn, 16);
      store<f64>(slot, load<f64>(slot, 24) + <f64> bytesOut, 24);
      if (time < load<f64>(slot, FIRST)) store<f64>(slot, time, FIRST);
      if (time > load<f64>(slot, LAST)) store<f64>(slot, time, LAST);
    }
    store<f64>(slot, rows + 1, ROWS);
    taken++;
  }
}
