// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/** Where in memory `host_tally.ts` has what. Its table and the entries come after all of this. */

import { KEYS } from "./host_hash.ts";
export { KEYS };

/** Bytes of a name, at most. */
export const MAX_NAME: usize = 65535;
/** A name with what is read at a time beyond it. */
export const NAME_BYTES: usize = MAX_NAME + 17;

/** 16 bytes of ones, 16 of zeros. */
export const ONES: usize = KEYS + 128;
/** The names of `TO` and `FROM`. */
export const NEEDLES: usize = 8192;
export const NAME_FROM: usize = NEEDLES + 2 * NAME_BYTES;
export const NAME_TO: usize = NAME_FROM + NAME_BYTES;
export const OUTPUT: usize = NAME_TO + NAME_BYTES;
export const OUTPUT_BYTES: usize = 262144;
export const INPUT: usize = OUTPUT + OUTPUT_BYTES;
export const INPUT_BYTES: usize = 4194304;
export const PADDING: usize = 64;
/** The slots of `host_cache.ts`, of 64 bytes, and 4 bytes for each in a list. */
export const CACHE_BITS: u32 = 15;
export const CACHE: usize = (INPUT + INPUT_BYTES + PADDING + 63) & ~63;
export const TABLE: usize = CACHE + 68 * (1 << CACHE_BITS);
