/** Messages that wait to be sent, and those that were sent and may have to be sent again. */

/** One message. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Whether it is a record of the ledger. */
  readonly isRecord: boolean;
}

/**
 * Messages in their order. Those that were taken stay until they are confirmed, and are given again after
 * a `rewind`.
 */
export interface FrameQueue {
  /** How many are to be taken. */
  readonly waiting: number;
  /** Gives the next ones: one at least if there is one, and no more than about so many bytes. */
  take(bytes: number): Frame[];
  /** Forgets the oldest ones of those that were taken. */
  confirm(count: number): void;
  /** All that was taken and not confirmed is to be taken again. Returns how many that are. */
  rewind(): number;
}

/** From so many confirmed messages at the front the memory is given back. */
const COMPACT = 1024;

/** In memory. It is bounded by who fills it. */
export class MemoryQueue implements FrameQueue {
  #frames: (Frame | undefined)[] = [];
  /** Index of the oldest that is not confirmed, and of the next one to take. */
  #oldest = 0;
  #next = 0;

  get waiting(): number {
    return this.#frames.length - this.#next;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
  }

  take(bytes: number): Frame[] {
    const taken: Frame[] = [];
    let size = 0;
    while (this.#next < this.#frames.length) {
      const frame = this.#frames[this.#next];
      if (frame === undefined) break;
      size += frame.bytes.length;
      if (taken.length > 0 && size > bytes) break;
      taken.push(frame);
      this.#next++;
    }
    return taken;
  }

  confirm(count: number): void {
    const end = Math.min(this.#oldest + count, this.#next);
    this.#frames.fill(undefined, this.#oldest, end);
    this.#oldest = end;
    if (this.#oldest < COMPACT || this.#oldest * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#oldest);
    this.#next -= this.#oldest;
    this.#oldest = 0;
  }

  rewind(): number {
    const count = this.#next - this.#oldest;
    this.#next = this.#oldest;
    return count;
  }
}
