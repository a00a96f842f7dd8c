/** Cuts a stream of bytes into lines, in bounded memory and without copying what lies in one chunk. */

/** Longest line that is handed on, in bytes, without its line feed. */
export const MAX_LINE = 64 * 1024;

const LINE_FEED = 0x0a;

/** Takes one line: `bytes` from `start` up to `end`, valid only during the call. */
export type LineReader = (bytes: Uint8Array, start: number, end: number) => void;

/** Remembers the beginning of a line from one chunk to the next. */
export class LineSplitter {
  /** Lines longer than {@linkcode MAX_LINE}: they were dropped. */
  oversize = 0;
  readonly #begun = new Uint8Array(MAX_LINE);
  #length = 0;
  /** Within a line that is too long. */
  #skipping = false;

  /** Calls `read` for each line that ends in this chunk. */
  push(chunk: Uint8Array, read: LineReader): void {
    let start = 0;
    let end = chunk.indexOf(LINE_FEED);
    for (; end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      if (this.#skipping || this.#length > 0) {
        this.#append(chunk, start, end);
        if (!this.#skipping) read(this.#begun, 0, this.#length);
      } else if (end - start > MAX_LINE) {
        this.oversize++;
      } else {
        read(chunk, start, end);
      }
      this.#skipping = false;
      this.#length = 0;
      start = end + 1;
    }
    this.#append(chunk, start, chunk.length);
  }

  /**
   * Forgets the line that has begun, at the end of the stream: one without a line feed is torn, even if
   * it looks whole. Returns whether there was one; one that was too long is counted already.
   */
  end(): boolean {
    const torn = this.#length > 0;
    this.#length = 0;
    this.#skipping = false;
    return torn;
  }

  #append(chunk: Uint8Array, start: number, end: number): void {
    if (this.#skipping) return;
    if (this.#length + end - start > MAX_LINE) {
      this.#skipping = true;
      this.#length = 0;
      this.oversize++;
      return;
    }
    this.#begun.set(chunk.subarray(start, end), this.#length);
    this.#length += end - start;
  }
}
