/** Keeps what is counted by spans of time until they are closed. */
import { readRunEntry, type RunItem } from "../scan/host_tally.ts";
import { HOURS } from "./hours.ts";
import { Spill } from "./spill.ts";

/** Bytes of a run that is written anew. */
const RUN_BYTES = 4 * 1024 * 1024;

/** Of an item in a run, all but the name: see `host_tally.ts`. */
const FRAME_BYTES = 19;
const NAME_AT = 11;

/** Sorted runs, of which the spans that are closed are given out. */
export class OpenSpans implements Disposable {
  /** Runs in memory, cut into pieces of one span each. */
  readonly #kept = new Map<number, Uint8Array<ArrayBuffer>[]>();
  readonly #maxBytes: number;
  #keptBytes = 0;
  /** Runs for which there is no room in memory. */
  #runs: Spill;
  /** Takes what is left while the others are merged. */
  #left: Spill;
  #hasRuns = false;
  readonly #writer = new RunWriter((run) => {
    this.#left.add(run);
    this.#hasRuns = true;
  });

  private constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#runs = Spill.open(0);
    this.#left = Spill.open(0);
  }

  /**
   * Opens temporary files while that is still permitted.
   *
   * @param maxBytes Runs that are kept in memory.
   */
  static open(maxBytes: number): OpenSpans {
    return new OpenSpans(maxBytes);
  }

  /**
   * Keeps a run: for whoever gives it, it is gone.
   *
   * @throws ExitError 74 when it neither fits into memory nor can be written.
   */
  add(run: Uint8Array<ArrayBuffer>): void {
    if (this.#keptBytes + run.length > this.#maxBytes) {
      this.#runs.add(run);
      this.#hasRuns = true;
      return;
    }
    this.#keptBytes += run.length;
    for (const { span, piece } of piecesOf(run)) {
      const pieces = this.#kept.get(span);
      if (pieces === undefined) this.#kept.set(span, [piece]);
      else pieces.push(piece);
    }
  }

  /** The items of all spans that begin before a time, microseconds since the epoch. They are forgotten then. */
  *take(until: number): Generator<RunItem> {
    if (this.#hasRuns) {
      yield* this.#takeRuns(until);
      return;
    }
    for (const span of [...this.#kept.keys()].sort((a, b) => a - b)) {
      if (span >= until) return;
      const pieces = this.#kept.get(span) ?? [];
      this.#kept.delete(span);
      const runs = Spill.open(Infinity, false);
      for (const piece of pieces) {
        this.#keptBytes -= piece.length;
        runs.add(piece);
      }
      yield* mergeRuns(runs);
    }
  }

  /** Reads all runs, and writes what is left of them anew. */
  *#takeRuns(until: number): Generator<RunItem> {
    for (const pieces of this.#kept.values()) for (const piece of pieces) this.#runs.add(piece);
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#hasRuns = false;
    for (const item of mergeRuns(this.#runs)) {
      if (item.span < until) yield item;
      else this.#writer.add(item);
    }
    this.#writer.flush();
    [this.#runs, this.#left] = [this.#left, this.#runs];
  }

  [Symbol.dispose](): void {
    this.#runs[Symbol.dispose]();
    this.#left[Symbol.dispose]();
  }
}

function mergeRuns(runs: Spill): Generator<RunItem> {
  return runs.merge(HOURS.decode, HOURS.compare, HOURS.combine);
}

/** Cuts a run where another span begins. */
function* piecesOf(run: Uint8Array<ArrayBuffer>) {
  let found = readRunEntry(run, 0);
  for (let start = 0; found !== undefined;) {
    const { span } = found.entry;
    let end = found.next;
    for (found = readRunEntry(run, end); found?.entry.span === span;) {
      end = found.next;
      found = readRunEntry(run, end);
    }
    yield { span, piece: run.slice(start, end) };
    start = end;
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
      if (this.#bytes.length === 0) this.#bytes = new Uint8Array(RUN_BYTES);
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
