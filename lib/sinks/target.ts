/** Where the lines of a sink go: one output, or one file after the other. */
import type { Chain } from "../chain/chain.ts";
import type { SegmentReport } from "../report.ts";
import type { AppendFile, FileEnd, Output } from "../system.ts";

/** Gives a sink the output for its lines. */
export interface LineTarget {
  /** For messages: `standard output` or `"PATH"`. */
  readonly name: string;
  /**
   * What the output that {@linkcode LineTarget.open} gave last is to begin with, if it is empty and the
   * format has such records.
   */
  readonly beginning?: SegmentReport | undefined;
  /**
   * Is called before files are removed for their age or size, with the paths of those that stay, the oldest
   * first and that which is written on last. Must not throw.
   */
  beforeRemoval?: ((kept: readonly string[]) => void) | undefined;
  /** Links the lines, if they are to be linked. */
  readonly chain?: Chain;
  /**
   * How many bytes {@linkcode LineTarget.open} is to be asked for at a time at most, if they are more than
   * one line; absent: as many as one likes.
   */
  readonly pieceSize?: number | undefined;
  /**
   * The output that takes the next `bytes` bytes of whole lines: another one than before where a rotation
   * was due or the file had been moved away.
   *
   * @throws as opening does, and {@linkcode NoRoomError}; the sink counts what is lost by that.
   */
  open(bytes: number): Output | AppendFile;
  /**
   * To be called about once a second, and at the end of a window: makes sure that what was written is on
   * the disk, looks whether the file is still there, deletes and compresses what is old.
   *
   * @throws when it is not certain that all that was written stays.
   */
  tick(): void;
  /** Opens the file anew at the next line (SIGHUP). */
  reopen(): void;
  /**
   * Waits until all that was written is on the disk, and tells where it ends; undefined of what is no
   * regular file.
   *
   * @throws when it is not certain that all that was written stays.
   */
  sync(): FileEnd | undefined;
  /** See `Sink.committed`. @throws what the file system says. */
  committed?(): void;
  /** Makes sure of what was written, and closes what is open. @throws as {@linkcode LineTarget.sync}. */
  close(): void | Promise<void>;
}

/** There is less room on the disk than is to be left: nothing more is written. */
export class NoRoomError extends Error {
  override readonly name = "NoRoomError";
}

/** An output that stays the same: a pipe, a terminal, or a file that nobody touches. */
export class FixedTarget implements LineTarget {
  readonly name: string;
  readonly #output: Output | AppendFile;

  /**
   * @param output Standard output, or a file, which is closed with the target.
   * @param path Of the file, for messages; without it they say "standard output".
   */
  constructor(output: Output | AppendFile, path?: string) {
    this.#output = output;
    this.name = path === undefined ? "standard output" : `"${path}"`;
  }

  open(): Output | AppendFile {
    return this.#output;
  }

  tick(): void {
    // Nothing changes.
  }

  reopen(): void {
    // There is nothing to open.
  }

  sync(): FileEnd | undefined {
    return "sync" in this.#output ? this.#output.sync() : undefined;
  }

  close(): void {
    if ("close" in this.#output) this.#output.close();
  }
}
