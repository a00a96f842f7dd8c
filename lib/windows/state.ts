/**
 * What is done, kept from one run to the next: so that every closed window is given out once, whenever and
 * however often runs are started, and whatever ends them.
 */
import type { FileEnd, StoredFile } from "../system.ts";
import { openLock, openState, type StateSystem, type WindowKind, writing } from "./state_file.ts";
import { encodeSlot, slotOffset, type StateRecord } from "./state_record.ts";

/** What has to be certain before a window is done; a `Sink` is one. */
export interface DurableOutput {
  /**
   * Waits until all that was written is certain to stay, and tells where that ends in a file.
   *
   * @throws {ExitError} 74 if anything is lost.
   */
  sync(): FileEnd | undefined;
}

/** What a state is of, and whom it tells. */
export interface WindowStateOptions extends WindowKind {
  /** Takes what the user should know though the run goes on. */
  readonly warn: (message: string) => void;
}

/**
 * The state of one kind of windows, locked until it is disposed of. How a run uses it:
 *
 * ```ts
 * using state = WindowState.open(system, path, { windowUs, key, warn });
 * const { span, gap } = closedWindows({ done: state.done, now, windowUs, settleUs, maxCatchup });
 * // open the sinks; cut each file back to `state.ends` first (`cutBack`)
 * state.begin((gap ?? span).start, sinks);
 * // write the report on the gap
 * state.commit(gap.end, 0, sinks);
 * // write the records of the windows
 * state.commit(span.end, count, sinks);
 * state.finish();
 * ```
 *
 * A run that is broken off between the writing of a window and its commit makes the next one write it
 * again. In a file nothing is there twice: it is cut back to where it ended at the commit before. What has
 * gone down a pipe cannot be taken back: the records come again with the same ids, and the reader must
 * leave out those whose `event.id` it has. The same goes for a file that was rotated in between.
 *
 * One output file belongs to one state: what others write to it after a run that was broken off is cut off
 * with what that run wrote.
 *
 * Only {@linkcode WindowState.open} needs permissions; they may be dropped after it.
 */
export class WindowState implements Disposable {
  readonly #path: string;
  readonly #file: StoredFile;
  readonly #lock: StoredFile;
  #record: StateRecord;
  #isBegun = false;

  private constructor(path: string, file: StoredFile, lock: StoredFile, record: StateRecord) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
    this.#record = record;
  }

  /**
   * Takes the lock, `path` + ".lock", and reads the state. Where its latest record is torn, the one before
   * it counts. What is no state at all is kept under the name `path` + ".bad", and the state is that before
   * the first run.
   *
   * @throws {ExitError} 75 while another run is at work; 73 if the file cannot be opened or made; 74 if it
   * cannot be written; 78 if it is the state of other windows, or of something else.
   */
  static open(system: StateSystem, path: string, options: WindowStateOptions): WindowState {
    const lock = openLock(system, path);
    try {
      const { file, record } = openState(system, path, options, options.warn);
      return new WindowState(path, file, lock, record);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** End of the last window that is done, microseconds since the epoch; undefined before the first run. */
  get done(): number | undefined {
    return this.#record.done;
  }

  /** Where files ended when that window was done, if the run that wrote them did not come to its end. */
  get ends(): readonly FileEnd[] {
    return this.#record.ends ?? [];
  }

  /**
   * To be called before anything is written, and after the files were cut back: what is written from now
   * on counts only once it is committed. On the first run what is before `from` becomes done, so that a
   * crash does not make the next run a first one.
   *
   * @param from Start of what will be given out, microseconds since the epoch.
   * @throws {ExitError} 74 if that cannot be written down.
   */
  begin(from: number, outputs: readonly DurableOutput[]): void {
    const done = this.done ?? from;
    this.#write({ ...this.#record, done, ends: endsOf(outputs) });
    this.#isBegun = true;
  }

  /**
   * Makes what was written certain to stay, and only then the window done.
   *
   * @param end Of the window, or of the last one of several; microseconds since the epoch.
   * @param count How many records were written, for whoever reads the file.
   * @throws {ExitError} 74 if what was written is not certain to stay, or the state cannot be written: the
   * windows are not done.
   */
  commit(end: number, count: number, outputs: readonly DurableOutput[]): void {
    const { windowUs, done } = this.#record;
    if (!this.#isBegun || done === undefined || end <= done || end % windowUs !== 0) {
      throw new RangeError(`${end} is not the end of a window that was begun`);
    }
    this.#write({ ...this.#record, done: end, records: count, ends: endsOf(outputs) });
  }

  /**
   * To be called when all that was written is committed: what others write to the files from now on is no
   * business of this state.
   *
   * @throws {ExitError} 74 if that cannot be written down.
   */
  finish(): void {
    if (!this.#isBegun) return;
    const { ends: _, ...record } = this.#record;
    this.#write(record);
    this.#isBegun = false;
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#lock.close();
  }

  #write(next: StateRecord): void {
    const record = { ...next, sequence: this.#record.sequence + 1 };
    writing(this.#path, () => {
      this.#file.writeAt(slotOffset(record.sequence), encodeSlot(record));
    });
    this.#record = record;
  }
}

function endsOf(outputs: readonly DurableOutput[]): FileEnd[] {
  return outputs.map((output) => output.sync()).filter((end) => end !== undefined);
}
