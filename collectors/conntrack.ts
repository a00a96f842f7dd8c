/**
 * The collector `conntrack`: the kernel's flow events (nf_conntrack), each tied to its process by the
 * socket tables at the moment of its beginning.
 */
import {
  type Batch,
  type Collector,
  type CollectorContext,
  type CollectorOptions,
  type ProbeResult,
  withWatermark,
} from "../lib/collector.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { DENIED_INODE, ProcFs } from "../lib/procfs/procfs.ts";
import { tableSize } from "../lib/memory.ts";
import type { System } from "../lib/system.ts";
import { activateTracking, type Activation } from "./conntrack/activation.ts";
import { ConntrackChild } from "./conntrack/child.ts";
import { Drained } from "./conntrack/drained.ts";
import type { EventSocketFiles } from "./conntrack/event_socket.ts";
import type { FlowEvent } from "./conntrack/flow.ts";
import { flowRecords, type FlowTable, READ_AHEAD } from "./conntrack/flows.ts";
import { followFlows } from "./conntrack/follow.ts";
import { NetlinkTransport } from "./conntrack/netlink/transport.ts";
import { FlowOwners } from "./conntrack/owners.ts";
import { CAPACITY, FlowRecords } from "./conntrack/records.ts";
import { TrackingCheck, type TrackingFinding } from "./conntrack/tracking.ts";
import type { FlowTransport } from "./conntrack/transport.ts";
import { ProcCollector } from "./proc.ts";
import { CONNTRACK_PATHS, NFT_PATHS } from "./registry.ts";

/** How long records are held back so that the log begins with what it covers, milliseconds. */
const COVERAGE_MS = 1000;

/** How often, and how long apart, a transport is asked whether it listens before tracking is checked. */
const LISTEN_TRIES = 20;
const LISTEN_MS = 50;

/** Follows connection tracking. */
export class ConntrackCollector implements Collector {
  readonly name = "conntrack";
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  async probe(options: CollectorOptions): Promise<ProbeResult> {
    const procfs = new ProcFs(this.#system, options.procfs, () => {});
    const transport = this.#transport(options, procfs, () => {});
    try {
      await transport.dump();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { usable: false, reason, misses: [], remedies: [] };
    }
    const finding = await this.#check(procfs, false).run(AbortSignal.timeout(5000));
    return coverageOf(finding);
  }

  async *connections(context: CollectorContext): AsyncGenerator<Batch> {
    const { options, signal } = context;
    const procfs = new ProcFs(this.#system, options.procfs, ({ message }) => {
      context.report("warning", message);
    });
    await using _activation = await this.#activate(context, procfs);
    const blind = yield* this.#flows(context, procfs);
    if (blind === undefined || signal.aborted) return;
    const remedies = blind.remedies.join("; ");
    if (options.conntrack.strict) {
      throw new ExitError(EXIT.unavailable, `${blind.reason}: ${remedies}`);
    }
    context.report("warning", `${blind.reason}, so the collector proc goes on: ${remedies}`);
    yield withWatermark([], this.name, Infinity);
    yield* new ProcCollector(this.#system).connections(context);
  }

  /** Yields records until the signal aborts; returns early why nothing can be seen, if so. */
  async *#flows(
    context: CollectorContext,
    procfs: ProcFs,
  ): AsyncGenerator<Batch, TrackingFinding | undefined> {
    const { options, signal, counters, report } = context;
    const owners = new FlowOwners(this.#system, procfs, options.host.id, signal, options.tables);
    const records = new FlowRecords(
      options.host,
      procfs.bootId() ?? "",
      (flow, reason) => owners.place(flow, reason),
      tableSize(CAPACITY, options.tables),
    );
    const transport = this.#transport(options, procfs, report);
    const readAhead = tableSize(READ_AHEAD, options.tables);
    const { now } = this.#system;
    const workshop = {
      owners,
      records,
      counters,
      now,
      readAhead,
      ...(!options.once && { drained: new Drained(transport, now) }),
    };
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const covered = new AbortController();
    const check = this.#check(procfs, !options.once);
    const ready = options.once ? Promise.resolve() : this.#listening(transport, signal);
    const finding = ready.then(() => check.run(signal)).then((found) => {
      if (isBlind(found)) stop.abort();
      else for (const miss of found.misses) report("notice", `misses ${miss}`);
      if (!signal.aborted) context.coverage({ name: this.name, ...coverageOf(found) });
      covered.abort();
      return found;
    });
    const known = this.#system.sleep(COVERAGE_MS, AbortSignal.any([signal, covered.signal]));
    const source = options.once
      ? table(transport, this.#system)
      : this.#followed(transport, context);
    const open = (signal: AbortSignal) =>
      tapped(source(signal), (read) => {
        if (!("dump" in read)) check.see(read);
        addDropped(counters, transport.dropped);
      });
    for await (const batch of flowRecords(open, workshop, either)) {
      // Events are read and attributed meanwhile.
      await known;
      if (records.evicted > 0) counters.degraded["table_full"] = records.evicted;
      yield batch;
    }
    addDropped(counters, transport.dropped);
    const found = await finding;
    return isBlind(found) ? found : undefined;
  }

  #followed(
    transport: FlowTransport,
    { counters, report }: CollectorContext,
  ): (signal: AbortSignal) => AsyncIterable<readonly FlowEvent[] | FlowTable> {
    const onLost = (count: number) => {
      counters.read += count;
      counters.dropped["overrun"] = (counters.dropped["overrun"] ?? 0) + count;
      report(
        "warning",
        `the kernel dropped ${count} flow events: give it more room with --netlink`,
      );
    };
    const onFailure = (message: string) => report("warning", message);
    return (signal) => followFlows(transport, { system: this.#system, onLost, onFailure }, signal);
  }

  /** Waits for the transport to listen: else it would miss the event of a connection of our own. */
  async #listening(transport: FlowTransport, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < LISTEN_TRIES && !signal.aborted; i++) {
      await this.#system.sleep(LISTEN_MS, signal);
      if (transport.listening !== false) return;
    }
  }

  #transport(
    { conntrack }: CollectorOptions,
    procfs: ProcFs,
    report: CollectorContext["report"],
  ): FlowTransport {
    if (conntrack.netlink) {
      return new NetlinkTransport({
        buffer: conntrack.bufferBytes,
        updates: conntrack.updates,
        now: this.#system.now,
        readNetlinkTable: () => bytesOf(procfs.netTable("self", "netlink")),
      });
    }
    return new ConntrackChild({
      system: this.#system,
      programs: conntrack.program === undefined ? CONNTRACK_PATHS : [conntrack.program],
      updates: conntrack.updates,
      report,
      files: socketFiles(procfs),
    });
  }

