/** Keeps what is counted by spans of time until they are closed. */
import type { RunItem } from "../scan/host_tally.ts";
import { HOURS } from "./hours.ts";
import { Spill } from "./spill.ts";

/** Bytes of a run that is written anew. */
const RUN_BYTES = 4 * 1024 * 1024;

/** Of an item in a run, all but the name: see `host_tally.ts`. */
const FRAME_BYTES = 19;
const NAME_AT = 11;

/** Sorted runs, of which the spans that are closed are given out. */
export class OpenSpans implements Disposable {
  #runs: Spill;
  /** Takes what is left while the others are merged. */
  #left: Spill;

  private constructor(runs: Spill, left: Spill) {
    this.#runs = runs;
    this.#left = left;
  }

  /**
   * Opens temporary files while that is still permitted.
   *
   * @param maxBytes Runs that are kept in memory.
   */
  static open(maxBytes: number): OpenSpans {
    return new OpenSpans(Spill.open(maxBytes / 2), Spill.open(maxBytes / 2));
  }

  /** Keeps a run. @throws ExitError 74 when it neither fits into memory nor can be written. */
  add(run: Uint8Array<ArrayBuffer>): void {
    this.#runs.add(run);
  }

  /** The items of all spans that begin before a time, microseconds since the epoch. They are forgotten then. */
  *take(until: number): Generator<RunItem> {
    const left = new RunWriter((run) => this.#left.add(run));
    for (const item of this.#runs.merge(HOURS.decode, HOURS.compare, HOURS.combine)) {
      if (item.span < until) yield item;
      else left.add(item);
    }
    left.flush();
    [this.#runs, this.#left] = [this.#left, this.#runs];
  }

  [Symbol.dispose](): void {
    this.#runs[Symbol.dispose]();
    this.#left[Symbol.dispose]();
  }
}

/** Writes items that come in order as runs. */
class RunWriter {
  readonly #onRun: (run: Uint8Array<ArrayBuffer>) => void;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(onRun: (run: Uint8Array<ArrayBuffer>) => void) {
    this.#onRun = onRun;
  }

  add({ span, kind, name, count }: RunItem): void {
    const length = FRAME_BYTES + name.length;
    if (this.#length + length > this.#bytes.length) {
      this.flush();
      this.#bytes = new Uint8Array(RUN_BYTES);
    }
    const at = this.#length;
    const view = new DataView(this.#bytes.buffer);
    view.setFloat64(at, span, true);
    view.setUint8(at + 8, kind);
    view.setUint16(at + 9, name.length, true);
    this.#bytes.set(name, at + NAME_AT);
    view.setFloat64(at + NAME_AT + name.length, count, true);
    this.#length += length;
  }

  flush(): void {
    if (this.#length > 0) this.#onRun(this.#bytes.slice(0, this.#length));
    this.#length = 0;
  }
}
