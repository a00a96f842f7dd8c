// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * Sorts the entries of `host_tally.ts`: multikey quicksort (Bentley and Sedgewick, "Fast algorithms for
 * sorting and searching strings") by 8 bytes at a time, which stand in the record. So most comparisons touch
 * nothing but the records.
 *
 * A record is a key of 8 bytes and the place of an entry. The key is first that of the entry: its span and
 * kind. Later it is 7 bytes of the name and how many bytes there are from there on, 8 standing for more: so
 * a name sorts before those that it begins, and equal keys below 8 cannot be.
 */

/** Bytes of a record. */
export const RECORD: usize = 12;
/** Bytes of an entry before its name. */
export const NAME: usize = 16;

/** Where in an entry's name a key is taken from; before any name comes the key of the entry. */
const ENTRY_KEY: i32 = -1;
const STEP: i32 = 7;
const MORE: u64 = 8;
const FEW: usize = 12;

/** State of the numbers that pivots are chosen by. */
let chance: u64 = 1;

/** Sorts `count` records from `from` on, of which only the places of the entries are there yet. */
export function sortRecords(from: usize, count: usize, random: u64): void {
  chance = random | 1;
  const to = from + count * RECORD;
  loadKeys(from, to, ENTRY_KEY);
  sort(from, to, ENTRY_KEY);
}

function keyAt(entry: usize, at: i32): u64 {
  if (at == ENTRY_KEY) return load<u64>(entry);
  const left = <u64> (load<u16>(entry, 14) - at);
  let key = bswap<u64>(load<u64>(entry + NAME + at)) & ~0xff;
  if (left < <u64> STEP) key &= ~((<u64> 1 << (64 - (left << 3))) - 1);
  return key | min<u64>(left, MORE);
}

function loadKeys(from: usize, to: usize, at: i32): void {
  for (let record = from; record < to; record += RECORD) {
    store<u64>(record, keyAt(load<u32>(record, 8), at));
  }
}

function nextAt(at: i32): i32 {
  return at == ENTRY_KEY ? 0 : at + STEP;
}

/** Whether names that agree in a key go on beyond it. */
function goesOn(key: u64, at: i32): bool {
  return at == ENTRY_KEY || (key & 0xff) == MORE;
}

/** Whether an entry comes before another, both having the same key at `at`. */
function isBefore(a: usize, b: usize, at: i32): bool {
  let i = at;
  let key = keyAt(a, i);
  while (goesOn(key, i)) {
    i = nextAt(i);
    key = keyAt(a, i);
    const other = keyAt(b, i);
    if (key != other) return key < other;
  }
  return false;
}

function sortFew(from: usize, to: usize, at: i32): void {
  for (let record = from + RECORD; record < to; record += RECORD) {
    const key = load<u64>(record);
    const entry = load<u32>(record, 8);
    let hole = record;
    while (hole > from) {
      const previous = load<u64>(hole - RECORD);
      const previousEntry = load<u32>(hole - RECORD, 8);
      if (previous < key || (previous == key && !isBefore(entry, previousEntry, at))) break;
      store<u64>(hole, previous);
      store<u32>(hole, previousEntry, 8);
      hole -= RECORD;
    }
    store<u64>(hole, key);
    store<u32>(hole, entry, 8);
  }
}

/** The key of a record in a range, at random. */
function anyKey(from: usize, count: u32): u64 {
  chance ^= chance << 13;
  chance ^= chance >> 7;
  chance ^= chance << 17;
  return load<u64>(from + <usize> ((chance >> 32) * count >> 32) * RECORD);
}

/** A key that lies in the middle, about; nobody can tell in advance which, so no input is a slow one. */
function pivotOf(from: usize, to: usize): u64 {
  const count = <u32> ((to - from) / RECORD);
  const a = anyKey(from, count);
  const b = anyKey(from, count);
  const c = anyKey(from, count);
  return max(min(a, b), min(max(a, b), c));
}

/**
 * Puts the records with keys below `bound` before the others. Returns where the others begin. Each record is
 * swapped, as a branch that cannot be foretold costs more.
 */
function partition(from: usize, to: usize, bound: u64): usize {
  let others = from;
  for (let record = from; record < to; record += RECORD) {
    const key = load<u64>(record);
    const entry = load<u32>(record, 8);
    store<u64>(record, load<u64>(others));
    store<u32>(record, load<u32>(others, 8), 8);
    store<u64>(others, key);
    store<u32>(others, entry, 8);
    others += <usize> (key < bound) * RECORD;
  }
  return others;
}

/** Sorts records whose keys at `at` are there. The largest part is done last, without recursion. */
function sort(first: usize, beyond: usize, at: i32): void {
  let from = first;
  let to = beyond;
  let here = at;
  while (to - from > FEW * RECORD) {
    const pivot = pivotOf(from, to);
    // Less than the pivot: [from, less). Equal: [less, more). Greater: [more, to).
    const less = partition(from, to, pivot);
    const more = partition(less, to, pivot + 1);
    const next = nextAt(here);
    if (goesOn(pivot, here)) loadKeys(less, more, next);
    const equal = goesOn(pivot, here) ? more - less : 0;
    if (equal >= less - from && equal >= to - more) {
      sort(from, less, here);
      sort(more, to, here);
      from = less;
      to = more;
      here = next;
    } else {
      if (equal > 0) sort(less, more, next);
      if (less - from > to - more) {
        sort(more, to, here);
        to = less;
      } else {
        sort(from, less, here);
        from = more;
      }
    }
  }
  sortFew(from, to, here);
}
