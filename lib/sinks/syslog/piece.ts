/** Messages that are posted to the worker together. */

/** Room for so many bytes is there from the start. */
const PIECE_BYTES = 65_536;

/** Collects messages. */
export class Piece {
  #bytes = new Uint8Array(PIECE_BYTES);
  #size = 0;
  #sizes: number[] = [];

  /** Bytes of all messages. */
  get size(): number {
    return this.#size;
  }

  /** How many messages there are. */
  get count(): number {
    return this.#sizes.length;
  }

  add(message: Uint8Array): void {
    const size = this.#size + message.length;
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, size));
      larger.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = larger;
    }
    this.#bytes.set(message, this.#size);
    this.#size = size;
    this.#sizes.push(message.length);
  }

  /** Gives the messages, one after the other, with the length of each, and begins anew. */
  take(): { bytes: Uint8Array<ArrayBuffer>; sizes: Uint32Array<ArrayBuffer> } {
    const taken = { bytes: this.#bytes.slice(0, this.#size), sizes: Uint32Array.from(this.#sizes) };
    this.#size = 0;
    this.#sizes = [];
    return taken;
  }
}
