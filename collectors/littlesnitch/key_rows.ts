/**
 * Rows without their dates and counters, as bytes: of very many groups these take less room than what is
 * made of them.
 */

/** Room at first, bytes; it doubles as often as need be. */
const FIRST_ROOM = 64 * 1024;

const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** The commas around four counters. */
const COMMAS = 5;

/** Rows, numbered from 0 in the order in which they were added. */
export class KeyRows {
  #bytes = new Uint8Array(FIRST_ROOM);
  #length = 0;
  readonly #starts: number[] = [];

  /**
   * Adds a row.
   *
   * @param head What stands between the date and the counters, without the commas around it.
   * @param tail What stands after the counters and their comma, without the line feed.
   */
  add(head: Uint8Array, tail: Uint8Array): void {
    const start = this.#length;
    const end = start + 1 + head.length + COMMAS + tail.length + 1;
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    const bytes = this.#bytes;
    bytes[start] = COMMA;
    bytes.set(head, start + 1);
    bytes.fill(COMMA, start + 1 + head.length, end - 1 - tail.length);
    bytes.set(tail, end - 1 - tail.length);
    bytes[end - 1] = LINE_FEED;
    this.#starts.push(start);
    this.#length = end;
  }

  /** A row with empty fields in place of date and counters, and a line feed; valid until the next is added. */
  row(number: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[number], this.#starts[number + 1] ?? this.#length);
  }
}
