/** Whether all logs that are read could be read to their end. */
import { EXIT, ExitError } from "../exit.ts";
import type { Batches, Ledger } from "../pipeline/stage.ts";

/**
 * Gives batches as long as all logs can be read.
 *
 * @throws ExitError 75 when one cannot.
 */
export async function* whole(batches: Batches, ledger: Ledger): Batches {
  for await (const batch of batches) {
    checkWhole(ledger);
    yield batch;
  }
  checkWhole(ledger);
}

function checkWhole(ledger: Ledger): void {
  if (unreadableLogs(ledger) === 0) return;
  throw new ExitError(
    EXIT.temporary,
    "not all logs could be read: the next run with --since-last begins where this one has begun",
  );
}

/** Logs that could not be read to their end. */
export function unreadableLogs({ degraded }: Ledger): number {
  return degraded.get("unreadable_logs") ?? 0;
}
