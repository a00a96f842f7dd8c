/** The stage that folds connections into summaries. */
import type { Connection } from "../connection.ts";
import type { System } from "../system.ts";
import { Folder, type FoldOptions } from "./fold/folder.ts";
import type { Batches, Ledger } from "./stage.ts";
import { withTicks } from "./ticks.ts";

/** How often it is looked whether a window has ended, milliseconds. */
const TICK_MS = 250;

/** Summaries that are given out at a time. */
const BATCH = 256;

/** How a stream is folded. */
export interface FoldStageOptions extends FoldOptions {
  /** How late a record may come, microseconds: so long after its end a window is given out. */
  readonly settleUs: number;
  /** Orders the summaries of a window; without it, in the order of their first records. */
  readonly compare?: (a: Connection, b: Connection) => number;
  /**
   * What time it is. That of the `host` for what happens now: then what is open at the end is given out too.
   * That of the `records` for what has been: then a run that is cut short gives out whole windows alone.
   */
  readonly clock: "host" | "records";
  /** Aborts when the run is cut short. */
  readonly signal: AbortSignal;
}

/** Within a window, in this order; windows in the order of time. */
function ordered(
  records: readonly Connection[],
  compare: (a: Connection, b: Connection) => number,
): Connection[] {
  return records.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0) || compare(a, b));
}

/** The earliest of a batch: one record with a wrong time does not end the windows of the others. */
function earliest(batch: readonly Connection[]): number {
  return batch.reduce((time, record) => Math.min(time, record.time), Infinity);
}

/**
 * Folds a stream. What is folded counts as such, except for the records that the summaries themselves are;
 * what is in windows that are not given out counts as dropped (`interrupted`).
 */
export async function* fold(
  batches: Batches,
  system: Pick<System, "now" | "sleep">,
  ledger: Ledger,
  options: FoldStageOptions,
): Batches {
  const { compare, clock, settleUs, signal } = options;
  let out: Connection[] = [];
  const folder = new Folder(options, (record) => out.push(record));
  let counted = 0;
  let time = -Infinity;
  function taken(): Connection[] {
    const batch = compare === undefined ? out : ordered(out, compare);
    out = [];
    ledger.folded += folder.folded - counted;
    counted = folder.folded;
    if (folder.overflowed > 0) ledger.degraded.set("other_key", folder.overflowed);
    if (folder.forgotten > 0) ledger.degraded.set("bytes_anew", folder.forgotten);
    return batch;
  }
  function* given(summaries: Iterable<Connection>): Generator<Connection[]> {
    for (const summary of summaries) {
      out.push(summary);
      // What is to be ordered must be there as a whole.
      if (compare === undefined && out.length >= BATCH) yield taken();
    }
  }
  function* last(isCut: boolean): Generator<Connection[]> {
    const dropped = isCut && clock === "records" ? folder.drop() : 0;
    if (dropped > 0) ledger.drop("interrupted", dropped);
    // Who stops in the midst of a window tells of it now, not when it would have ended.
    yield* given(folder.end(clock === "host" ? system.now() : undefined));
    yield taken();
  }
  try {
    for await (
      const batch of clock === "host" ? withTicks(batches, system, TICK_MS) : batches
    ) {
      for (const record of batch) folder.add(record);
      if (clock === "host") time = system.now();
      else if (batch.length > 0) time = Math.max(time, earliest(batch));
      yield* given(folder.advance(time - settleUs));
      if (out.length > 0) yield taken();
    }
    yield* last(signal.aborted);
  } catch (error) {
    yield* last(true);
    throw error;
  }
}
