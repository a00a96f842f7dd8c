/** The stage that folds connections into summaries. */
import type { Connection } from "../connection.ts";
import type { System } from "../system.ts";
import { Folder, type FoldOptions } from "./fold/folder.ts";
import type { Batches, Ledger } from "./stage.ts";
import { withTicks } from "./ticks.ts";

/** How often it is looked whether a window has ended, milliseconds. */
const TICK_MS = 250;

/** How a stream is folded. */
export interface FoldStageOptions extends FoldOptions {
  /** How late a record may come, microseconds: so long after its end a window is given out. */
  readonly settleUs: number;
  /** Orders the summaries of a window; without it, in the order of their first records. */
  readonly compare?: (a: Connection, b: Connection) => number;
}

/**
 * Folds a stream. What is folded counts as such, except for the records that the summaries themselves are.
 *
 * @param clock What time it is: that of the host for what happens now, else the latest of the records.
 */
export async function* fold(
  batches: Batches,
  system: Pick<System, "now" | "sleep">,
  ledger: Ledger,
  options: FoldStageOptions,
  clock: "host" | "records",
): Batches {
  let out: Connection[] = [];
  const folder = new Folder(options, (record) => out.push(record));
  let counted = 0;
  let latest = -Infinity;
  function taken(): Connection[] {
    const batch = options.compare === undefined ? out : out.toSorted(options.compare);
    out = [];
    ledger.folded += folder.folded - counted;
    counted = folder.folded;
    return batch;
  }
  const source = clock === "host" ? withTicks(batches, system, TICK_MS) : batches;
  try {
    for await (const batch of source) {
      for (const record of batch) {
        if (record.time > latest) latest = record.time;
        folder.add(record);
      }
      folder.advance((clock === "host" ? system.now() : latest) - options.settleUs);
      if (out.length > 0) yield taken();
    }
    folder.end();
    yield taken();
  } catch (error) {
    folder.end();
    yield taken();
    throw error;
  } finally {
    if (folder.overflowed > 0) ledger.degraded.set("other_key", folder.overflowed);
    if (folder.forgotten > 0) ledger.degraded.set("counted_anew", folder.forgotten);
  }
}
