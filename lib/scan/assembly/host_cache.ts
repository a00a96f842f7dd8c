// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Counts for the entries of `host_table.ts` whose names come again and again in one span: it knows them by
 * their bytes as they stand in the log, so they are neither checked nor made small again. A hash table with
 * linear probing, half full at most, which is emptied when it is of no use any more.
 *
 * A slot is 64 bytes, as much as comes from memory at once: what has been counted, the place of the entry
 * with `IS_TO` and `IS_FROM`, the tag, and the name, filled up with 0. The tag is the kind * 65536 + the length
 * of the name; 0 is a slot without one.
 */

import { CACHE, CACHE_BITS, KEYS, ONES } from "./host_layout.ts";
import { raise } from "./host_table.ts";

/** The longest name that fits into a slot. */
export const MAX_CACHED: usize = 48;

/** Of a host: it is the one that `TO` or `FROM` asks for. */
export const IS_TO: u32 = 1;
export const IS_FROM: u32 = 2;
const FLAGS: u32 = 15;

const SLOT: usize = 64;
const NAME_AT: usize = 16;
const SLOTS: u32 = 1 << CACHE_BITS;
const MAX_USED: u32 = SLOTS / 2;
/** Places of the slots that have a name. */
const LIST: usize = CACHE + SLOTS * SLOT;

/** So many lines of other spans show that the log has moved on. */
const MAX_STRAYS: i32 = 1024;
/** After so many lines of names for which there was no room it is looked whether the others are enough. */
const MAX_MISSES: u32 = 8192;
/** Lines that are counted meanwhile, for each of these: with fewer it costs more than it saves. */
const WORTH: u32 = 5;
/** So many lines are counted without it then. */
const REST: i32 = 1 << 20;

let used: u32 = 0;
/** The times of the lines that are counted here. */
let start: u64 = 0;
let end: u64 = 0;
let strays: i32 = MAX_STRAYS;
let misses: u32 = 0;
/** How many lines had been counted when that began. */
let before: f64 = 0;

/** Up to 16 bytes of a name, filled up with 0. */
function part(name: usize, length: usize): v128 {
  return v128.and(v128.load(name), v128.load(ONES + 16 - min<usize>(length, 16)));
}

/** What the halves of a part add to the hash, by the key and the one after it: odd ones lose nothing. */
function term(bytes: v128, key: usize): u64 {
  return i64x2.extract_lane(bytes, 0) * (load<u64>(KEYS + (key << 3)) | 1) +
    i64x2.extract_lane(bytes, 1) * (load<u64>(KEYS + (key << 3), 8) | 1);
}

function isRestEqual(slot: usize, name: usize, length: usize): bool {
  for (let i: usize = 16; i < length; i += 16) {
    const bytes = part(name + i, length - i);
    if (v128.any_true(v128.xor(bytes, v128.load(slot + NAME_AT + i)))) return false;
  }
  return true;
}

/** The slot of a name of 1 to `MAX_CACHED` bytes, or the empty one where it belongs. */
function slotOf(kind: u32, name: usize, length: usize): usize {
  const first = part(name, length);
  const tag = kind << 16 | <u32> length;
  let sum = term(first, 0) + <u64> tag * load<u64>(KEYS + 48);
  if (length > 16) {
    sum += term(part(name + 16, length - 16), 2);
    if (length > 32) sum += term(part(name + 32, length - 32), 4);
  }
  sum = (sum ^ (sum >> 32)) * 0x9e3779b97f4a7c15;
  let slot = CACHE + <usize> (sum >> (64 - CACHE_BITS)) * SLOT;
  while (true) {
    const found = load<u32>(slot, 12);
    if (
      found == tag && !v128.any_true(v128.xor(first, v128.load(slot, NAME_AT))) &&
      isRestEqual(slot, name, length)
    ) return slot;
    if (found == 0) return slot;
    slot += SLOT;
    if (slot == LIST) slot = CACHE;
  }
}

/** Whether lines of a time are counted here. */
export function isCached(time: u64): bool {
  return time >= start && time < end;
}

/** The slot of a name of 1 to `MAX_CACHED` bytes; 0 where there is none. */
export function knownSlot(kind: u32, name: usize, length: usize): usize {
  const slot = slotOf(kind, name, length);
  return load<u32>(slot, 12) == 0 ? 0 : slot;
}

/** `IS_TO` and `IS_FROM`, as far as they are true. */
export function flagsOf(slot: usize): u32 {
  return load<u32>(slot, 8) & FLAGS;
}

export function countOnce(slot: usize): void {
  store<u64>(slot, load<u64>(slot) + 1);
}

/** Remembers a name, unless it is too long. False where there is no room. */
export function remember(kind: u32, name: usize, length: usize, entry: usize, flags: u32): bool {
  if (length > MAX_CACHED) return true;
  if (used == MAX_USED) return false;
  const slot = slotOf(kind, name, length);
  if (load<u32>(slot, 12) != 0) return true;
  store<u64>(slot, 0);
  store<u32>(slot, <u32> entry | flags, 8);
  store<u32>(slot, kind << 16 | <u32> length, 12);
  for (let i: usize = 0; i < MAX_CACHED; i += 16) {
    v128.store(slot + NAME_AT + i, i < length ? part(name + i, length - i) : i64x2.splat(0));
  }
  store<u32>(LIST + (<usize> used << 2), <u32> slot);
  used++;
  return true;
}

/** A line of another span was counted elsewhere. Returns whether it is one of few. */
export function isStray(): bool {
  return ++strays < MAX_STRAYS;
}

/** Forgets all names, and takes those of another span. */
export function beginCache(from: u64, to: u64, lines: f64): void {
  endCache();
  start = from;
  end = to;
  strays = 0;
  misses = 0;
  before = lines;
}

/** There was no room for a name, after so many lines. */
export function missCache(lines: f64): void {
  if (++misses < MAX_MISSES) return;
  if (lines - before < <f64> (MAX_MISSES * WORTH)) {
    endCache();
    strays = -REST;
  }
  misses = 0;
  before = lines;
}

/** Counts nothing of spans that are closed: those before a time. */
export function closeCache(begin: u64): void {
  if (start < begin) end = 0;
}

/** Adds to the entries what has been counted, and forgets all names. */
export function endCache(): void {
  for (let i: u32 = 0; i < used; i++) {
    const slot = <usize> load<u32>(LIST + (<usize> i << 2));
    raise(<usize> (load<u32>(slot, 8) & ~FLAGS), load<u64>(slot));
    store<u32>(slot, 0, 12);
  }
  used = 0;
  end = 0;
  // The next line may begin it again.
  strays = MAX_STRAYS;
}
