/** What a run of the trace has lost, and what its records could not say. */
import type { CollectorContext } from "../../lib/collector.ts";
import type { System } from "../../lib/system.ts";
import type { ConnectionBytes } from "./bytes/connection_bytes.ts";
import type { ProcessTable } from "./processes.ts";
import type { TraceSession } from "./session.ts";
import type { TraceTables } from "./tables.ts";

/** Time between two warnings of losses, microseconds. */
const LOSS_PAUSE = 10_000_000;

/** Whose counts are looked at. */
export interface AccountSources {
  readonly session: Pick<
    TraceSession,
    "lost" | "malformed" | "late" | "switchedOff" | "unreadable"
  >;
  readonly tables: {
    readonly tcp: Pick<TraceTables["tcp"], "forgotten" | "unknownStates" | "mptcp">;
    readonly datagrams: Pick<TraceTables["datagrams"], "forgotten" | "skipped">;
  };
  readonly processes: Pick<ProcessTable, "skippedReads" | "forgotten">;
  /** Absent: bytes are not asked for. */
  readonly bytes?: Pick<ConnectionBytes, "unanswered" | "unfollowed">;
}

/** Keeps the counters of a run, and warns. */
export class TraceAccount {
  readonly #now: System["now"];
  readonly #context: Pick<CollectorContext, "counters" | "report">;
  readonly #sources: AccountSources;
  /** What was counted of each reason. */
  readonly #dropped = new Map<string, number>();
  #switchedOff = 0;
  /** CPUs that were said not to be read. */
  readonly #unread = new Set<number>();
  /** Losses that were not said yet, and when some were said last. */
  #unsaid = 0;
  #said = -Infinity;

  /** @param now Microseconds since the epoch. */
  constructor(
    now: System["now"],
    context: Pick<CollectorContext, "counters" | "report">,
    sources: AccountSources,
  ) {
    this.#now = now;
    this.#context = context;
    this.#sources = sources;
  }

  /** Counts what has been lost since it was asked last. */
  update(): void {
    const { session, tables, processes, bytes } = this.#sources;
    const { tcp, datagrams } = tables;
    this.#drop("malformed", session.malformed);
    this.#drop("unknown_state", tcp.unknownStates);
    this.#unsaid += this.#drop("overrun", session.lost);
    this.#sayLost();
    const forgotten = tcp.forgotten + datagrams.forgotten + processes.forgotten;
    this.#degrade("table_full", forgotten + (bytes?.unfollowed ?? 0));
    this.#degrade("process_not_read", processes.skippedReads);
    this.#degrade("late_event", session.late);
    this.#degrade("no_bytes", bytes?.unanswered ?? 0);
    for (const cpu of session.unreadable) this.#sayUnread(cpu);
    if (session.switchedOff === this.#switchedOff) return;
    this.#switchedOff = session.switchedOff;
    this.#context.report("warning", "somebody had switched the trace off: it is on again");
  }

  /** Counts what never becomes a record. */
  lose(reason: string, count: number): void {
    if (count === 0) return;
    const { counters } = this.#context;
    counters.read += count;
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + count;
  }

  /** Says at the end what was no loss: events that no program has made, or that are told by others. */
  end(): void {
    this.update();
    this.#sayLost(true);
    const { tcp: { mptcp }, datagrams: { skipped } } = this.#sources.tables;
    const parts = Object.entries({ ...skipped, mptcp }).filter(([, count]) => count > 0)
      .map(([reason, count]) => `${reason} ${count}`);
    if (parts.length === 0) return;
    this.#context.report("debug", `events that are no connections: ${parts.join(", ")}`);
  }

  /** @returns How much more it is. */
  #drop(reason: string, total: number): number {
    const more = total - (this.#dropped.get(reason) ?? 0);
    this.#dropped.set(reason, total);
    this.lose(reason, more);
    return more;
  }

  #degrade(reason: string, total: number): void {
    if (total > 0) this.#context.counters.degraded[reason] = total;
  }

  #sayUnread(cpu: number): void {
    if (this.#unread.has(cpu)) return;
    this.#unread.add(cpu);
    this.#context.report("warning", `cannot read the events of CPU ${cpu}: it is tried again`);
  }

  /** Says what the kernel had no room for: at once, then every ten seconds at most, and at the end. */
  #sayLost(isEnd = false): void {
    const now = this.#now();
    if (this.#unsaid === 0 || (!isEnd && Math.abs(now - this.#said) < LOSS_PAUSE)) return;
    this.#context.report(
      "warning",
      `the kernel had no room for ${this.#unsaid} events: give it more with --buffer`,
    );
    this.#unsaid = 0;
    this.#said = now;
  }
}
