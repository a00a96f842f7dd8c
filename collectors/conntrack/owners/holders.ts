/** The processes behind socket inodes. */
import type { ProcessIdentity } from "../../../lib/connection.ts";
import type { ProcFs } from "../../../lib/procfs/procfs.ts";
import type { System } from "../../../lib/system.ts";
import { type Holder, OwnerFinder } from "../../proc/owners.ts";
import { Generations } from "./generations.ts";
import { Identities, type ReadProcess } from "./identities.ts";

/** Holders that are remembered, at most twice as many. */
const MAX_MEMORIES = 16_384;

/** Processes that lately had wanted sockets and are looked at first: one to two times as many. */
const MAX_RECENT = 16;

/** How far up the family is followed. */
const MAX_ANCESTORS = 16;

/** Between two walks over all processes there is this many times what the latest has taken. */
const WALK_PAUSE = 4;

/** The process that holds a socket, or why none is known. */
export type HolderOf = (inode: number) => ProcessIdentity | string;

const VANISHED = "gone: its process went away while it was looked at";
const NOT_PERMITTED =
  "not permitted: none of the processes that may be looked into holds its socket";
const UNHELD = "no process holds its socket";

/**
 * Finds processes by the sockets that they hold. Which descriptor of which process a socket was found
 * behind is remembered, but never trusted: it is looked at again, after the process was read, so that it
 * is neither a later socket nor a later process with the same number.
 */
export class Holders {
  readonly #system: System;
  readonly #procfs: ProcFs;
  readonly #finder: OwnerFinder;
  readonly #identities: Identities;
  readonly #max: number;
  readonly #known = new Generations<number, Holder>();
  /** Sockets that were looked for in vain. */
  readonly #missed = new Generations<number, true>();
  /** Processes that lately had wanted sockets, and their ancestors. */
  readonly #recent = new Generations<number, readonly number[]>();
  /** All processes at the latest look. */
  #pids: ReadonlySet<number> = new Set();
  /** When the next walk over all processes may be, microseconds since the epoch. */
  #nextWalk = 0;

  /**
   * @param hostId What the function of that name gave.
   * @param max Sockets, and processes, that are remembered, about.
   */
  constructor(system: System, procfs: ProcFs, hostId: string, max: number = MAX_MEMORIES) {
    this.#max = max;
    this.#system = system;
    this.#procfs = procfs;
    this.#finder = new OwnerFinder(procfs);
    this.#identities = new Identities(system, procfs, hostId, max);
  }

  /**
   * Finds out who holds each of the sockets now; every process is read once.
   *
   * @param wanted Sockets to look for.
   * @param others Sockets that are worth knowing if their processes are easily found.
   */
  resolve(wanted: ReadonlySet<number>, others: ReadonlySet<number>): HolderOf {
    const results = new Map<number, ProcessIdentity | string>();
    const all = wanted.union(others);
    if (all.size === 0) return () => UNHELD;
    const read = this.#identities.look();
    const missing = new Set<number>();
    for (const inode of all) {
      const holder = this.#known.get(inode);
      const process = holder && this.#confirmed(holder, inode, read);
      if (process === undefined || typeof process === "string") missing.add(inode);
      else results.set(inode, process);
    }
    const denied = missing.size > 0 && this.#search(wanted, missing, read, results);
    return (inode) => results.get(inode) ?? (denied ? NOT_PERMITTED : UNHELD);
  }

  /**
   * Looks for holders among the likely processes, and for the wanted sockets among all others too.
   *
   * @returns Whether there are processes that may not be looked into.
   */
  #search(
    wanted: ReadonlySet<number>,
    missing: ReadonlySet<number>,
    read: ReadProcess,
    results: Map<number, ProcessIdentity | string>,
  ): boolean {
    const pids = this.#procfs.pids();
    const walk = (inodes: ReadonlySet<number>, among: readonly number[]): boolean => {
      const { owners, denied } = this.#finder.find(inodes, among);
      for (const [inode, holder] of owners) {
        results.set(inode, this.#confirmed(holder, inode, read));
      }
      return denied > 0;
    };
    const denied = walk(missing, this.#likely(pids));
    const isOpen = (inode: number) => typeof (results.get(inode) ?? "") === "string";
    const still = new Set([...missing.intersection(wanted)].filter(isOpen));
    if (still.size === 0 || !this.#mayWalk(still)) return denied;
    const began = this.#system.elapsed();
    const isDenied = walk(still, pids);
    const ended = this.#system.elapsed();
    this.#nextWalk = ended + (ended - began) * WALK_PAUSE;
    return isDenied;
  }

  /**
   * Processes that lately had wanted sockets or have begun since the search before, and in front of them
   * their ancestors: the finder asks those whether they held a socket first.
   */
  #likely(pids: readonly number[]): number[] {
    const before = this.#pids;
    this.#pids = new Set(pids);
    const likely = pids.filter((pid) =>
      this.#recent.get(pid) !== undefined || (before.size > 0 && !before.has(pid))
    );
    const ancestors = likely.flatMap((pid) => this.#recent.get(pid) ?? this.#ancestors(pid));
    const others = new Set(ancestors).difference(new Set(likely)).intersection(this.#pids);
    return [...others, ...likely];
  }

  #ancestors(pid: number): number[] {
    const ancestors: number[] = [];
    let stat = this.#procfs.stat(pid);
    while (typeof stat !== "string" && stat.ppid > 1 && ancestors.length < MAX_ANCESTORS) {
      ancestors.push(stat.ppid);
      stat = this.#procfs.stat(stat.ppid);
    }
    return ancestors;
  }

  /**
   * A walk over all processes is for sockets that are there still, and those that are looked for a second
   * time are. For others it is worth it unless there was one a moment ago: most of them are closed.
   */
  #mayWalk(missing: ReadonlySet<number>): boolean {
    let may = this.#system.elapsed() >= this.#nextWalk;
    if (this.#missed.size >= this.#max) this.#missed.age();
    for (const inode of missing) {
      if (this.#missed.get(inode)) may = true;
      this.#missed.set(inode, true);
    }
    return may;
  }

  /** The process, if it still holds the socket once it was read. */
  #confirmed(holder: Holder, inode: number, read: ReadProcess): ProcessIdentity | string {
    const process = read(holder.pid);
    if (process === "gone" || !this.#finder.holds(holder, inode)) return VANISHED;
    if (process === "denied") return NOT_PERMITTED;
    // Process 1 holds the sockets of services that are not started yet: those have them later.
    if (holder.pid !== 1) this.#remember(inode, holder);
    return process;
  }

  #remember(inode: number, holder: Holder): void {
    if (this.#known.size >= this.#max) this.#known.age();
    this.#known.set(inode, holder);
    if (this.#recent.size >= MAX_RECENT) this.#recent.age();
    this.#recent.set(holder.pid, this.#recent.get(holder.pid) ?? this.#ancestors(holder.pid));
  }
}
