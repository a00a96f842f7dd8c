/** The contract of a log format: how lines of a log become records. */
import type { Connection } from "../../lib/connection.ts";
import type { Report } from "../../lib/report.ts";

/** Names of the log formats, as `--log-format` takes them. */
export const LOG_FORMAT_NAMES = [
  "connscribe-ndjson",
  "connscribe-csv",
  "connspy",
  "zeek",
  "zeek-json",
  "lognet",
  "conntrack-logger",
  "conntrack",
  "littlesnitch",
] as const;

/** Name of a log format. */
export type LogFormatName = typeof LOG_FORMAT_NAMES[number];

/** What a line gives that should be a record and is none. */
export const MALFORMED = Symbol("malformed");

/** What the headers of a log say of the lines below them. */
export interface Header {
  /** Lines that bring another reader to where this one is. They are the same where they say the same. */
  readonly lines: readonly string[];
  /** Whether they say all: nothing that stood before them matters. */
  readonly isWhole: boolean;
}

/** Reads the lines of one log, in their order. */
export interface LogReader {
  /** What has been said so far. Absent in formats whose lines stand for themselves. */
  readonly header?: Header;
  /**
   * The record of a line; undefined where the line is none: blank, a comment, a header. Never throws.
   *
   * @param line Without its line break, LF or CRLF. Bytes that are no UTF-8 are U+FFFD.
   * @param at Where it begins, bytes from the beginning of the log, which is not compressed.
   */
  read(line: string, at: number): Connection | typeof MALFORMED | undefined;
  /**
   * The report on a run that a line is of which `read` makes no record; undefined where it is none. Never throws.
   * Absent in formats that have no reports.
   */
  report?(line: string): Report | typeof MALFORMED | undefined;
}

/** What stands beside the hosts in the lines of a log. Begin and end of a line may stand there, too. */
export interface HostBounds {
  /** Characters of ASCII, of which one stands before a host and one after it. */
  readonly beside: string;
  /** Whether nothing but these stands after the host that took the connection. */
  readonly isToLast: boolean;
}

/** One log format. */
export interface LogFormat {
  readonly name: LogFormatName;
  /** What it is, for people: no full stop. */
  readonly summary: string;
  /**
   * Whether a log is of this format, by its first lines: whole ones without line breaks, none of them blank,
   * at least one. Two formats may not both say yes to a log that either of them could have written.
   */
  recognises(lines: readonly string[]): boolean;
  /**
   * Begins to read.
   *
   * @param head The log's first lines, or those of a {@linkcode Header}: what they say holds.
   */
  reader(head: readonly string[]): LogReader;
  /**
   * When a line was written, microseconds since the epoch: lines stand in this order, but for those that came
   * late. Cheap, and for each line for which `read` gives a record. Undefined where the line has none. The
   * time of its record may be before it, and is never after it by more than a millisecond.
   */
  written(line: string): number | undefined;
  /**
   * Whether the time of a line's record is the time that it was written: then what was written after a range
   * of time is not in it.
   */
  readonly isPrompt: boolean;
  /** How much later than in their order lines may stand by the nature of the format, microseconds. */
  readonly disorderUs: number;
  /** Whether lines can be read from any line on: no record takes several lines, and times have no gaps. */
  readonly seekable: boolean;
  /**
   * What begins the other spellings of a character: `\\u` in JSON. Where a line has none of them, and no
   * other spelling of an address is possible, a name or IPv4 address that its record has stands in the line
   * as it is, but for the case of its letters.
   */
  readonly escapes: readonly string[];
  /** How a name or IPv4 address that stands in the line as it is can be told from others. Absent: not at all. */
  readonly hostBounds?: HostBounds;
  /**
   * One of these stands in each line that says how the lines after it are to be read: a header that may
   * come again. None where there are no such lines.
   */
  readonly marks: readonly string[];
}
