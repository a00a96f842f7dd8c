/** Promises in the order in which they settle. */

/**
 * What is waited for. `Promise.race` over and over would do the same, but it keeps each of its results
 * until the last of its promises has settled.
 */
export class Arrivals<T> {
  readonly #settled: Promise<T>[] = [];
  #wake: (() => void) | undefined;

  /** Waits for one more. */
  expect(promise: Promise<T>): void {
    const arrive = () => {
      this.#settled.push(promise);
      this.#wake?.();
    };
    promise.then(arrive, arrive);
  }

  /** Takes the next one. Rejects as it does. To be called again only once that is settled. */
  async take(): Promise<T> {
    let promise = this.#settled.shift();
    while (promise === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      promise = this.#settled.shift();
    }
    return promise;
  }
}
