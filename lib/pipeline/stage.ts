/**
 * What flows is batches: one `await` a batch, plain loops inside. A stage takes batches and gives
 * batches, and keeps the law of conservation in the {@linkcode Ledger}:
 * `read = emitted + folded + filtered + dropped`.
 */
import type { Connection } from "../connection.ts";
import type { RecordCounts } from "../report.ts";

/** Batches of records under way. */
export type Batches = AsyncIterable<Connection[]>;

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

  /** Counts `count` lost records. */
  drop(reason: string, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
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
    return { read, emitted, folded, filtered, dropped: Object.fromEntries(this.dropped) };
  }

  /** One line for people: `read 5, emitted 3, filtered 1, dropped 1 (malformed 1)`. */
  toString(): string {
    const parts = [`read ${this.read}`, `emitted ${this.emitted}`];
    if (this.folded > 0) parts.push(`folded ${this.folded}`);
    parts.push(`filtered ${this.filtered}`);
    const reasons = [...this.dropped].map(([reason, count]) => `${reason} ${count}`);
    parts.push(`dropped ${this.droppedTotal}${reasons.length ? ` (${reasons.join(", ")})` : ""}`);
    return parts.join(", ");
  }
}
