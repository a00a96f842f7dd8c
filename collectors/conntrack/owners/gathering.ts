/** Work that is done for many at once. */

/** What is to be done together. */
interface Round<T, R> {
  readonly items: T[];
  readonly results: Promise<readonly R[]>;
}

/** Gathers items for a while and then works on all of them in one call. */
export class Gathering<T, R> {
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #work: (items: readonly T[]) => readonly R[];
  #open: Round<T, R> | undefined;
  #size = 0;

  /**
   * @param sleep Resolves after so many milliseconds.
   * @param work Gives one result for each item, in their order.
   */
  constructor(sleep: (ms: number) => Promise<void>, work: (items: readonly T[]) => readonly R[]) {
    this.#sleep = sleep;
    this.#work = work;
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Resolves with the results for the items; rejects when the work throws.
   *
   * @param wait Milliseconds until the work is done; if not above zero, it is done before this returns.
   * @param share For how many of them others may join.
   */
  async add(items: readonly T[], wait: number, share: number): Promise<readonly R[]> {
    if (wait <= 0) return this.#work(items);
    this.#open ??= this.#begin(wait, share);
    const round = this.#open;
    const from = round.items.length;
    for (const item of items) round.items.push(item);
    this.#size += items.length;
    const results = await round.results;
    return results.slice(from, from + items.length);
  }

  #begin(wait: number, share: number): Round<T, R> {
    const items: T[] = [];
    return { items, results: this.#run(items, wait, share) };
  }

  async #run(items: readonly T[], wait: number, share: number): Promise<readonly R[]> {
    await this.#sleep(share);
    this.#open = undefined;
    if (wait > share) await this.#sleep(wait - share);
    this.#size -= items.length;
    return this.#work(items);
  }
}
