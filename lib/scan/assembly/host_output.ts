// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/** Gives out the entries of `host_tally.ts`, in their order. */

import { OUTPUT, OUTPUT_BYTES, TABLE } from "./host_layout.ts";
import { copyName, padded } from "./host_names.ts";
import { NAME, RECORD, sortRecords } from "./host_order.ts";
export { NAME };

/** Of an entry that is given out, all but the name: span, kind, length, count. */
export const FRAME: usize = 19;

/** The lower 48 bits. */
export const COUNT: u64 = 0xffffffffffff;

let all: u32 = 0;
/** Of the entries in order, how many have been given out. */
let given: u32 = 0;

/** Puts the entries that stand from `start` to `end` in order, where the table was. */
export function orderEntries(start: usize, end: usize, entries: u32, random: u64): void {
  let record = TABLE;
  let entry = start;
  while (entry < end) {
    store<u32>(record, <u32> entry, 8);
    record += RECORD;
    entry += NAME + padded(<usize> load<u16>(entry, 14));
  }
  sortRecords(TABLE, entries, random);
  all = entries;
  given = 0;
}

/** Writes as many further entries as there is room for. Returns how many bytes; 0 where there are no more. */
export function give(): usize {
  let p = OUTPUT;
  while (given < all) {
    const entry = <usize> load<u32>(TABLE + <usize> given * RECORD, 8);
    const length = <usize> load<u16>(entry, 14);
    if (p + FRAME + padded(length) > OUTPUT + OUTPUT_BYTES) break;
    const key = load<u64>(entry);
    store<f64>(p, <f64> (key >> 2));
    store<u8>(p, <u8> (key & 3), 8);
    store<u16>(p, <u16> length, 9);
    copyName(entry + NAME, length, p + 11);
    store<f64>(p + length, <f64> (load<u64>(entry, 8) & COUNT), 11);
    p += FRAME + length;
    given++;
  }
  return p - OUTPUT;
}
