/** Cuts bytes that come piece by piece into whole lines. */

/** Whole lines in a buffer: the bytes from `start` to before `end`. */
export interface Block {
  readonly start: number;
  readonly end: number;
  /** Where in the log the byte at `start` is. */
  readonly at: number;
}

/** Which lines of a log are wanted. */
export interface LineRange {
  /** Where in the log the first byte is that comes. */
  readonly begin: number;
  /** Lines that begin there or further on are not wanted. Absent: all are. */
  readonly end?: number;
  /**
   * Whether the first line break ends a line that is not wanted. To get the lines that begin at a place or
   * further on, begin one byte before it: the line break there may be what ends the line before.
   */
  readonly skipFirst?: boolean;
}

const LINE_FEED = 0x0a;

/** Bytes to read at a time beyond the end of a range, for the rest of its last line. */
const BEYOND = 64 * 1024;

/** Bytes to read at a time, at most: so many are still in the processor's cache when they are searched. */
const AT_ONCE = 512 * 1024;

/**
 * Finds the whole lines in a buffer that is filled again and again. Lines end with LF. One that does not fit
 * into the buffer with its line break is passed over.
 *
 * However a log is cut into ranges, each line is in the range in which it begins, and in no other.
 */
export class LineCutter {
  readonly #buffer: Uint8Array;
  readonly #end: number;
  /** Where in the log the first byte of the buffer is. */
  #at: number;
  /** What has not been given yet is from here ... */
  #start = 0;
  /** ... to here. */
  #filled = 0;
  #isSkipping: boolean;
  #isDone: boolean;
  #isCut = false;
  #tooLong = 0;

  /** @param buffer Where the bytes are. At least one long. */
  constructor(buffer: Uint8Array, { begin, end = Infinity, skipFirst = false }: LineRange) {
    this.#buffer = buffer;
    this.#at = begin;
    this.#end = end;
    this.#isSkipping = skipFirst;
    this.#isDone = begin >= end;
  }

  /** Lines that were passed over. */
  get tooLong(): number {
    return this.#tooLong;
  }

  /** Whether the log has ended before the end of what is wanted. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether nothing that comes is wanted any more. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Where the bytes that come next belong: at least one. The block before is no longer valid. */
  space(): Uint8Array {
    this.#buffer.copyWithin(0, this.#start, this.#filled);
    this.#at += this.#start;
    this.#filled -= this.#start;
    this.#start = 0;
    const wanted = Math.max(this.#end - this.#at - this.#filled, BEYOND);
    return this.#buffer.subarray(this.#filled, this.#filled + Math.min(wanted, AT_ONCE));
  }

  /** Takes as many bytes as have been read into the beginning of the space. Returns the lines that end there. */
  take(length: number): Block | undefined {
    const begin = this.#filled;
    this.#filled += length;
    if (this.#isSkipping && !this.#skip()) return undefined;
    const from = Math.max(begin, this.#start);
    const last = this.#buffer.subarray(from, this.#filled).lastIndexOf(LINE_FEED);
    if (last >= 0) return this.#give(from + last + 1);
    if (this.#start === 0 && this.#filled === this.#buffer.length) {
      this.#tooLong++;
      this.#isSkipping = true;
      this.#dropAll();
    }
    return undefined;
  }

  /** The last line, at the end of the log, where it lacks its line break. */
  finish(): Block | undefined {
    const isLeft = this.#start < this.#filled && !this.#isDone;
    this.#isCut = this.#end < Infinity && this.#at + this.#filled < this.#end;
    this.#isDone = true;
    if (!isLeft) return undefined;
    return { start: this.#start, end: this.#filled, at: this.#at + this.#start };
  }

  /** Looks for the end of a line that is not wanted. Returns whether a wanted one begins. */
  #skip(): boolean {
    const lineFeed = this.#buffer.subarray(0, this.#filled).indexOf(LINE_FEED);
    if (lineFeed < 0) {
      this.#dropAll();
      return false;
    }
    this.#isSkipping = false;
    this.#start = lineFeed + 1;
    this.#isDone = this.#at + this.#start >= this.#end;
    return !this.#isDone;
  }

  #dropAll(): void {
    this.#at += this.#filled;
    this.#filled = 0;
    this.#isDone = this.#at >= this.#end;
  }

  /** @param lines Where in the buffer the last whole line ends. */
  #give(lines: number): Block {
    let end = lines;
    if (this.#at + lines >= this.#end) {
      // The line that begins before the end of the range, and ends there or further on.
      const before = Math.max(this.#end - this.#at - 1, this.#start);
      end = this.#buffer.indexOf(LINE_FEED, before) + 1;
      this.#isDone = true;
    }
    const block = { start: this.#start, end, at: this.#at + this.#start };
    this.#start = end;
    return block;
  }
}
