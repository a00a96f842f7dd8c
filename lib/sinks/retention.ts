/** Which files that are done with are removed. */

/** A file that is done with. */
export interface ClosedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written last, microseconds since the epoch. */
  readonly modified: number;
}

/** How much is kept; what is absent has no limit. */
export interface Limits {
  /** How many files that are done with. */
  readonly keep?: number;
  /** Bytes of all files, that which is written on included. */
  readonly maxTotal?: number;
  /** How long ago a file may have been written last, microseconds. */
  readonly maxAgeUs?: number;
}

/** What the files are measured against. */
export interface Moment {
  /** Microseconds since the epoch. */
  readonly now: number;
  /** How large the file that is written on may become until it is looked again, bytes. */
  readonly active: number;
  /** How many bytes are to become free at least, on the disk. */
  readonly lacking: number;
}

/**
 * The files that are to be removed: the oldest, as many as the limits ask for. The youngest one stays
 * whatever the limits say: whoever follows the log may not have read it to its end.
 *
 * @param files The oldest first.
 */
export function expired(
  files: readonly ClosedFile[],
  { keep = Infinity, maxTotal = Infinity, maxAgeUs = Infinity }: Limits,
  { now, active, lacking }: Moment,
): readonly ClosedFile[] {
  let total = active;
  for (const { size } of files) total += size;
  let freed = 0;
  let count = 0;
  for (const { size, modified } of files.slice(0, -1)) {
    const isTooMany = files.length - count > keep;
    const isTooOld = now - modified > maxAgeUs;
    if (!isTooMany && !isTooOld && total <= maxTotal && freed >= lacking) break;
    count++;
    total -= size;
    freed += size;
  }
  return files.slice(0, count);
}
