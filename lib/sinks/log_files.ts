/** The files of a log: that which is written on, and those that are done with. */
import type { SegmentReport } from "../report.ts";
import type { LogFile, System } from "../system.ts";
import type { Compression } from "./parse_rotation.ts";
import type { ClosedFile } from "./retention.ts";

/** What files are kept with. */
export type FileSystem = Pick<
  System,
  "openAppend" | "stat" | "readDir" | "rename" | "removeFile" | "makeDir" | "syncDir"
>;

/** A file that is done with, and how it is kept. */
export interface KeptFile extends ClosedFile {
  /** What tells it from others, whatever it is called by then: see `FileStatus.file`. */
  readonly file: string;
  /** Whether it has been compressed. */
  readonly isCompressed: boolean;
  /** Whether it may be: whoever follows the log has read it, or has had the time to. */
  readonly isSettled: boolean;
}

/** How the files of a log are named and follow each other. All errors are those of `Deno.errors`. */
export interface LogFiles {
  /** For messages: the path in quotes. */
  readonly name: string;
  /** Directory of all files. */
  readonly directory: string;
  /** Path of the file that is written on. */
  readonly path: string;
  /** What that file begins with. */
  readonly beginning?: SegmentReport | undefined;
  /**
   * Begins another file. Where that fails, all is as it was.
   *
   * @param now When it begins, microseconds since the epoch.
   */
  next(now: number): LogFile;
  /**
   * Opens the file anew, of which somebody else says or has made likely that it was moved away.
   *
   * @param file What tells that which is open from others.
   * @returns undefined where that still is the file of its name, and is to be written on.
   */
  again(now: number, file: string | undefined): LogFile | undefined;
  /** Files that are done with, the oldest first. */
  closed(): readonly KeptFile[];
}

/** What compressed files are called. */
export const SUFFIXES: Readonly<Record<Compression, string>> = { zstd: ".zst", gzip: ".gz" };

/** What a file is called while it is being written by the compression. */
export const UNFINISHED = ".tmp";
