/**
 * The collector `trace`: the kernel's own tracepoints, read from a private tracefs instance. It sees every
 * TCP connection and every datagram that is sent, in the context of the process that does it.
 */
import type {
  Batch,
  Collector,
  CollectorContext,
  CollectorOptions,
  ProbeResult,
} from "../lib/collector.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { ProcFs } from "../lib/procfs/procfs.ts";
import { tableSize } from "../lib/memory.ts";
import type { System } from "../lib/system.ts";
import { OwnConnection, ownPid } from "./trace/own_connection.ts";
import { ProcessTable } from "./trace/processes.ts";
import { coverageOf, TraceRun } from "./trace/run.ts";
import { TraceSession } from "./trace/session.ts";
import { TraceTables } from "./trace/tables.ts";
import { findTracefs, mountTracefs, type TracefsTrouble } from "./trace/tracefs.ts";

/** How long a probe may take to connect to itself, milliseconds. */
const MAKING_MS = 2000;

/** Pages that are read at once where memory is bounded: what comes of them is there at the same time. */
const PAGES = 64;

/** Threads that are known at a time. */
const MAX_THREADS = 65_536;

/** Room for the events of a probe, bytes. */
const PROBE_BUFFER = 1_048_576;

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
      const { signal } = new AbortController();
      await own.make(() => this.#system.now(), AbortSignal.timeout(MAKING_MS));
      const procfs = new ProcFs(this.#system, options.procfs, () => {});
      const tables = new TraceTables(
        new ProcessTable(procfs, this.#system, options.host.id),
        options.trace.datagramTimeoutMs,
      );
      await own.seek(this.#system.sleep, signal, async () => {
        const events = await session.drain();
        const { horizon, lost } = session;
        own.others(tables.take(events, { horizon, lost, now: session.now() }));
        return true;
      });
      const problem = own.problem(session.lost);
      return problem === undefined ? coverageOf(session) : unusable(problem.reason, problem.remedy);
    } catch (error) {
      if (error instanceof TracefsError) return unusable(error.reason, error.remedy);
      const reason = error instanceof Error ? error.message : String(error);
      return { usable: false, reason, misses: [], remedies: [] };
    }
  }

  async *connections(context: CollectorContext): AsyncGenerator<Batch> {
    const { options, report } = context;
    const tracefs = await this.#tracefs(options);
    const procfs = new ProcFs(this.#system, options.procfs, ({ message }) => {
      report("warning", message);
    });
    const limit = tableSize(MAX_THREADS, options.tables);
    const processes = new ProcessTable(procfs, this.#system, options.host.id, { limit });
    await using session = await TraceSession.open(this.#system, {
      tracefs,
      bufferBytes: options.trace.bufferBytes,
      sizes: options.trace.bytes === "all",
      ...(options.tables !== undefined && { pages: PAGES }),
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
    for (const note of session.notes) report("notice", note);
    const run = new TraceRun({ system: this.#system, context, procfs, processes, session });
    yield* run.batches();
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
    if (found.path === undefined) throw new TracefsError(found);
    return found.path;
  }
}

/** The trace cannot be read here. */
class TracefsError extends ExitError {
  readonly reason: string;
  readonly remedy: string;

  constructor({ problem, reason, remedy }: TracefsTrouble) {
    super(problem === "denied" ? EXIT.permission : EXIT.unavailable, `${reason}: ${remedy}`);
    this.reason = reason;
    this.remedy = remedy;
  }
}

function unusable(reason: string, remedy: string): ProbeResult {
  return { usable: false, reason, misses: [], remedies: [remedy] };
}
