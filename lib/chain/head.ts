/** Finds the first line of a chain in a log that may be compressed. */
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { filled } from "../open_files.ts";
import { type Link, parseLink } from "./link.ts";
import type { Mac } from "./mac.ts";

/** How much of a log is read: the first line of a segment, or of what was rotated, has some KiB. */
const HEAD = 256 * 1024;
/** How much of it may come out of that, bytes. */
const MOST = 64 * 2 ** 20;

const LINE_FEED = 0x0a;

/**
 * Number of the line that a log begins with, which is of the chain of this key; undefined where it begins with
 * another one, or cannot be read.
 */
export function firstNumberOf(path: string, mac: Mac): number | undefined {
  try {
    const bytes = unpacked(headOf(path));
    const line = bytes.subarray(0, bytes.indexOf(LINE_FEED));
    const link = parseLink(line);
    return link !== undefined && isOf(mac, line, link) ? link.n : undefined;
  } catch {
    return undefined;
  }
}

/** The first line of a file says what was before it, so it can be verified alone. */
function isOf(mac: Mac, line: Uint8Array, { prev, length, mac: found }: Link): boolean {
  return prev !== undefined && mac.of(prev, line.subarray(0, length)) === found;
}

function headOf(path: string): Uint8Array {
  using file = Deno.openSync(path);
  return filled(file, new Uint8Array(HEAD));
}

/** What a part of a compressed file holds; other bytes as they are. */
function unpacked(bytes: Uint8Array): Uint8Array {
  const [first, second] = bytes;
  if (first === 0x1f && second === 0x8b) {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST });
  }
  if (first === 0x28 && second === 0xb5) {
    return zstdDecompressSync(bytes, {
      finishFlush: constants.ZSTD_e_flush,
      maxOutputLength: MOST,
    });
  }
  return bytes;
}
