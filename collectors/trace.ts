/**
 * The collector `trace`: the kernel's own tracepoints, read from a private tracefs instance. It sees every
 * TCP connection and every datagram that is sent, in the context of the process that does it.
 */
import type {
  Collector,
  CollectorContext,
  CollectorOptions,
  ProbeResult,
} from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { ProcFs } from "../lib/procfs/procfs.ts";
import type { System } from "../lib/system.ts";
import { ByteCounts } from "./trace/bytes/byte_counts.ts";
import { TcpBytes } from "./trace/bytes/tcp_bytes.ts";
import { NetNamespaces } from "./conntrack/owners/netns.ts";
import type { Happening } from "./trace/happening.ts";
import { OwnConnection } from "./trace/own_connection.ts";
import { ProcessTable } from "./trace/processes.ts";
import { TraceRecords } from "./trace/records.ts";
import { readSeeds } from "./trace/seeds.ts";
import { TraceSession } from "./trace/session.ts";
import { TraceTables } from "./trace/tables.ts";
import { findTracefs, mountTracefs } from "./trace/tracefs.ts";

/** Records in a batch, at most. */
const BATCH = 1000;

/** Time between two readings while there is something to read, and the longest while there is not, milliseconds. */
const POLL_MS = 20;
const IDLE_MS = 100;

/** How long the trace may take to show a connection of our own, milliseconds. */
const CHECK_MS = 2000;

/** Room for the events of a probe, bytes. */
const PROBE_BUFFER = 1_048_576;

/** Time between two warnings of losses, microseconds. */
const LOSS_PAUSE = 10_000_000;

/** How old the knowledge of the host's addresses may be, microseconds. */
const ADDRESSES_AGE = 5_000_000;

const BLIND = "the kernel's trace does not show a connection of our own";
const BLIND_REMEDY =
  "see whether another tracer or a security module interferes, or use another collector";

const FOREIGN = "the kernel's trace has other process ids than the proc file system";
const FOREIGN_REMEDY =
  "run in the first pid namespace, name its proc file system with --procfs, or use another collector";

