// deno-lint-ignore-file
// @ts-nocheck -- AssemblyScript: its types and its memory are not those of TypeScript
/** Names of the entries of `host_tally.ts`. They are read 16 bytes at a time, so up to 15 bytes beyond their end. */

import { ONES } from "./host_layout.ts";

const COLON: u8 = 0x3a;
const DOT: u8 = 0x2e;

export function padded(length: usize): usize {
  return (length + 15) & ~15;
}

/** Writes a name with small letters, filled up with 0. It may be in its place already. */
export function normalise(from: usize, length: usize, to: usize): void {
  let i: usize = 0;
  while (i < length) {
    const bytes = v128.load(from + i);
    const capitals = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26));
    const small = v128.or(bytes, v128.and(capitals, i8x16.splat(0x20)));
    const kept = min<usize>(length - i, 16);
    v128.store(to + i, v128.and(small, v128.load(ONES + 16 - kept)));
    i += 16;
  }
}

/** Copies all 16 bytes of each part: quicker than `memory.copy`, as names are short. */
export function copyName(from: usize, length: usize, to: usize): void {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
}

export function isEqual(a: usize, b: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  }
  return true;
}

/** Whether a name may be another spelling: of an IPv6 address, or with the dot of the root. */
export function mayBeRespelled(from: usize, to: usize): bool {
  if (load<u8>(to - 1) == DOT) return true;
  for (let p = from; p < to; p += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(COLON)));
    if (found != 0 && p + ctz(found) < to) return true;
  }
  return false;
}
