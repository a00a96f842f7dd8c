/** How long to wait before something that has died is started again. */

/** First wait, milliseconds; each one after it is twice as long. */
const FIRST_MS = 100;
/** Longest wait, milliseconds. */
const LONGEST_MS = 30_000;
/** Who has lived for so many milliseconds begins with the first wait again. */
const LONG_LIFE_MS = 60_000;

/** Waits that double. */
export class Backoff {
  #next = FIRST_MS;

  /**
   * @param livedMs How long the one that died has lived, milliseconds.
   * @returns How long to wait now, milliseconds.
   */
  next(livedMs: number): number {
    const wait = livedMs >= LONG_LIFE_MS ? FIRST_MS : this.#next;
    this.#next = Math.min(wait * 2, LONGEST_MS);
    return wait;
  }
}
