/** The network namespaces of the host, with their addresses and socket tables. */
import { LocalAddresses } from "../../../lib/procfs/addresses.ts";
import type { Missing, Pid, ProcFs } from "../../../lib/procfs/procfs.ts";
import type { System } from "../../../lib/system.ts";

/** Processes through which the tables of a namespace are tried. */
const TRIES = 4;

/** An enumeration is as old as this many times what it took, at least, before there is another one. */
const PAUSE = 50;

/** One network namespace. */
export interface NetNamespace {
  /** Inode number, as in `net:[4026531840]`; 0 where it cannot be told. */
  readonly inode: number;
  readonly addresses: LocalAddresses;
  /** Reads a file below /proc/PID/net; undefined where there is none or the namespace is gone. */
  table(file: string): Uint8Array | undefined;
}

function present(bytes: Uint8Array | Missing): Uint8Array | undefined {
  return typeof bytes === "string" ? undefined : bytes;
}

/**
 * Knows the namespace that the flow events are of, and the others that have a process: a flow of a
 * container is forwarded here, and its socket is there. A namespace without a process is left out: no
 * process would be found for its sockets.
 */
export class NetNamespaces {
  readonly #system: System;
  readonly #procfs: ProcFs;
  #own: NetNamespace;
  #others: readonly NetNamespace[] = [];
  /** When the enumeration ended, since the start of the program, and how long it took, microseconds. */
  #listed = -Infinity;
  #cost = 0;

  constructor(system: System, procfs: ProcFs) {
    this.#system = system;
    this.#procfs = procfs;
    this.#own = this.#namespace(0, ["self"]);
  }

  /** The namespace that this process is in. */
  get own(): NetNamespace {
    return this.#own;
  }

  get others(): readonly NetNamespace[] {
    return this.#others;
  }

  /** The other namespaces that have the address; loopback addresses are those of the own one. */
  having(ip: string): readonly NetNamespace[] {
    return this.#others.filter(({ addresses }) => addresses.has(ip));
  }

  /**
   * Enumerates anew if the last time was longer ago than `age` microseconds and it is cheap enough.
   *
   * @returns Whether it did.
   */
  refresh(age: number): boolean {
    const began = this.#system.elapsed();
    if (began - this.#listed < Math.max(age, this.#cost * PAUSE)) return false;
    const own = this.#procfs.netns("self");
    const holders = new Map<number, Pid[]>();
    for (const pid of this.#procfs.pids()) {
      const inode = this.#procfs.netns(pid);
      if (typeof inode !== "number" || inode === own) continue;
      const known = holders.get(inode);
      if (known === undefined) holders.set(inode, [pid]);
      else if (known.length < TRIES) known.push(pid);
    }
    this.#own = this.#namespace(typeof own === "number" ? own : 0, ["self"]);
    this.#others = typeof own === "number"
      ? [...holders].map(([inode, pids]) => this.#namespace(inode, pids))
      : [];
    this.#listed = this.#system.elapsed();
    this.#cost = this.#listed - began;
    return true;
  }

  #namespace(inode: number, pids: readonly Pid[]): NetNamespace {
    const table = (file: string) => this.#table(inode, pids, file);
    return { inode, addresses: new LocalAddresses(table("fib_trie"), table("if_inet6")), table };
  }

  #table(inode: number, pids: readonly Pid[], file: string): Uint8Array | undefined {
    for (const pid of pids) {
      const bytes = present(this.#procfs.netTable(pid, file));
      // What was read of a process that went elsewhere meanwhile is of another namespace.
      if (bytes !== undefined && (pid === "self" || this.#procfs.netns(pid) === inode)) {
        return bytes;
      }
    }
    return undefined;
  }
}
