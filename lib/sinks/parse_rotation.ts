/** Reads what the options say on when files are rotated and how long they are kept. */
import { parseDuration } from "../duration.ts";
import type { Mutable } from "../mutable.ts";
import { MOST_STORAGE, parseSize } from "../size.ts";

/** How files that are put away are compressed. */
export type Compression = "zstd" | "gzip";

/** When a file is done with, and what becomes of it. */
export interface Rotation {
  /** The largest size of a file, bytes; a longer line is in a file of its own. */
  readonly size?: number;
  /** A file is of one such span of time, which begin at multiples of it in UTC; microseconds. */
  readonly everyUs?: number;
  /** How many files that are done with are kept. */
  readonly keep?: number;
  readonly compress?: Compression;
}

/** How much of a disk is left free: bytes, or a part of it from 0 to 1. */
export type MinFree = { readonly bytes: number } | { readonly part: number };

/** Smallest size of a file, bytes: a smaller one would be full with a few records. */
export const LEAST_SIZE = 4096;

/** A file of less time would be full with a few records, microseconds. */
const LEAST_TIME = 1_000_000;

const MOST_KEPT = 100_000;

const ADVICE = "write size=SIZE, every=TIME, keep=NUMBER and compress=zstd, gzip or none";

/**
 * Reads `size=100M,every=1d,keep=10,compress=zstd`, in any order.
 *
 * @throws {RangeError} that says what is wrong with it.
 */
export function parseRotation(text: string): Rotation {
  const rotation: Mutable<Rotation> = {};
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const [, name = "", value = ""] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    if (seen.has(name)) throw new RangeError(`"${name}" is there twice`);
    seen.add(name);
    switch (name) {
      case "size":
        rotation.size = named(name, () => parseSize(value, MOST_STORAGE));
        if (rotation.size < LEAST_SIZE) throw new RangeError("size: the minimum is 4K");
        break;
      case "every":
        rotation.everyUs = named(name, () => parseDuration(value)) * 1000;
        if (rotation.everyUs < LEAST_TIME) throw new RangeError("every: the minimum is 1s");
        break;
      case "keep":
        if (!/^[1-9]\d{0,5}$/.test(value) || Number(value) > MOST_KEPT) {
          throw new RangeError(`keep: it is no number from 1 to ${MOST_KEPT}`);
        }
        rotation.keep = Number(value);
        break;
      case "compress":
        if (value === "zstd" || value === "gzip") rotation.compress = value;
        else if (value !== "none") throw new RangeError("compress: it is none of zstd, gzip, none");
        break;
      default:
        throw new RangeError(`"${part}" is not understood: ${ADVICE}`);
    }
  }
  return rotation;
}

/** Says which part is wrong. */
function named(name: string, parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    throw new RangeError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Reads `500M` or `5%`; 0 of either leaves nothing free.
 *
 * @throws {RangeError} that says what is wrong with it.
 */
export function parseMinFree(text: string): MinFree {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,3})?)%$/.exec(text) ?? [];
  if (percent !== undefined) return { part: Number(percent) / 100 };
  if (/^0+[kmgt]?$/i.test(text)) return { bytes: 0 };
  try {
    return { bytes: parseSize(text, MOST_STORAGE) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${problem}, or a part of the disk from 0% to 99%`);
  }
}
