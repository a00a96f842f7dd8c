/** Batches of several collectors as one stream. */
import { Arrivals } from "../arrivals.ts";
import type { Batch } from "../collector.ts";
import type { Connection } from "../connection.ts";
import { tableSize } from "../memory.ts";
import type { System } from "../system.ts";
import { Joiner, MAX_RECORDS } from "./joiner.ts";
import type { Batches, Ledger } from "./stage.ts";
import { withTicks } from "./ticks.ts";

/** How often what is held back is looked at, milliseconds. */
const TICK_MS = 250;

/**
 * How much time passes between two looks at most, microseconds: while this process is not let run, for want of
 * a CPU or because it is stopped, no collector can tell it anything.
 */
const MOST_PASSED = 1_000_000;

/**
 * Merges batches as they come. Ends when all have ended; when one fails, so does it, once the others have
 * ended too.
 *
 * @param onFailure Tells the others to end.
 */
export async function* merge(sources: readonly Batches[], onFailure: () => void): Batches {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const failures: unknown[] = [];
  const pull = async (at: number) => {
    try {
      return { at, result: await iterators[at]?.next() };
    } catch (error) {
      failures.push(error);
      onFailure();
      return { at, result: undefined };
    }
  };
  const coming = new Arrivals<{ at: number; result: IteratorResult<Batch> | undefined }>();
  iterators.forEach((_, at) => coming.expect(pull(at)));
  try {
    for (let left = iterators.length; left > 0;) {
      const { at, result } = await coming.take();
      if (result === undefined || result.done) {
        left--;
      } else {
        coming.expect(pull(at));
        yield result.value;
      }
    }
    if (failures.length > 0) throw failures[0];
  } finally {
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
  }
}

/**
 * The stage that makes one record of a connection that `trace` and `conntrack` both saw.
 *
 * @param part As in `CollectorOptions.tables`.
 */
export async function* join(
  batches: Batches,
  system: Pick<System, "elapsed" | "sleep">,
  ledger: Ledger,
  part?: number,
): Batches {
  let out: Connection[] = [];
  const taken = () => {
    const batch = out;
    out = [];
    return batch;
  };
  const joiner = new Joiner(
    (record) => out.push(record),
    (count) => ledger.folded += count,
    tableSize(MAX_RECORDS, part),
  );
  let looked = system.elapsed();
  let now = 0;
  let next = 0;
  try {
    for await (const batch of withTicks(batches, system, TICK_MS)) {
      // How long records wait does not depend on who sets the clock.
      const elapsed = system.elapsed();
      now += Math.min(elapsed - looked, MOST_PASSED);
      looked = elapsed;
      for (const record of batch) joiner.add(record, now);
      if (batch.watermark !== undefined) joiner.mark(batch.watermark, now);
      // Not with every batch: very many may wait for their counters, for minutes.
      if (now >= next) {
        joiner.advance(now);
        next = now + TICK_MS * 1000;
      }
      yield taken();
    }
    joiner.end();
    yield taken();
  } catch (error) {
    joiner.end();
    yield taken();
    throw error;
  }
}
