/** Writes what comes out of a pipeline, and sees to the outputs meanwhile. */
import type { Connection } from "../connection.ts";
import type { Reporter } from "../pipeline/reporter.ts";
import type { Batches } from "../pipeline/stage.ts";
import type { Sink } from "../sinks/sink.ts";
import type { System } from "../system.ts";
import type { Outputs } from "./outputs.ts";
import type { StopSignal } from "./stop_signal.ts";
import { keepUp } from "./upkeep.ts";

/** What takes part in the writing. */
export interface Draining {
  readonly system: System;
  readonly outputs: Outputs;
  /** Whether the source waits for the outputs. */
  readonly canWait: boolean;
  readonly stop: StopSignal;
}

/** Writes all batches, and the reports on that until it is over. */
export async function drain(
  batches: Batches,
  { system, outputs: { sinks }, canWait, stop }: Draining,
  reporter: Reporter | undefined,
): Promise<void> {
  const over = new AbortController();
  const reporting = reporter?.run(over.signal);
  const upkeep = keepUp(sinks, system, over.signal);
  let hasFailed = false;
  try {
    for await (const batch of batches) {
      for (const sink of sinks) sink.write(batch);
      if (!canWait && isWindowEnd(batch)) { for (const sink of sinks) sink.tick(); }
      if (sinks.some((sink) => sink.closed)) stop.abort();
      reporter?.wrote(batch);
      if (canWait) await room(sinks, stop.signal);
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    over.abort();
    await Promise.all([reporting, upkeep]);
    // Of a collector that could not start there is nothing to be told.
    if (!hasFailed || reporter?.hasBegun) reporter?.stats("end");
  }
}

/** Whether the records of a window have come to their end: the summaries come last, and together. */
function isWindowEnd(batch: readonly Connection[]): boolean {
  return batch.at(-1)?.event === "summary";
}

/** Resolves when the outputs take more, or the run is to end. */
async function room(sinks: readonly Sink[], signal: AbortSignal): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  for (const { busy } of sinks) {
    if (busy === undefined || signal.aborted) continue;
    const stop = () => resolve();
    signal.addEventListener("abort", stop);
    await Promise.race([busy, stopped]);
    signal.removeEventListener("abort", stop);
  }
}
