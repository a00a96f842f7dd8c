/** Brings what comes of the parts of a search into the order of the parts. */
import type { PartResult } from "./task.ts";

/** Takes what has its turn. */
export interface OrderHandlers {
  onLines(lines: Uint8Array): void;
  onResult(index: number, result: PartResult): void;
}

/** What has come of a part before its turn. */
interface Waiting {
  readonly lines: { readonly bytes: Uint8Array; readonly onTaken: () => void }[];
  result?: PartResult;
}

/** Keeps what comes before its turn. */
export class PartOrder {
  readonly #handlers: OrderHandlers;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(handlers: OrderHandlers) {
    this.#handlers = handlers;
  }

  /** The part that has its turn: all before it are done. */
  get next(): number {
    return this.#next;
  }

  /** Takes lines of a part. @param onTaken Is called when they have had their turn. */
  lines(index: number, bytes: Uint8Array, onTaken: () => void): void {
    if (index !== this.#next) {
      this.#of(index).lines.push({ bytes, onTaken });
      return;
    }
    this.#handlers.onLines(bytes);
    onTaken();
  }

  /** Takes the result of a part, of which nothing more comes. */
  result(index: number, result: PartResult): void {
    this.#of(index).result = result;
    while (true) {
      const turn = this.#waiting.get(this.#next);
      if (turn === undefined) return;
      for (const { bytes, onTaken } of turn.lines.splice(0)) {
        this.#handlers.onLines(bytes);
        onTaken();
      }
      if (turn.result === undefined) return;
      this.#waiting.delete(this.#next);
      this.#handlers.onResult(this.#next++, turn.result);
    }
  }

  #of(index: number): Waiting {
    let waiting = this.#waiting.get(index);
    if (waiting === undefined) {
      waiting = { lines: [] };
      this.#waiting.set(index, waiting);
    }
    return waiting;
  }
}
