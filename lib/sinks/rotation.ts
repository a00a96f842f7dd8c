/** When a file is done with. */
import type { Rotation } from "./parse_rotation.ts";

/** A file that is written on. */
export interface BegunFile {
  /** Bytes. */
  readonly size: number;
  /** When it was begun, or written last before this run; microseconds since the epoch. */
  readonly begun: number;
}

/**
 * Whether another file is due before so many bytes are written. An empty file is never done with, and a
 * clock that goes back makes no file older.
 */
export function isRotationDue(
  { size: limit = Infinity, everyUs = Infinity }: Rotation,
  { size, begun }: BegunFile,
  bytes: number,
  now: number,
): boolean {
  if (size === 0) return false;
  if (size + bytes > limit) return true;
  return Number.isFinite(everyUs) && Math.floor(now / everyUs) > Math.floor(begun / everyUs);
}
