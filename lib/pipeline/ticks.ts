/** Batches, and the time that passes between them. */
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
  const tick = () => system.sleep(tickMs, over.signal).then(() => "tick" as const);
  let coming = iterator.next();
  let ticking = tick();
  try {
    while (true) {
      const step = await Promise.race([coming, ticking]);
      if (step === "tick") {
        ticking = tick();
        yield [];
      } else if (step.done) {
        return;
      } else {
        coming = iterator.next();
        yield step.value;
      }
    }
  } finally {
    over.abort();
    await iterator.return?.();
  }
}
