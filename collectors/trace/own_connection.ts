/** A connection of our own over loopback, to see whether the trace shows it. */
import { listenOnLoopback } from "../conntrack/loopback.ts";
import type { Happening } from "./happening.ts";

/** Finds and takes out what connscribe does itself to see whether it sees. */
export class OwnConnection {
  readonly #ports = new Set<number>();
  readonly #pid: number;
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
   * Whether it was tied to this process: it is not where this process has another id than the kernel's
   * trace gives it (pid_namespaces(7)).
   */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  /** Connects over IPv4, else over IPv6. False where neither works: then there is nothing to see. */
  async make(signal: AbortSignal): Promise<boolean> {
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
      const { protocolNumber, local, remote } = happening;
      const isOwn = protocolNumber === 6 &&
        (this.#ports.has(local.port) || (remote !== undefined && this.#ports.has(remote.port)));
      if (isOwn && remote !== undefined) {
        this.#seen = true;
        this.#isOurs ||= happening.owner.process?.pid === this.#pid;
      }
      return !isOwn;
    });
  }

  /** Others may be given the port from here on. */
  forget(): void {
    this.#ports.clear();
  }
}
