/**
 * The contract of a format: one record in, one line out. A format knows nothing of collectors or
 * sinks. Whatever a process calls itself, the line stays one line, its columns stay its columns and
 * no control character reaches a terminal.
 */
import type { Connection } from "../connection.ts";
import type { Report } from "../report.ts";

/** Renders records as lines. */
export interface Format {
  /** What a new output begins with, line feeds included; absent where there is no such thing. */
  readonly header?: string;
  /** One line with its line feed, or "" where the format has nothing to say of this record. */
  line(connection: Connection): string;
  /**
   * Writes the line as UTF-8 at a place in an array, and returns where it ends; the same place where the format
   * has nothing to say. Absent where the format makes text.
   *
   * @returns More than the length of the array where there is not room for it: so long an array would be enough,
   * and what stands behind the place is undefined.
   */
  write?(connection: Connection, into: Uint8Array, at: number): number;
  /** One line with its line feed; absent where the columns leave no place for reports on the run. */
  report?(report: Report): string;
}

/** What a format may want to know of its surroundings. */
export interface FormatContext {
  /** Whether the output takes ANSI colours. */
  readonly color: boolean;
  /** Width of the output in columns; absent where it has none. */
  readonly columns?: number;
  /** When the output was begun, microseconds since the epoch. */
  readonly now: number;
  /** Of the format `template`: its template, and how it writes times; absent for the defaults. */
  readonly template?: string;
  readonly timeFormat?: string;
  /** Seed of Community IDs; absent where there shall be none. */
  readonly communityIdSeed?: number;
  /** Whether Community IDs of that seed replace those that a log has told, whose seed nobody knows. */
  readonly replacesCommunityIds?: boolean;
  /** Of the format `littlesnitch-stats`: what it counts; absent for connections. */
  readonly counted?: "connections" | "rows";
}
