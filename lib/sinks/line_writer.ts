/** Writes whole lines, whatever the output does. */
import type { AppendFile, Output } from "../system.ts";
import { isTemporary } from "./io_error.ts";

const LINE_FEED = 0x0a;
const NEW_LINE = Uint8Array.of(LINE_FEED);

/** How long an output that takes nothing for now is waited for, milliseconds. */
const PATIENCE = 10_000;
/** The longest pause between two attempts, milliseconds. */
const LONGEST_PAUSE = 50;

/** Stops the thread for some milliseconds. */
function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** That not all was written. */
export interface Failure {
  readonly error: unknown;
  /** How many of the lines were written whole; they stay. */
  readonly lines: number;
}

/**
 * Writes bytes that are whole lines. Where an error leaves a part of a line, that part is cut off again;
 * where it cannot be cut off, as on a pipe, it becomes a line of its own: the next write begins with a
 * line feed. The same goes for a file that ends in the middle of a line at the start.
 */
export class LineWriter {
  readonly #output: Output | AppendFile;
  readonly #pause: (ms: number) => void;
  /** Whether the output ends in the middle of a line. */
  #torn: boolean;
  /** Whether the output took nothing for longer than is waited for: then it is asked once only. */
  #stalled = false;

  /** @param pause Waits for some milliseconds while the output takes nothing. */
  constructor(output: Output | AppendFile, pause: (ms: number) => void = pauseThread) {
    this.#output = output;
    this.#pause = pause;
    this.#torn = "lastByte" in output && (output.lastByte() ?? LINE_FEED) !== LINE_FEED;
  }

  /** Whether the output ends in the middle of a line. */
  get torn(): boolean {
    return this.#torn;
  }

  /**
   * Writes all of the bytes, or tells how many lines were written. Never throws.
   *
   * @param bytes Whole lines.
   * @param indivisible Whether the lines belong together: after a failure none of them stays, if it can
   * be cut off, and none is counted.
   */
  write(bytes: Uint8Array, indivisible = false): Failure | undefined {
    let written = 0;
    let sizeBefore: number | undefined;
    try {
      if (this.#torn) {
        this.#writeSome(NEW_LINE);
        this.#torn = false;
      }
      sizeBefore = "size" in this.#output ? this.#output.size() : undefined;
      while (written < bytes.length) written += this.#writeSome(bytes.subarray(written));
      return undefined;
    } catch (error) {
      return { error, lines: this.#mend(bytes, written, sizeBefore, indivisible) };
    }
  }

  /** Writes at least one byte, or throws. */
  #writeSome(bytes: Uint8Array): number {
    let waited = 0;
    for (let ms = 1;; ms = Math.min(ms * 2, LONGEST_PAUSE)) {
      try {
        const written = this.#output.write(bytes);
        if (written <= 0) throw new Error("nothing was taken");
        this.#stalled = false;
        return written;
      } catch (error) {
        if (!isTemporary(error)) throw error;
        this.#stalled ||= waited >= PATIENCE;
        if (this.#stalled) throw error;
      }
      this.#pause(ms);
      waited += ms;
    }
  }

  /** Leaves no part of a line behind, if it can. Returns how many whole lines stay. */
  #mend(
    bytes: Uint8Array,
    written: number,
    sizeBefore: number | undefined,
    indivisible: boolean,
  ): number {
    const end = indivisible ? 0 : bytes.subarray(0, written).lastIndexOf(LINE_FEED) + 1;
    let lines = 0;
    for (let i = 0; i < end; i++) if (bytes[i] === LINE_FEED) lines++;
    const left = this.#cut(written, end, sizeBefore) ? end : written;
    if (left === 0) return lines;
    this.#torn = bytes[left - 1] !== LINE_FEED;
    // Nothing but its line feed is missing, and that comes with the next write.
    if (this.#torn && !indivisible && bytes[left] === LINE_FEED) lines++;
    return lines;
  }

  /** Keeps `end` of the bytes that were written last. Returns whether it could. */
  #cut(written: number, end: number, sizeBefore: number | undefined): boolean {
    if (written === end) return true;
    const output = this.#output;
    if (sizeBefore === undefined || !("truncate" in output)) return false;
    try {
      // Another size: somebody else has written or cut the file, or it is no regular file.
      if (output.size() !== sizeBefore + written) return false;
      output.truncate(sizeBefore + end);
      return true;
    } catch {
      return false;
    }
  }
}
