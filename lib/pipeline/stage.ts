/**
 * What flows is batches: one `await` a batch, plain loops inside. A stage takes batches and gives
 * batches, and keeps the law of conservation in the {@linkcode Ledger}:
 * `read = emitted + folded + filtered + dropped`.
 */
import type { Batch, CollectorCounters } from "../collector.ts";
import type { RecordCounts } from "../report.ts";

/** Batches of records under way. */
export type Batches = AsyncIterable<Batch>;

/** A function from batches to batches. */
export type Stage = (batches: Batches) => Batches;

/**
 * Where every record of a connection went. Reports on the run (`lib/report.ts`) are no connections: they
 * count neither as read nor as emitted.
 */
export class Ledger {
  /** Records and malformed rows that the collector read. */
  read = 0;
  /** Records that were written whole. */
  emitted = 0;
  /** Records that live on inside a summary. */
  folded = 0;
  /** Records that the user asked not to see. */
  filtered = 0;
  /** Records that were lost, by reason. */
  readonly dropped = new Map<string, number>();
  /** Records that say less than they could, by reason. They stand in the other counts too. */
  readonly degraded = new Map<string, number>();

  /** Counts `count` lost records. */
  drop(reason: string, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  /** Counts what a collector has counted since it was asked last. */
  collected({ read, folded = 0, dropped, degraded }: Readonly<CollectorCounters>): void {
    this.read += read;
    this.folded += folded;
    for (const [reason, count] of Object.entries(dropped)) this.drop(reason, count);
    for (const [reason, count] of Object.entries(degraded)) {
      this.degraded.set(reason, (this.degraded.get(reason) ?? 0) + count);
    }
  }

  /** Sum of {@linkcode dropped}. */
  get droppedTotal(): number {
    let total = 0;
    for (const count of this.dropped.values()) total += count;
    return total;
  }

  /** `read - (emitted + folded + filtered + dropped)`: 0 when nothing is under way. */
  get balance(): number {
    return this.read - this.emitted - this.folded - this.filtered - this.droppedTotal;
  }

  /** What it says at this moment. */
  counts(): RecordCounts {
    const { read, emitted, folded, filtered } = this;
    const dropped = Object.fromEntries(this.dropped);
    const degraded = Object.fromEntries(this.degraded);
    return { read, emitted, folded, filtered, dropped, degraded };
  }

  /** One line for people: `read 5, emitted 3, filtered 1, dropped 1 (malformed 1), degraded 2 (no_bytes 2)`. */
  toString(): string {
    const parts = [`read ${this.read}`, `emitted ${this.emitted}`];
    if (this.folded > 0) parts.push(`folded ${this.folded}`);
    parts.push(`filtered ${this.filtered}`);
    parts.push(`dropped ${inWords(this.dropped)}`);
    if (this.degraded.size > 0) parts.push(`degraded ${inWords(this.degraded)}`);
    return parts.join(", ");
  }
}

/** `3 (malformed 1, overrun 2)`. */
function inWords(counts: ReadonlyMap<string, number>): string {
  let total = 0;
  for (const count of counts.values()) total += count;
  const reasons = [...counts].map(([reason, count]) => `${reason} ${count}`);
  return reasons.length > 0 ? `${total} (${reasons.join(", ")})` : `${total}`;
}
