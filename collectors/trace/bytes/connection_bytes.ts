/** Bytes of TCP connections, at their end and while they are open, in every network namespace. */
import type { CollectorContext } from "../../../lib/collector.ts";
import type { ProcFs } from "../../../lib/procfs/procfs.ts";
import { tableSize } from "../../../lib/memory.ts";
import type { System } from "../../../lib/system.ts";
import type { Happening } from "../happening.ts";
import { ByteCounts } from "./byte_counts.ts";
import { OpenConnections } from "./open_bytes.ts";
import { readOpenBytes, SlowTableError } from "./ss_table.ts";
import { TcpBytes, wasOpen } from "./tcp_bytes.ts";

const TCP = 6;

/** Connections that are followed to their ends, and those that are asked for while they are open. */
const MAX_LIVES = 262_144;
const MAX_OPEN = 65_536;

/** What is needed. */
export interface ConnectionBytesOptions {
  readonly system: System;
  readonly procfs: ProcFs;
  readonly report: CollectorContext["report"];
  /** How often to tell what open connections have carried, milliseconds. */
  readonly intervalMs: number;
  /** Milliseconds of the trace. */
  readonly now: () => number;
  /** As in `CollectorOptions`. */
  readonly tables: number | undefined;
}

/** Asks the kernel, through ss(8). */
export class ConnectionBytes {
  readonly #options: ConnectionBytesOptions;
  readonly #counts: ByteCounts;
  readonly #open: OpenConnections;
  readonly #updates: Happening[] = [];
  readonly #tcp: TcpBytes;
  #unanswered = 0;

  /** Holds back ends until their bytes are there; undefined where none will come. */
  ends: TcpBytes | undefined;

  constructor(options: ConnectionBytesOptions) {
    const { system, procfs, report, now, tables } = options;
    this.#options = options;
    this.#open = new OpenConnections(tableSize(MAX_OPEN, tables));
    this.ends = this.#tcp = new TcpBytes({ max: tableSize(MAX_LIVES, tables) });
    const onLine = (totals: Parameters<TcpBytes["line"]>[0]) => this.#tcp.line(totals, now());
    this.#counts = new ByteCounts({ system, procfs, onLine, report });
  }

  /** How many of those that were told have ended without their bytes. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** How often an open connection was not told of because there were too many. */
  get unfollowed(): number {
    return this.#open.unfollowed;
  }

  /** Resolves when the signal has aborted and all that was started is gone. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const counting = this.#counts.run(signal).then(() => {
      // Before its time: there is no ss.
      if (!signal.aborted) this.ends = undefined;
    });
    await Promise.all([counting, this.#update(signal)]);
  }

  /**
   * Adds what open connections have carried.
   *
   * @param happenings All that is told now.
   */
  with(happenings: readonly Happening[]): readonly Happening[] {
    this.#open.note(happenings);
    for (const happening of happenings) if (this.#isUnanswered(happening)) this.#unanswered++;
    if (this.#updates.length === 0) return happenings;
    // What has ended meanwhile is told by its end.
    const updates = this.#updates.splice(0).filter((update) => this.#open.has(update));
    return [...updates, ...happenings];
  }

  #isUnanswered(happening: Happening): boolean {
    if (this.ends !== undefined) return this.#tcp.isUnanswered(happening);
    const { event, protocolNumber } = happening;
    return event === "close" && protocolNumber === TCP && wasOpen(happening);
  }

  async #update(signal: AbortSignal): Promise<void> {
    const { system, report, intervalMs } = this.#options;
    let wasSlow = false;
    while (!signal.aborted) {
      await system.sleep(intervalMs, signal);
      // Nobody takes them while the output is blocked.
      if (this.#updates.length > 0) continue;
      for (const { inode, enter } of [...this.#counts.places()]) {
        if (signal.aborted) return;
        try {
          const table = await readOpenBytes({ system, signal, enter });
          this.#updates.push(...this.#open.updates(table, inode, system.now()));
        } catch (error) {
          // Its namespace may have gone meanwhile. What takes too long does so again and again.
          const level = error instanceof SlowTableError && !wasSlow ? "warning" : "debug";
          wasSlow ||= error instanceof SlowTableError;
          report(level, error instanceof Error ? error.message : String(error));
        }
      }
    }
  }
}
