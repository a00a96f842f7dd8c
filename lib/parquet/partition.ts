/** Where a record stands in a tree of Parquet files: `day=2026-11-21/host=web-1`, as Hive names partitions. */
import type { Connection } from "../connection.ts";
import { timeOf } from "../query/question.ts";
import { isoTime } from "../time.ts";

/** What Hive calls a partition whose value is not known. */
const UNKNOWN = "__HIVE_DEFAULT_PARTITION__";

/** What may stand in the name of a directory as it is. */
const SAFE = /^[A-Za-z0-9._-]$/;

/** A file name has 255 bytes at most, and `host=` is a part of it. */
const LONGEST = 240;

const encoder = new TextEncoder();

function escaped(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** All bytes but letters, digits and `._-` as `%XX`, as Hive and URLs have it: readers take that back. */
function encoded(value: string): string {
  if (value === UNKNOWN) return `%5F${UNKNOWN.slice(1)}`;
  let text = "";
  for (const character of value) {
    const next = SAFE.test(character)
      ? character
      : Array.from(encoder.encode(character), escaped).join("");
    // Longer than the names of hosts can be: cut, and the rows have all of it.
    if (text.length + next.length > LONGEST) break;
    text += next;
  }
  return text;
}

/**
 * The path of a record's partition, without slashes at its ends. The day is that in which the record counts, UTC.
 * Whatever a host is called, there are two parts, and neither is `..`.
 */
export function partitionOf(record: Connection): string {
  const host = record.host?.name;
  const day = isoTime(timeOf(record)).slice(0, 10);
  return `day=${day}/host=${host ? encoded(host) : UNKNOWN}`;
}
