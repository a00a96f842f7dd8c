/** Follows a log as it grows, is renamed and cut. */
import type { System } from "../../lib/system.ts";
import type { ByteSource } from "./byte_source.ts";
import { readProblem } from "./log_file.ts";

/** How a log is followed. */
export interface TailOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly sleep: System["sleep"];
  /** Time between two looks, milliseconds. Absent: 250. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 250;

/** So often a file that has another name by now is looked at, if it goes on growing: 10 seconds. */
const MAX_LOOKS = 40;

/** While there is much to read, signals are let in so often, milliseconds. */
const PAUSE_MS = 20;

/** By so many bytes before it a place of a file is known again. */
const MARK_BYTES = 64;

const LINE_FEED = 0x0a;

/** Returns undefined where there is no such file. */
function ifThere<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether it is the same file, whatever its name is. */
function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/**
 * The bytes of a log that somebody writes to: whole lines, as they come.
 *
 * Where another file has come to stand at the path, the one before is read until it grows no more; its last
 * line is ended if it lacks its line break. A file that is still empty is not gone to, as who writes may
 * not know it yet. A file that has been cut, so that it is shorter or other bytes stand before the place that
 * has been reached, is read from its beginning; the rest of a line that stood at its end is forgotten. A path
 * where nothing stands is waited for. Of several files that come and go between two looks only the last is
 * seen.
 */
export class Tail implements ByteSource, Disposable {
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #sleep: System["sleep"];
  readonly #intervalMs: number;
  #file: Deno.FsFile | undefined;
  /** Where in the file the first byte is that has not been given: a line begins there, or goes on. */
  #at = 0;
  #size = 0;
  /** What stands before that place. */
  #mark = new Uint8Array(0);
  /** Whether a part of a line has been given, because the line is longer than what is read at a time. */
  #isMidLine = false;
  #hasGrown = false;
  /** How often the end of the file was seen while another one stood at the path. */
  #looks = 0;
  #rested = performance.now();
  problem: string | undefined;

  constructor(path: string, { signal, sleep, intervalMs = INTERVAL_MS }: TailOptions) {
    this.#path = path;
    this.#signal = signal;
    this.#sleep = sleep;
    this.#intervalMs = intervalMs;
  }

  /**
   * Waits for what comes next. What is not a whole line when the signal aborts is not given.
   *
   * @returns How many bytes; 0 when the signal has aborted, or where there is a problem.
   */
  async read(into: Uint8Array): Promise<number> {
    while (!this.#signal.aborted && this.problem === undefined) {
      const length = this.#try(into);
      if (length === 0) await this.#sleep(this.#intervalMs, this.#signal);
      else if (performance.now() - this.#rested < PAUSE_MS) return length;
      else await new Promise((resolve) => setTimeout(resolve, 0));
      this.#rested = performance.now();
      if (length > 0) return length;
    }
    return 0;
  }

  #try(into: Uint8Array): number {
    try {
      return this.#step(into);
    } catch (error) {
      this.problem = readProblem(this.#path, error);
      return 0;
    }
  }

  /** Reads what is there. Returns 0 where there is nothing. */
  #step(into: Uint8Array): number {
    this.#file ??= this.#open();
    const file = this.#file;
    if (file === undefined) return 0;
    // First: when there are lines in another file, whoever writes has written the last ones to this file.
    const other = ifThere(() => Deno.statSync(this.#path));
    const info = file.statSync();
    const length = this.#readLines(file, into, info.size);
    if (length > 0) return length;
    if (other === undefined || other.size === 0 || isSame(other, info)) {
      this.#looks = 0;
      return 0;
    }
    const isDone = this.#looks > 0 && !this.#hasGrown;
    this.#hasGrown = false;
    return isDone || this.#looks++ >= MAX_LOOKS ? this.#leave(file, into) : 0;
  }

  #open(): Deno.FsFile | undefined {
    const info = ifThere(() => Deno.statSync(this.#path));
    if (info === undefined) return undefined;
    // To open a pipe may wait for ever.
    if (!info.isFile) throw new Error("it is no regular file, which --tail needs");
    return ifThere(() => Deno.openSync(this.#path));
  }

  #readLines(file: Deno.FsFile, into: Uint8Array, size: number): number {
    if (size < this.#size || !this.#isMarked(file)) {
      const isMidLine = this.#isMidLine;
      this.#begin();
      if (isMidLine) return endLine(into, 0);
    }
    if (size > this.#size) this.#hasGrown = true;
    this.#size = size;
    const length = readAt(file, into, this.#at);
    const lines = into.subarray(0, length).lastIndexOf(LINE_FEED) + 1;
    const given = lines > 0 || length < into.length ? lines : length;
    if (given > 0) {
      this.#isMidLine = lines === 0;
      this.#mark = into.slice(Math.max(0, given - MARK_BYTES), given);
    }
    this.#at += given;
    if (this.#at > this.#size) this.#size = this.#at;
    return given;
  }

  /** Whether what was read last still stands there. */
  #isMarked(file: Deno.FsFile): boolean {
    const found = new Uint8Array(this.#mark.length);
    const length = found.length === 0 ? 0 : readAt(file, found, this.#at - found.length);
    return length === found.length && found.every((byte, i) => byte === this.#mark[i]);
  }

  /** Leaves a file at its end: gives the rest of its last line. */
  #leave(file: Deno.FsFile, into: Uint8Array): number {
    const length = readAt(file, into, this.#at);
    if (length === into.length) {
      this.#mark = new Uint8Array(0);
      this.#at += length;
      this.#isMidLine = true;
      return length;
    }
    const isEnded = length === 0 && !this.#isMidLine;
    file.close();
    this.#file = undefined;
    this.#begin();
    return isEnded ? 0 : endLine(into, length);
  }

  /** What comes next is the beginning of a file. */
  #begin(): void {
    this.#at = 0;
    this.#size = 0;
    this.#mark = new Uint8Array(0);
    this.#isMidLine = false;
    this.#looks = 0;
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

function readAt(file: Deno.FsFile, into: Uint8Array, at: number): number {
  file.seekSync(at, Deno.SeekMode.Start);
  return file.readSync(into) ?? 0;
}

/** Puts a line break there. Returns where it ends. */
function endLine(into: Uint8Array, at: number): number {
  into[at] = LINE_FEED;
  return at + 1;
}
