/** Where the bytes of a log come from. */

/** Gives bytes one after the other. */
export interface ByteSource {
  /**
   * Reads what comes next to the beginning of `into`. Never throws.
   *
   * @param into At least one byte long. Nobody may touch it until what comes next is there.
   * @returns How many bytes, at least one; 0 at the end.
   */
  read(into: Uint8Array): number | Promise<number>;
  /** After the end: why there may have been more. A sentence; undefined where it was the true end. */
  readonly problem?: string | undefined;
}

/** Reads ahead in a source. */
export class Lookahead implements ByteSource {
  readonly #source: ByteSource;
  #ahead = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get problem(): string | undefined {
    return this.#source.problem;
  }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#ahead.length === 0) return this.#source.read(into);
    const given = this.#ahead.subarray(0, into.length);
    into.set(given);
    this.#ahead = this.#ahead.subarray(given.length);
    return given.length;
  }

  /**
   * The bytes that come next, which are read again later.
   *
   * @param length No more than so many, and fewer only at the end or where `isEnough`.
   */
  async peek(length: number, isEnough: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(length, this.#ahead.length));
    bytes.set(this.#ahead);
    let filled = this.#ahead.length;
    while (filled < length && !isEnough(bytes.subarray(0, filled))) {
      const read = await this.#source.read(bytes.subarray(filled));
      if (read === 0) break;
      filled += read;
    }
    this.#ahead = bytes.subarray(0, filled);
    return bytes.slice(0, Math.min(filled, length));
  }

  /** Forgets what was read ahead. */
  drop(): void {
    this.#ahead = new Uint8Array(0);
  }
}
