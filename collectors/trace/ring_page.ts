/**
 * One page of the kernel's trace ring buffer, as `per_cpu/cpuN/trace_pipe_raw` gives it: a header, then
 * events one after another (include/linux/ring_buffer.h, kernel/trace/ring_buffer.c). All numbers are
 * little-endian: Deno runs on no other machine.
 */
import type { PageLayout } from "./format.ts";

/** In `commit`: events were lost before this page (RB_MISSED_EVENTS). */
const MISSED_EVENTS = 2 ** 31;
/** In `commit`: how many is written after the last event (RB_MISSED_STORED). */
const MISSED_STORED = 2 ** 30;

/** Values of `type_len`; up to 28 it is the length of the record in words of 4 bytes, 0 is a long one. */
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

/** `array[0]` of a TIME_EXTEND or a TIME_STAMP begins at this bit of the time (TS_SHIFT). */
const TIME_SHIFT = 2 ** 27;

const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * Walks over the records of a page: {@linkcode open}, then {@linkcode next} until it is false. One
 * object serves for many pages. No bytes make it throw, or read beyond the page.
 */
export class RingPage {
  /** The page that is open. */
  view: DataView = NOTHING;
  /** Of the current record: where it begins in the page. */
  at = 0;
  /** Of the current record: its length in bytes, with up to 7 bytes of padding. */
  length = 0;
  /** Events that the kernel threw away before this page; `unknown`: it does not say how many. */
  lost: number | "unknown" = 0;
  /** Whether the page ended other than the kernel ends one. */
  malformed = false;

  readonly #layout: PageLayout;
  #next = 0;
  #end = 0;
  /** The clock at the current record is `#us` microseconds and `#ns` nanoseconds. */
  #us = 0;
  #ns = 0;

  /** @param layout From `events/header_page`. */
  constructor(layout: PageLayout) {
    this.#layout = layout;
  }

  /**
   * Microseconds on the trace's clock, with fractions, at the current record. Of nanoseconds it is the
   * nearest number that a double can hold: for 285 years later times never give smaller numbers.
   */
  get boot(): number {
    const whole = Math.floor(this.#ns / 1000);
    return this.#us + whole + (this.#ns - whole * 1000) / 1000;
  }

  /** Begins with a page of any length. The page must not be changed as long as its records are used. */
  open(page: Uint8Array): void {
    const { timestampOffset, commitOffset, commitSize, dataOffset } = this.#layout;
    this.lost = 0;
    this.malformed = page.length < dataOffset;
    this.#next = this.#end = dataOffset;
    this.at =
      this.length =
      this.#us =
      this.#ns =
        0;
    this.view = NOTHING;
    if (this.malformed) return;
    const view = this.view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    // 2^32 ns are 4294967 µs and 296 ns.
    const high = view.getUint32(timestampOffset + 4, true);
    this.#us = high * 4294967;
    this.#ns = high * 296 + view.getUint32(timestampOffset, true);
    // The upper half of a 64-bit commit is all ones where bit 31 is set (the kernel adds a negative int).
    const commit = view.getUint32(commitOffset, true);
    const end = dataOffset + commit % MISSED_STORED;
    this.malformed = end > page.length;
    this.#end = Math.min(end, page.length);
    if (commit < MISSED_EVENTS) return;
    this.lost = commit % MISSED_EVENTS >= MISSED_STORED
      ? this.#storedCount(end, commitSize)
      : "unknown";
  }

  #storedCount(at: number, size: 4 | 8): number | "unknown" {
    const { view } = this;
    if (at + size > view.byteLength) return "unknown";
    const high = size === 8 ? view.getUint32(at + 4, true) : 0;
    const count = high * 2 ** 32 + view.getUint32(at, true);
    return count > 0 && count <= Number.MAX_SAFE_INTEGER ? count : "unknown";
  }

  /** Goes to the next record with data; false when there is none. */
  next(): boolean {
    const { view } = this;
    const end = this.#end;
    while (this.#next + 4 <= end) {
      const start = this.#next;
      const header = view.getUint32(start, true);
      const type = header & 31;
      const delta = header >>> 5;
      if (type > 0 && type < PADDING) {
        this.#ns += delta;
        return this.#record(start + 4, type * 4, end);
      }
      // Padding whose time is 0 fills the rest of the page.
      if (type === PADDING && delta === 0) break;
      if (start + 8 > end) return this.#stop(true);
      const word = view.getUint32(start + 4, true);
      if (type === 0) {
        this.#ns += delta;
        // The word counts itself.
        return word < 4 ? this.#stop(true) : this.#record(start + 8, word - 4, end);
      }
      this.#next = start + 8;
      if (type === TIME_EXTEND) {
        this.#ns += word * TIME_SHIFT + delta;
      } else if (type === TIME_STAMP) {
        // 59 bits of an absolute time; the other five are zero for the first 18 years.
        // 2^27 ns are 134217 µs and 728 ns.
        this.#us = word * 134217;
        this.#ns = word * 728 + delta;
      } else {
        // An event that was thrown away. Its time counts, but 1 stands for 0 (check_buffer).
        if (delta !== 1) this.#ns += delta;
        if (word < 4) return this.#stop(true);
        this.#next = start + 4 + align(word);
      }
    }
    return this.#stop(this.#next > end);
  }

  #record(at: number, length: number, end: number): boolean {
    if (at + length > end) return this.#stop(true);
    this.at = at;
    this.length = length;
    this.#next = at + align(length);
    return true;
  }

  #stop(malformed: boolean): false {
    if (malformed) this.malformed = true;
    this.#next = this.#end;
    this.at = this.length = 0;
    return false;
  }
}

/** Records begin at multiples of 4 bytes. */
function align(length: number): number {
  return Math.ceil(length / 4) * 4;
}
