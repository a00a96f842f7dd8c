/** A signal that aborts when another one does, or when time is up. */
import type { System } from "../system.ts";

/** To be declared with `using`, so that no timer and no listener stays behind. */
export class TimeLimit implements Disposable {
  readonly #limit = new AbortController();
  readonly #done = new AbortController();

  /**
   * @param ms Time, milliseconds.
   * @param outer The other signal.
   */
  constructor(system: Pick<System, "sleep">, ms: number, outer?: AbortSignal) {
    const abort = () => this.#limit.abort();
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort, { signal: this.#done.signal });
    system.sleep(ms, this.#done.signal).then(() => {
      if (!this.#done.signal.aborted) abort();
    });
  }

  get signal(): AbortSignal {
    return this.#limit.signal;
  }

  [Symbol.dispose](): void {
    this.#done.abort();
  }
}
