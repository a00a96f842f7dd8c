/** Names of segments: `connscribe-HOST-STARTUTC-SEQ.ndjson`. */
import type { FormatName } from "../formats/names.ts";

/** What can be told from the name of a segment. */
export interface SegmentName {
  readonly sequence: number;
  /** Whether it has been compressed. */
  readonly isCompressed: boolean;
}

/** What may stand in a file name without a care. Others, separators of paths among them, become `_`. */
const UNSAFE = /[^A-Za-z0-9._-]+/g;

/** A host name has 255 bytes at most; a file name too, and there is more in it. */
const LONGEST_HOST = 64;

const PATTERN =
  /^connscribe-[A-Za-z0-9._-]+-\d{8}T\d{6}Z-(\d{6,12})\.(?:ndjson|log|csv)(\.zst|\.gz)?$/;

/** The last part of the name of a file with lines of a format. */
export function extensionOf(format: FormatName): string {
  if (format === "ndjson" || format === "ocsf" || format === "zeek-json") return "ndjson";
  return format === "csv" ? "csv" : "log";
}

/**
 * The name of a segment. Those of one directory and host sort by time, and those of the same second by
 * their number.
 *
 * @param time When it begins, microseconds since the epoch.
 * @param sequence Greater by one than that of the segment before.
 */
export function segmentName(
  host: string,
  time: number,
  sequence: number,
  extension: string,
): string {
  const safe = host.replace(UNSAFE, "_").slice(0, LONGEST_HOST) || "_";
  const start = new Date(time / 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  return `connscribe-${safe}-${start}-${String(sequence).padStart(6, "0")}.${extension}`;
}

/** What a name says; undefined where it is not that of a segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const [, digits, suffix] = PATTERN.exec(name) ?? [];
  if (digits === undefined) return undefined;
  return { sequence: Number(digits), isCompressed: suffix !== undefined };
}
