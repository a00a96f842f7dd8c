/** Looks that serve many at once: one after the other, with a pause between them. */

/** Items that were asked for together. */
interface Group<T, R> {
  readonly items: readonly T[];
  /** As {@linkcode RoundsContext.now}. */
  readonly due: number;
  readonly settled: PromiseWithResolvers<readonly R[]>;
}

/** What the surroundings offer. */
export interface RoundsContext<T, R> {
  /** Microseconds since any moment: a clock that nobody sets. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or earlier when all is to end. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Gives one result for each item, in their order. */
  readonly work: (items: readonly T[]) => readonly R[];
}

/** Between two rounds there is at least this many times what the latest has taken, ... */
const PAUSE = 1;
/** ... and at least that many microseconds. */
const MIN_PAUSE = 10_000;

/** What is due so soon is taken along, microseconds. */
const EARLY = 10_000;

/** Works on items in rounds: what is due is done at once, or as soon as the pause is over. */
export class Rounds<T, R> {
  readonly #context: RoundsContext<T, R>;
  #groups: Group<T, R>[] = [];
  #size = 0;
  /** When the next round may begin. */
  #next = 0;
  #isWaiting = false;

  constructor(context: RoundsContext<T, R>) {
    this.#context = context;
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Resolves with the results for the items; rejects when the work throws.
   *
   * @param delay Microseconds until they are due. Without any, they are done before this returns, unless
   * there was a round a moment ago.
   */
  add(items: readonly T[], delay: number): Promise<readonly R[]> {
    const settled = Promise.withResolvers<readonly R[]>();
    const now = this.#context.now();
    this.#groups.push({ items, due: now + delay, settled });
    this.#size += items.length;
    if (delay <= 0 && now >= this.#next) this.#run(now);
    if (this.#groups.length > 0 && !this.#isWaiting) this.#wait();
    return settled.promise;
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    while (this.#groups.length > 0) {
      const due = Math.min(...this.#groups.map((group) => group.due));
      const at = Math.max(due, this.#next);
      await this.#context.sleep(Math.max(0, Math.ceil((at - this.#context.now()) / 1000)));
      // Groups may have been added or done meanwhile. At the end, nothing sleeps: then all is due.
      this.#run(Math.max(at, this.#context.now()));
    }
    this.#isWaiting = false;
  }

  #run(now: number): void {
    if (now < this.#next) return;
    const due = this.#groups.filter((group) => group.due <= now + EARLY);
    if (due.length === 0) return;
    this.#groups = this.#groups.filter((group) => group.due > now + EARLY);
    const items = due.flatMap((group) => group.items);
    this.#size -= items.length;
    try {
      const results = this.#context.work(items);
      let from = 0;
      for (const { items: { length }, settled } of due) {
        settled.resolve(results.slice(from, from += length));
      }
    } catch (error) {
      for (const { settled } of due) settled.reject(error);
    }
    const end = this.#context.now();
    this.#next = end + Math.max(MIN_PAUSE, (end - now) * PAUSE);
  }
}
