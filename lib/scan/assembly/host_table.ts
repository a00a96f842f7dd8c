// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/**
 * The entries of `host_tally.ts`, and the table that finds them.
 *
 * An entry is 16 bytes and a name: the key (start of the span * 4 + kind), then a word with the count in its
 * lower 48 bits and the length of the name above, then the name, small letters, filled up with 0 to a multiple
 * of 16 bytes. Entries stand one after another, so that they can be walked. A hash table of cells finds them:
 * the lower half of a cell is the hash, the upper half the place of the entry; 0 is a cell without one.
 */

import { stirred, termOf } from "./host_hash.ts";
import { TABLE } from "./host_layout.ts";
import { copyName, isEqual, padded } from "./host_names.ts";
import { COUNT, FRAME, NAME, orderEntries } from "./host_output.ts";

const FIRST_CELLS: u32 = 16384;

export let entries: u32 = 0;
export let cells: u32 = 0;
export let heap: usize = 0;
export let heapStart: usize = 0;
/** Bytes of all entries when they are given out. */
export let runBytes: f64 = 0;

let heapEnd: usize = 0;
let maxCells: u32 = 0;
let cellShift: u32 = 0;
let maxEntries: u32 = 0;

/**
 * Takes memory for the table and its entries, and returns where it ends. Of the table 3 bytes for 8 of entries:
 * with short names both are full at the same time.
 */
export function layOut(bytes: usize): usize {
  maxCells = <u32> (bytes / 88 * 3);
  heapStart = (TABLE + (<usize> maxCells << 3) + 15) & ~15;
  heapEnd = TABLE + bytes;
  return heapEnd;
}

/** Forgets all entries. */
export function clearTable(): void {
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

/** The place of the cell where looking for a hash begins. */
function cellOf(hash: u32): usize {
  return TABLE + (<usize> ((<u64> hash * cells) >> 32) << 3);
}

/** Adds to the count of an entry. The length of the name stands above: the sum may not reach it. */
export function raise(entry: usize, by: u64): void {
  const count = load<u64>(entry, 8);
  store<u64>(entry, (count & ~COUNT) | min(COUNT, (count & COUNT) + by), 8);
}

/** Counts a name in a span, so many times. There is room for it. Returns the place of the entry. */
export function add(key: u64, name: usize, length: usize, sum: u64, weight: u64): usize {
  const hash = stirred(sum + termOf(key));
  const tableEnd = TABLE + (<usize> cells << 3);
  let cell = cellOf(hash);
  while (true) {
    const found = load<u64>(cell);
    if (found == 0) break;
    if (<u32> found == hash) {
      const entry = <usize> (found >> 32);
      if (
        load<u64>(entry) == key && <usize> load<u16>(entry, 14) == length &&
        isEqual(entry + NAME, name, length)
      ) {
        raise(entry, weight);
        return entry;
      }
    }
    cell += 8;
    if (cell == tableEnd) cell = TABLE;
  }
  store<u64>(cell, <u64> heap << 32 | hash);
  store<u64>(heap, key);
  store<u64>(heap, <u64> length << 48 | weight, 8);
  copyName(name, length, heap + NAME);
  const entry = heap;
  heap += NAME + padded(length);
  entries++;
  runBytes += <f64> (FRAME + length);
  return entry;
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
export function hasRoom(from: usize, to: usize): bool {
  if (heap + 4 * NAME + 2 * (padded(from) + padded(to)) > heapEnd) return false;
  return entries + 4 <= maxEntries || grow();
}

/** Puts the entries in order, where the table was. */
export function orderTable(random: u64): void {
  orderEntries(heapStart, heap, entries, random);
}
