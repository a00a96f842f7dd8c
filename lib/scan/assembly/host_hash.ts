// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/** The hash of the entries of `host_tally.ts`. */

/** Where 8 random numbers of 8 bytes are, written by whoever makes the instance. */
export const KEYS: usize = 4096;

/** What a word adds to a sum, by the keys `key` and the one after it. */
function term(word: u64, key: usize): u64 {
  return (word & 0xffffffff) * load<u64>(KEYS + (key << 3)) +
    (word >> 32) * load<u64>(KEYS + (key << 3), 8);
}

/**
 * Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast"): no names can be made
 * up that collide, as the keys are random. What the span and the kind add is `termOf`.
 */
export function sumOf(name: usize, length: usize): u64 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < length; i += 16) {
    sum = term(load<u64>(name + i), 0) + term(load<u64>(name + i, 8), 2) +
      (sum >> 32) * load<u64>(KEYS + 32);
  }
  return sum + length * load<u64>(KEYS + 40);
}

/** What the key of an entry adds to the sum of its name. */
export function termOf(entryKey: u64): u64 {
  return term(entryKey, 6);
}

/** The upper half, stirred: neighbours among the names are no neighbours in the table. */
export function stirred(sum: u64): u32 {
  let x = <u32> (sum >> 32);
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  return x ^ (x >> 13);
}
