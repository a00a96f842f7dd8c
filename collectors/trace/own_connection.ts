/** A connection of our own over loopback, to see whether the trace shows it. */
import type { System } from "../../lib/system.ts";
import { listenOnLoopback } from "../conntrack/loopback.ts";
import type { Happening } from "./happening.ts";

const BLIND = {
  reason: "the kernel's trace does not show a connection of our own",
  remedy: "see whether another tracer or a security module interferes, or use another collector",
};
const FOREIGN = {
  reason: "the kernel's trace has other process ids than the proc file system",
  remedy:
    "run in the first pid namespace, name its proc file system with --procfs, or use another collector",
};

/** Id of this process in the pid namespace of the proc file system; NaN where it is not in that. */
export function ownPid(system: Pick<System, "readLink">, procfs: string): number {
  try {
    return Number(system.readLink(`${procfs}/self`));
  } catch {
    return NaN;
  }
}

/** How long the trace may take to show a connection of our own, and the time between two looks, milliseconds. */
const CHECK_MS = 2000;
const LOOK_MS = 5;

/** How far the clock of the trace may be off, microseconds. */
const CLOCK_SLACK = 20_000;

/** Finds and takes out what connscribe does itself to see whether it sees. */
export class OwnConnection {
  readonly #ports = new Set<number>();
  readonly #pid: number;
  /** When it was made, microseconds since the epoch: others may be given its ports later. */
  #from = Infinity;
  #to = -Infinity;
  #isMade = false;
  #seen = false;
  #isOurs = false;

  /** @param pid Id of this process, as the proc file system that is read has it. */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Whether the trace has told of it. */
  get seen(): boolean {
    return this.#seen;
  }

  /**
   * Looks until the trace has told of it, or has had enough time for that.
   *
   * @param look Reads on, and gives what is found to {@linkcode others}. False: go on in any case.
   */
  async seek(
    sleep: System["sleep"],
    signal: AbortSignal,
    look: () => Promise<boolean>,
  ): Promise<void> {
    // Counted, not measured: a clock that is set makes no difference.
    for (let left = CHECK_MS / LOOK_MS; left > 0 && !signal.aborted; left--) {
      if (await look() && (this.#seen || !this.#isMade)) return;
      await sleep(LOOK_MS, signal);
    }
  }

  /**
   * What is wrong with what the trace has told of it up to now; undefined where nothing is, or that cannot
   * be told.
   *
   * @param lost How many events were lost: ours may be among them.
   */
  problem(lost = 0): { readonly reason: string; readonly remedy: string } | undefined {
    if (!this.#isMade || lost > 0) return undefined;
    if (!this.#seen) return BLIND;
    // In another pid namespace, this process has another id than the trace gives it.
    return this.#isOurs ? undefined : FOREIGN;
  }

  /** Connects over IPv4, else over IPv6. False where neither works: then there is nothing to see. */
  async make(now: () => number, signal: AbortSignal): Promise<boolean> {
    this.#from = now() - CLOCK_SLACK;
    try {
      return this.#isMade = await this.#make(signal);
    } finally {
      this.#to = now() + CLOCK_SLACK;
    }
  }

  async #make(signal: AbortSignal): Promise<boolean> {
    for (const ipVersion of [4, 6] as const) {
      try {
        const listener = listenOnLoopback(ipVersion);
        this.#ports.add(listener.port);
        try {
          await listener.connect(signal);
          return true;
        } finally {
          listener.close();
        }
      } catch {
        // This version has no loopback address, or a rule keeps us from using it.
      }
    }
    return false;
  }

  /** The happenings that are not of it. */
  others(happenings: readonly Happening[]): readonly Happening[] {
    if (this.#ports.size === 0) return happenings;
    return happenings.filter((happening) => {
      const { protocolNumber, local, remote, start = 0 } = happening;
      const isOwn = protocolNumber === 6 && start >= this.#from && start <= this.#to &&
        (this.#ports.has(local.port) || (remote !== undefined && this.#ports.has(remote.port)));
      if (isOwn && remote !== undefined) {
        this.#seen = true;
        this.#isOurs ||= happening.owner.process?.pid === this.#pid;
      }
      return !isOwn;
    });
  }
}