/** Reads the trace. */
export class TraceCollector implements Collector {
  readonly name = "trace";
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  async probe(options: CollectorOptions): Promise<ProbeResult> {
    try {
      const tracefs = await this.#tracefs(options);
      await using session = await TraceSession.open(this.#system, {
        tracefs,
        bufferBytes: PROBE_BUFFER,
      });
      const own = new OwnConnection(ownPid(this.#system, options.procfs));
      const limit = AbortSignal.timeout(CHECK_MS);
      const isMade = await own.make(limit);
      const procfs = new ProcFs(this.#system, options.procfs, () => {});
      const tables = new TraceTables(
        new ProcessTable(procfs, this.#system, options.host.id),
        options.trace.datagramTimeoutMs,
      );
      while (isMade && !own.seen && !limit.aborted) {
        own.others(tables.take(await session.drain(), session.horizon, session.lost));
        await this.#system.sleep(POLL_MS, limit);
      }
      if (isMade && !own.seen) return unusable(BLIND, BLIND_REMEDY);
      return own.seen && !own.isOurs ? unusable(FOREIGN, FOREIGN_REMEDY) : covered(session);
    } catch (error) {
      if (error instanceof TracefsError) return unusable(error.reason, error.remedy);
      const reason = error instanceof Error ? error.message : String(error);
      return { usable: false, reason, misses: [], remedies: [] };
    }
  }

  async *connections(context: CollectorContext): AsyncGenerator<Connection[]> {
    const { options, report } = context;
    const tracefs = await this.#tracefs(options);
    const procfs = new ProcFs(this.#system, options.procfs, ({ message }) => {
      report("warning", message);
    });
    const processes = new ProcessTable(procfs, this.#system, options.host.id);
    await using session = await TraceSession.open(this.#system, {
      tracefs,
      bufferBytes: options.trace.bufferBytes,
      exec: {
        procfs: options.procfs,
        hostId: options.host.id,
        onReading: (pid, reading) => processes.executed(pid, reading),
        onSkipped: (count) => report("debug", `${count} processes started too fast to be read`),
        onError: (reason) => {
          report("warning", `programs are not seen as they start any more: ${reason}`);
        },
      },
    });
    for (const note of session.notes) report("warning", note);
    yield* new Run(this.#system, context, procfs, processes, session).batches();
  }

  /**
   * Where the trace is.
   *
   * @throws TracefsError when it cannot be used, ExitError when it cannot be mounted.
   */
  async #tracefs({ trace }: CollectorOptions): Promise<string> {
    let found = findTracefs(this.#system);
    if (found.path === undefined && found.problem === "unmounted" && trace.mountTracefs) {
      await mountTracefs(this.#system);
      found = findTracefs(this.#system);
    }
    if (found.path === undefined) throw new TracefsError(found.reason, found.remedy);
    return found.path;
  }
}

/** The trace cannot be read here. */
class TracefsError extends ExitError {
  constructor(readonly reason: string, readonly remedy: string) {
    super(EXIT.unavailable, `${reason}: ${remedy}`);
  }
}

/** Id of this process in the pid namespace of the proc file system; NaN where it is not in that. */
function ownPid(system: Pick<System, "readLink">, procfs: string): number {
  try {
    return Number(system.readLink(`${procfs}/self`));
  } catch {
    return NaN;
  }
}

function unusable(reason: string, remedy: string): ProbeResult {
  return { usable: false, reason, misses: [], remedies: [remedy] };
}

function covered(session: TraceSession): ProbeResult {
  return {
    usable: true,
    reason: "the kernel's trace shows a connection of our own",
    misses: [...session.lacks],
    remedies: [],
  };
}

/** One run, from what is open at its start to what happens at its end. */
class Run {
  readonly #system: System;
  readonly #context: CollectorContext;
  readonly #procfs: ProcFs;
  readonly #processes: ProcessTable;
  readonly #session: TraceSession;
  readonly #tables: TraceTables;
  readonly #records: TraceRecords;
  readonly #own: OwnConnection;
  #lost = 0;
  #malformed = 0;
  /** Losses that were not said yet, and when some were said last. */
  #unsaid = 0;
  #said = -Infinity;

  constructor(
    system: System,
    context: CollectorContext,
    procfs: ProcFs,
    processes: ProcessTable,
    session: TraceSession,
  ) {
    const { host, trace } = context.options;
    this.#own = new OwnConnection(ownPid(system, context.options.procfs));
    this.#system = system;
    this.#context = context;
    this.#procfs = procfs;
    this.#processes = processes;
    this.#session = session;
    this.#tables = new TraceTables(processes, trace.datagramTimeoutMs);
    const spaces = new NetNamespaces(system, procfs);
    this.#records = new TraceRecords(host, procfs.bootId() ?? "", (ip) => {
      spaces.refresh(ADDRESSES_AGE);
      return spaces.own.addresses.has(ip) || spaces.having(ip).length > 0;
    });
  }

  async *batches(): AsyncGenerator<Connection[]> {
    const { signal, coverage } = this.#context;
    const isMade = await this.#own.make(signal);
    yield* this.#begin();
    if (isMade && !this.#own.seen && !signal.aborted) {
      throw new ExitError(EXIT.unavailable, `${BLIND}: ${BLIND_REMEDY}`);
    }
    if (this.#own.seen && !this.#own.isOurs) {
      throw new ExitError(EXIT.unavailable, `${FOREIGN}: ${FOREIGN_REMEDY}`);
    }
    coverage({ name: "trace", ...covered(this.#session) });
    this.#own.forget();
    const counting = this.#countBytes();
    let pause = POLL_MS;
    while (!signal.aborted) {
      // While there is more, others get their turn and no more.
      await this.#system.sleep(this.#session.behind ? 0 : pause, signal);
      const happenings = await this.#take();
      pause = happenings.length > 0 ? POLL_MS : Math.min(pause + POLL_MS / 4, IDLE_MS);
      yield* this.#batched(happenings);
    }
    await counting;
    yield* this.#batched([...await this.#take(), ...this.#tables.end()]);
  }

  /** Resolves at the end of the run, when all that it has started is gone. */
  async #countBytes(): Promise<void> {
    const { options, signal, report } = this.#context;
    if (!options.trace.bytes) return;
    const bytes = new TcpBytes();
    const counts = new ByteCounts({
      system: this.#system,
      procfs: this.#procfs,
      onLine: (totals) => bytes.line(totals, this.#session.now() / 1000),
      report,
    });
    this.#tables.bytes = bytes;
    await counts.run(signal);
    // Nothing will come any more: it is the end, or there is no ss.
    if (!signal.aborted) this.#tables.bytes = undefined;
  }

  /** What was open before, and what happened while that was being looked at. */
  async *#begin(): AsyncGenerator<Connection[]> {
    const { options, report, signal } = this.#context;
    for (const _ of this.#processes.seed()) await this.#system.sleep(0, signal);
    const seeds = await readSeeds(this.#system, options, (level, message) => {
      if (level !== "notice") report(level, message);
    });
    const read = this.#session.now();
    for (const [reason, count] of Object.entries(seeds.dropped)) this.#drop(reason, count);
    this.#tables.tcp.seed(seeds.connections);
    this.#tables.datagrams.seed(seeds.bound);
    const happenings: Happening[] = [];
    const end = this.#system.now() + CHECK_MS * 1000;
    while (!signal.aborted && this.#system.now() < end) {
      happenings.push(...await this.#take());
      if (this.#session.horizon > read && this.#own.seen) break;
      await this.#system.sleep(POLL_MS / 4, signal);
    }
    const before = seeds.connections.filter(({ key }) => !this.#tables.tcp.sawBeginning(key));
    yield* this.#batched([...this.#own.others(before), ...happenings]);
  }

  async #take(): Promise<readonly Happening[]> {
    const events = await this.#session.drain();
    const { lost, horizon, malformed } = this.#session;
    this.#drop("malformed", malformed - this.#malformed);
    this.#malformed = malformed;
    this.#sayLost(lost);
    const happenings = this.#tables.take(events, horizon, lost);
    const late = this.#tables.bytes?.done(this.#session.now() / 1000) ?? [];
    return this.#own.others(late.length > 0 ? [...late, ...happenings] : happenings);
  }

  *#batched(happenings: readonly Happening[]): Generator<Connection[]> {
    for (let at = 0; at < happenings.length; at += BATCH) {
      const batch = happenings.slice(at, at + BATCH)
        .map((happening) => this.#records.record(happening));
      this.#context.counters.read += batch.length;
      yield batch;
    }
  }

  /** Says what the kernel had no room for: at once, and then every ten seconds at most. */
  #sayLost(lost: number): void {
    this.#drop("overrun", lost - this.#lost);
    this.#unsaid += lost - this.#lost;
    this.#lost = lost;
    const now = this.#system.now();
    if (this.#unsaid === 0 || Math.abs(now - this.#said) < LOSS_PAUSE) return;
    this.#context.report(
      "warning",
      `the kernel had no room for ${this.#unsaid} events: give it more with --buffer`,
    );
    this.#unsaid = 0;
    this.#said = now;
  }

  #drop(reason: string, count: number): void {
    if (count === 0) return;
    const { counters } = this.#context;
    counters.read += count;
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + count;
  }
}
