/** One run of the collector `trace`: what is open at its start, and what happens until its end. */
import {
  type Batch,
  type CollectorContext,
  type ProbeResult,
  withWatermark,
} from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import { EXIT, ExitError } from "../../lib/exit.ts";
import { tableSize } from "../../lib/memory.ts";
import type { ProcFs } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";
import { collectorRow } from "../registry.ts";
import { NetNamespaces } from "../conntrack/owners/netns.ts";
import { ConnectionBytes } from "./bytes/connection_bytes.ts";
import { TraceAccount } from "./account.ts";
import type { TraceEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import { OwnConnection, ownPid } from "./own_connection.ts";
import type { ProcessTable } from "./processes.ts";
import { TraceRecords } from "./records.ts";
import { readSeeds } from "./seeds.ts";
import type { TraceSession } from "./session.ts";
import { TraceTables } from "./tables.ts";
import { ToldSeeds } from "./told_seeds.ts";

/** Records in a batch, at most. */
const BATCH = 1000;

/** Time between two readings while there is something to read, and the longest while there is not, milliseconds. */
const POLL_MS = 20;
const IDLE_MS = 250;

/** Events that are kept while what is open is looked at, about; the kernel keeps the others if it can. */
const MAX_EARLY = 200_000;

/** Time between two watermarks, microseconds. */
const MARK = 500_000;

/** Time between two looks at what is still open, after losses, microseconds. */
const RECONCILE_PAUSE = 10_000_000;

/** How old the knowledge of the host's addresses may be, microseconds. */
const ADDRESSES_AGE = 5_000_000;

/** What a run works with. */
export interface RunOptions {
  readonly system: System;
  readonly context: CollectorContext;
  readonly procfs: ProcFs;
  readonly processes: ProcessTable;
  readonly session: TraceSession;
}

/** What a trace that shows our own connection covers. */
export function coverageOf({ lacks }: Pick<TraceSession, "lacks">): ProbeResult {
  const reason = "the kernel's trace shows a connection of our own";
  const misses = [...collectorRow("trace")?.misses.split(", ") ?? [], ...lacks];
  return { usable: true, reason, misses, remedies: [] };
}

/** The run. */
export class TraceRun {
  readonly #system: System;
  readonly #context: CollectorContext;
  readonly #processes: ProcessTable;
  readonly #session: TraceSession;
  readonly #tables: TraceTables;
  readonly #records: TraceRecords;
  readonly #own: OwnConnection;
  readonly #seeds: ToldSeeds;
  readonly #bytes: ConnectionBytes | undefined;
  readonly #account: TraceAccount;
  /** How often the events of a CPU could not be read. */
  #blindTurns = 0;
  #reconciled = -Infinity;
  #marked = -Infinity;

  constructor({ system, context, procfs, processes, session }: RunOptions) {
    const { options, report } = context;
    const { host, trace } = options;
    this.#system = system;
    this.#context = context;
    this.#processes = processes;
    this.#session = session;
    this.#own = new OwnConnection(ownPid(system, options.procfs));
    this.#tables = new TraceTables(
      processes,
      trace.datagramTimeoutMs,
      trace.bytes === "all",
      options.tables,
    );
    this.#seeds = new ToldSeeds(this.#tables.tcp);
    const spaces = new NetNamespaces(system, procfs);
    this.#records = new TraceRecords(host, procfs.bootId() ?? "", (ip, netns) => {
      spaces.refresh(ADDRESSES_AGE);
      // Whoever may make a namespace gives it any address: others than its own do not count.
      return spaces.own.addresses.has(ip) ||
        spaces.having(ip).some(({ inode }) => inode === netns);
    });
    if (trace.bytes !== "none" && session.tellsDestruction) {
      const now = () => session.now() / 1000;
      const intervalMs = trace.byteIntervalMs;
      const { tables } = options;
      this.#bytes = new ConnectionBytes({ system, procfs, report, intervalMs, now, tables });
    }
    this.#account = new TraceAccount(system.now, context, {
      session,
      tables: this.#tables,
      processes,
      ...(this.#bytes !== undefined && { bytes: this.#bytes }),
    });
  }

  /**
   * Yields records until the signal aborts.
   *
   * @throws ExitError 69 when the trace does not show what this process does.
   */
  async *batches(): AsyncGenerator<Batch> {
    const { signal } = this.#context;
    const stop = new AbortController();
    const counting = this.#bytes?.run(AbortSignal.any([signal, stop.signal]));
    try {
      yield* this.#begin();
      yield* this.#goOn();
    } finally {
      stop.abort();
      await counting;
    }
  }

  async *#goOn(): AsyncGenerator<Batch> {
    const { signal } = this.#context;
    let pause = POLL_MS;
    while (!signal.aborted) {
      // While there is more, others get their turn and no more.
      await this.#system.sleep(this.#session.behind ? 0 : pause, signal);
      const happenings = this.#told(this.#apply(await this.#session.drain()));
      pause = happenings.length > 0 ? POLL_MS : Math.min(pause + POLL_MS / 4, IDLE_MS);
      yield* this.#batched(happenings);
      yield* this.#watermark();
      if (this.#tables.isBroken) yield* this.#reconcile();
    }
    // What has happened up to here is given out a little later.
    await this.#system.sleep(POLL_MS, new AbortController().signal);
    for await (const events of this.#session.finish()) {
      yield* this.#batched(this.#told(this.#apply(events)));
    }
    const last = this.#told([...this.#seeds.finish(), ...this.#tables.end()]);
    this.#account.end();
    yield* this.#batched(last);
  }

  /** What was open before, and what happened while that was being looked at. */
  async *#begin(): AsyncGenerator<Connection[]> {
    const { options, report, signal, coverage } = this.#context;
    await this.#own.make(() => this.#system.now(), signal);
    // What happens meanwhile is read, so that there is room for more; it is looked at afterwards.
    const events: TraceEvent[] = [];
    const mostEarly = tableSize(MAX_EARLY, options.tables);
    for (const _ of this.#processes.seed()) {
      await this.#system.sleep(0, signal);
      if (events.length < mostEarly) events.push(...await this.#session.drain());
    }
    const seeds = await readSeeds(this.#system, options, (level, message) => {
      if (level !== "notice") report(level, message);
    });
    const read = this.#session.now();
    for (const [reason, count] of Object.entries(seeds.dropped)) this.#account.lose(reason, count);
    this.#tables.tcp.seed(seeds.connections, this.#system.now());
    this.#tables.datagrams.seed(seeds.bound);
    const happenings = [...this.#own.others(this.#apply(events))];
    await this.#own.seek(this.#system.sleep, signal, async () => {
      happenings.push(...this.#own.others(this.#apply(await this.#session.drain())));
      return this.#session.horizon > read;
    });
    const problem = this.#own.problem(this.#session.lost);
    if (problem !== undefined && !signal.aborted) {
      throw new ExitError(EXIT.unavailable, `${problem.reason}: ${problem.remedy}`);
    }
    coverage({ name: "trace", ...coverageOf(this.#session) });
    this.#seeds.add(seeds.connections);
    yield* this.#batched(this.#told(happenings));
  }

  /** Ends what has ended while events were lost, once that is over for some time. */
  async *#reconcile(): AsyncGenerator<Connection[]> {
    const passed = this.#system.elapsed();
    if (passed - this.#reconciled < RECONCILE_PAUSE) return;
    const boot = this.#session.now();
    const time = this.#system.now();
    this.#reconciled = passed;
    const seen = await readSeeds(this.#system, this.#context.options, () => {});
    if (Object.keys(seen.dropped).length > 0) return;
    const ended = this.#tables.reconcile(seen, { time, boot });
    yield* this.#batched(this.#told(ended));
  }

  /** Says now and then how far the trace is read. */
  *#watermark(): Generator<Batch> {
    const passed = this.#system.elapsed();
    if (passed - this.#marked < MARK) return;
    this.#marked = passed;
    const unread = this.#session.now() - this.#session.horizon;
    yield withWatermark([], "trace", this.#system.now() - unread);
  }

  #apply(events: readonly TraceEvent[]): readonly Happening[] {
    const { lost, switchedOff, unreadable, horizon } = this.#session;
    for (const _ of unreadable) this.#blindTurns++;
    this.#tables.bytes = this.#bytes?.ends;
    const happenings = this.#tables.take(events, {
      horizon,
      // What happened while somebody had the trace off is missing too, and what a CPU tells that is not read.
      lost: lost + switchedOff + this.#blindTurns,
      now: this.#session.now(),
    });
    this.#account.update();
    return happenings;
  }

  /** What is ours is not told; what was open before is, in front of what happens to it. */
  #told(happenings: readonly Happening[]): readonly Happening[] {
    const others = this.#own.others(this.#seeds.before(happenings));
    return this.#bytes?.with(others) ?? others;
  }

  *#batched(happenings: readonly Happening[]): Generator<Connection[]> {
    for (let at = 0; at < happenings.length; at += BATCH) {
      const batch = happenings.slice(at, at + BATCH)
        .map((happening) => this.#records.record(happening));
      this.#context.counters.read += batch.length;
      yield batch;
    }
  }
}
