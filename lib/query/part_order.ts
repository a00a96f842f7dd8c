/** Brings what comes of the parts of a search into the order of the parts. */
import type { PartResult } from "./task.ts";

/** What a part gives before its result: whole lines of an answer, or a sorted run of names. */
export interface Piece {
  readonly type: "lines" | "run";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Takes what has its turn. */
export interface OrderHandlers {
  onPiece(piece: Piece): void;
  onResult(index: number, result: PartResult): void;
  /** Whether what has come of a part counts: asked when all before it are done. Absent: always. */
  isRight?(index: number): boolean;
  /** It has to be searched again: what has come of it is forgotten. */
  onWrong?(index: number): void;
}

/** What has come of a part before its turn. */
interface Waiting {
  readonly pieces: Piece[];
  readonly onTaken: (() => void)[];
  result?: PartResult;
}

/** Keeps what comes before its turn. */
export class PartOrder {
  readonly #handlers: OrderHandlers;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #isRepeating = false;

  constructor(handlers: OrderHandlers) {
    this.#handlers = handlers;
  }

  /** The part that has its turn: all before it are done. */
  get next(): number {
    return this.#next;
  }

  /**
   * Whether the part that has its turn is searched again. Meanwhile nobody is kept waiting, so that there is
   * somebody who can do it.
   */
  get isRepeating(): boolean {
    return this.#isRepeating;
  }

  /** Takes a piece of a part. @param onTaken Is called when it has had its turn. */
  piece(index: number, piece: Piece, onTaken: () => void): void {
    if (index === this.#next) {
      if (this.#isRight()) this.#handlers.onPiece(piece);
      return onTaken();
    }
    const waiting = this.#of(index);
    waiting.pieces.push(piece);
    if (this.#isRepeating) onTaken();
    else waiting.onTaken.push(onTaken);
  }

  /** Takes the result of a part, of which nothing more comes. */
  result(index: number, result: PartResult): void {
    this.#of(index).result = result;
    while (true) {
      const turn = this.#waiting.get(this.#next);
      if (turn === undefined) return;
      const isRight = this.#isRight();
      const pieces = turn.pieces.splice(0);
      if (isRight) { for (const piece of pieces) this.#handlers.onPiece(piece); }
      release(turn);
      if (turn.result === undefined) return;
      this.#waiting.delete(this.#next);
      if (!isRight) return this.#repeat();
      this.#isRepeating = false;
      this.#handlers.onResult(this.#next++, turn.result);
    }
  }

  #isRight(): boolean {
    return this.#handlers.isRight?.(this.#next) ?? true;
  }

  #repeat(): void {
    this.#isRepeating = true;
    for (const waiting of this.#waiting.values()) release(waiting);
    this.#handlers.onWrong?.(this.#next);
  }

  #of(index: number): Waiting {
    let waiting = this.#waiting.get(index);
    if (waiting === undefined) {
      waiting = { pieces: [], onTaken: [] };
      this.#waiting.set(index, waiting);
    }
    return waiting;
  }
}

function release(waiting: Waiting): void {
  for (const onTaken of waiting.onTaken.splice(0)) onTaken();
}
