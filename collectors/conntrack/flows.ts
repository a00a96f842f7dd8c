/** From the events of a transport to records, in the order of the events. */
import { type Batch, type CollectorCounters, withWatermark } from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Drained } from "./drained.ts";
import type { FlowEvent } from "./flow.ts";
import type { FlowOwner } from "./owners.ts";
import type { FlowRecords } from "./records.ts";

/** Records in a batch, at most. */
const BATCH = 1000;

/** Events that are read ahead of the reader of the records, unless another number is asked for. */
export const READ_AHEAD = 32_768;

/** The kernel's table of flows, as it was read at some time, or a part of it. */
export interface FlowTable {
  readonly dump: readonly FlowEvent[];
  /** When the reading began, microseconds since the epoch: the same for all parts. */
  readonly began: number;
  /** Set where another part follows, or nothing, when the rest could not be read. */
  readonly isPart?: true;
}

/** Finds the owners of flows: `FlowOwners`. */
export interface Attributor {
  attribute(flows: readonly FlowEvent[]): Promise<FlowOwner[]>;
}

/** What the records are made with. */
export interface FlowWorkshop {
  readonly owners: Attributor;
  readonly records: FlowRecords;
  readonly counters: CollectorCounters;
  /** Microseconds since the epoch. */
  readonly now: () => number;
  /** Events that are read ahead of the reader of the records, about. */
  readonly readAhead?: number;
  /** Follows up to which time all events were read; absent: no batch has a watermark. */
  readonly drained?: Pick<Drained, "after">;
}

/** Events with their owners to come. */
interface Job {
  readonly flows: readonly FlowEvent[];
  readonly arrival: number;
  /** Up to which time all events were read, with these; absent where nobody asks. */
  readonly drained?: number;
  /** What the events are of, if they are entries of a table. */
  readonly table: FlowTable | undefined;
  /** Of those that need one, in their order. */
  readonly owners: Promise<readonly FlowOwner[]>;
}

function needsOwner({ event }: FlowEvent): boolean {
  return event === "new" || event === "dump";
}

/** Jobs in their order; whoever adds one waits while there are too many events in them. */
class Jobs {
  readonly #jobs: Job[] = [];
  #events = 0;
  #isClosed = false;
  readonly #waiting: (() => void)[] = [];

  /** @param most Events that may wait. */
  constructor(readonly most: number) {}

  async add(job: Job): Promise<void> {
    this.#jobs.push(job);
    this.#events += job.flows.length;
    this.#wake();
    while (this.#events > this.most && !this.#isClosed) await this.#change();
  }

  /** Undefined when there is none and will be none. */
  async take(): Promise<Job | undefined> {
    while (this.#jobs.length === 0 && !this.#isClosed) await this.#change();
    const job = this.#jobs.shift();
    this.#events -= job?.flows.length ?? 0;
    this.#wake();
    return job;
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/**
 * Makes records of events. The owners of a batch are looked for as soon as it is there, whether or not
 * the records before it were taken: sockets do not wait.
 *
 * The last batch of what was read has a watermark, also if no record came of it.
 *
 * What the events say again of a flow that is known makes no record. A table that is read also closes the
 * flows that are not in it any more. Of its entries, only those that are new are kept for a while.
 *
 * @param open Begins to read events; its signal aborts when the given one does, and when the records are
 * not wanted any more.
 */
export async function* flowRecords(
  open: (signal: AbortSignal) => AsyncIterable<readonly FlowEvent[] | FlowTable>,
  { owners, records, counters, now, readAhead = READ_AHEAD, drained }: FlowWorkshop,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const stop = new AbortController();
  const jobs = new Jobs(readAhead);
  async function read(): Promise<void> {
    try {
      for await (const read of open(AbortSignal.any([signal, stop.signal]))) {
        const arrival = now();
        const table = "dump" in read ? read : undefined;
        if (table !== undefined) records.expectTable(table.began);
        const flows = "dump" in read
          ? read.dump.filter((entry) => !records.notice(entry, read.began))
          : read;
        const owned = owners.attribute(flows.filter(needsOwner));
        // It is awaited later: until then, a failure is not an unhandled one.
        owned.catch(() => {});
        const job = { flows, arrival, table, owners: owned };
        await jobs.add(drained === undefined ? job : { ...job, drained: drained.after(read) });
      }
    } finally {
      jobs.close();
    }
  }
  const reading = read();
  reading.catch(() => {});
  try {
    for (let job = await jobs.take(); job !== undefined; job = await jobs.take()) {
      const found = await job.owners;
      let next = 0;
      let batch: Connection[] = [];
      for (const flow of job.flows) {
        const owner = needsOwner(flow) ? found[next++] : undefined;
        const record = records.make(flow, owner, job.arrival, job.table?.began);
        if (record === undefined) continue;
        counters.read++;
        batch.push(record);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (job.table !== undefined && !job.table.isPart) records.reconcile(job.table.began, now());
      for (const record of records.overdue(now())) {
        counters.read++;
        batch.push(record);
      }
      if (job.drained !== undefined) yield withWatermark(batch, "conntrack", job.drained);
      else if (batch.length > 0) yield batch;
    }
    await reading;
  } finally {
    stop.abort();
    jobs.close();
    await Promise.allSettled([reading]);
  }
}