  #check(procfs: ProcFs, watched: boolean): TrackingCheck {
    const sysctl = (name: string) => procfs.sysctl(`net/netfilter/${name}`);
    return new TrackingCheck({ system: this.#system, sysctl, watched });
  }

  async #activate(
    { options, report }: CollectorContext,
    procfs: ProcFs,
  ): Promise<Activation | undefined> {
    if (!options.conntrack.activate) return undefined;
    return await activateTracking({
      system: this.#system,
      programs: NFT_PATHS,
      pid: Deno.pid,
      alive: (pid) => procfs.stat(pid) !== "gone",
      report,
    });
  }
}

function isBlind({ state }: TrackingFinding): boolean {
  return state === "inactive" || state === "module-missing" || state === "events-off";
}

function coverageOf(finding: TrackingFinding): ProbeResult {
  const misses = isBlind(finding)
    ? []
    : ["connections that no rule lets through, and those of other network namespaces"];
  return {
    usable: !isBlind(finding),
    reason: finding.reason,
    misses: [...misses, ...finding.misses],
    remedies: finding.remedies,
  };
}

/** What is tracked now, as the only thing to read. */
function table(
  transport: FlowTransport,
  system: Pick<System, "now">,
): (signal: AbortSignal) => AsyncIterable<FlowTable> {
  return async function* (signal) {
    const began = system.now();
    for await (const dump of transport.entries(signal)) yield { dump, began, isPart: true };
    yield { dump: [], began };
  };
}

/** Shows all that is read to somebody else too. */
async function* tapped(
  source: AsyncIterable<readonly FlowEvent[] | FlowTable>,
  show: (read: readonly FlowEvent[] | FlowTable) => void,
): AsyncGenerator<readonly FlowEvent[] | FlowTable> {
  for await (const read of source) {
    show(read);
    yield read;
  }
}

/** The counters of the transport are totals. */
function addDropped(
  counters: CollectorContext["counters"],
  dropped: Readonly<Record<string, number>>,
): void {
  for (const [reason, count] of Object.entries(dropped)) {
    counters.read += count - (counters.dropped[reason] ?? 0);
    counters.dropped[reason] = count;
  }
}

function bytesOf(result: Uint8Array | string): Uint8Array | undefined {
  return typeof result === "string" ? undefined : result;
}

function socketFiles(procfs: ProcFs): EventSocketFiles {
  return {
    netlinkTable: (pid) => bytesOf(procfs.netTable(pid, "netlink")),
    socketInodes: (pid) => {
      const names = procfs.fdNames(pid);
      if (typeof names === "string") return [];
      return names.map((fd) => procfs.socketInode(pid, fd) ?? DENIED_INODE);
    },
  };
}
