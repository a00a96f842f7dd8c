/** From the events of a transport to records, in the order of the events. */
import type { CollectorCounters } from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import type { FlowEvent } from "./flow.ts";
import type { FlowOwner } from "./owners.ts";
import type { FlowRecords } from "./records.ts";

/** Records in a batch, at most. */
const BATCH = 1000;

/** Events that are read ahead of the reader of the records. */
const READ_AHEAD = 32_768;

/** The kernel's table of flows, as it was read at some time. */
export interface FlowTable {
  readonly dump: readonly FlowEvent[];
  /** When the reading began, microseconds since the epoch. */
  readonly began: number;
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
}

/** Events with their owners to come. */
interface Job {
  readonly flows: readonly FlowEvent[];
  readonly arrival: number;
  /** When the reading began, if the events are the whole table. */
  readonly began: number | undefined;
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

  async add(job: Job): Promise<void> {
    this.#jobs.push(job);
    this.#events += job.flows.length;
    this.#wake();
    while (this.#events > READ_AHEAD && !this.#isClosed) await this.#change();
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
 * What the events say again of a flow that is known makes no record. A table that is read also closes the
 * flows that are not in it any more.
 *
 * @param open Begins to read events; its signal aborts when the given one does, and when the records are
 * not wanted any more.
 */
export async function* flowRecords(
  open: (signal: AbortSignal) => AsyncIterable<readonly FlowEvent[] | FlowTable>,
  { owners, records, counters, now }: FlowWorkshop,
  signal: AbortSignal,
): AsyncGenerator<Connection[]> {
  const stop = new AbortController();
  const jobs = new Jobs();
  async function read(): Promise<void> {
    try {
      for await (const read of open(AbortSignal.any([signal, stop.signal]))) {
        const arrival = now();
        const [flows, began] = "dump" in read ? [read.dump, read.began] : [read, undefined];
        const owned = owners.attribute(flows.filter(needsOwner));
        // It is awaited later: until then, a failure is not an unhandled one.
        owned.catch(() => {});
        await jobs.add({ flows, arrival, began, owners: owned });
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
        const record = records.make(flow, owner, job.arrival);
        if (record === undefined) continue;
        counters.read++;
        batch.push(record);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (job.began !== undefined) records.reconcile(job.flows, job.began, now());
      for (const record of records.overdue(now())) {
        counters.read++;
        batch.push(record);
      }
      if (batch.length > 0) yield batch;
    }
    await reading;
  } finally {
    stop.abort();
    jobs.close();
    await Promise.allSettled([reading]);
  }
}
