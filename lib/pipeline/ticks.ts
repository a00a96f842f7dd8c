/** Batches, and the time that passes between them. */
import type { Batch } from "../collector.ts";
import type { System } from "../system.ts";
import type { Batches } from "./stage.ts";

/**
 * Yields the batches as they come, and an empty one at every interval: what is held back must go on also
 * while nothing comes.
 *
 * @param tickMs The interval, milliseconds.
 */
export async function* withTicks(
  batches: Batches,
  system: Pick<System, "sleep">,
  tickMs: number,
): Batches {
  const iterator = batches[Symbol.asyncIterator]();
  const over = new AbortController();
  let arrived: Arrival | undefined;
  let wake = () => {};
  // Asked once for each batch: what waits for one promise again and again stays with it until it resolves.
  const ask = () => {
    arrived = undefined;
    iterator.next().then(
      (result) => arrived = { result },
      (error) => arrived = { error },
    ).then(() => wake());
  };
  ask();
  try {
    while (true) {
      if (arrived === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const woken = new AbortController();
        wake = () => {
          woken.abort();
          resolve();
        };
        system.sleep(tickMs, AbortSignal.any([over.signal, woken.signal])).then(resolve);
        await promise;
      }
      const arrival = taken(arrived);
      if (arrival === undefined) {
        yield [];
        continue;
      }
      if ("error" in arrival) throw arrival.error;
      if (arrival.result.done) return;
      ask();
      yield arrival.result.value;
    }
  } finally {
    over.abort();
    await iterator.return?.();
  }
}

/** What came of the asking for a batch. */
type Arrival =
  | { readonly result: IteratorResult<Batch> }
  | { readonly error: unknown };

/** The same: it may have changed since the compiler looked last. */
function taken(arrived: Arrival | undefined): Arrival | undefined {
  return arrived;
}
