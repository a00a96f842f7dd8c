/** The processes behind socket inodes. */
import type { ProcessIdentity } from "../../../lib/connection.ts";
import { ProcessReader } from "../../../lib/procfs/process.ts";
import type { Missing, ProcFs } from "../../../lib/procfs/procfs.ts";
import type { System } from "../../../lib/system.ts";
import { type Holder, OwnerFinder } from "../../proc/owners.ts";
import { Generations } from "./generations.ts";

/** Holders and processes that are remembered, at most twice as many of each. */
const MAX_MEMORIES = 16_384;

/** The process that holds a socket, or why none is known. */
export type HolderOf = (inode: number) => ProcessIdentity | string;

/** What `ProcessSession.read` is. */
type Read = (pid: number) => ProcessIdentity | Missing;

const VANISHED = "gone: its process went away while it was looked at";
const UNHELD = "no process holds its socket";

/**
 * Finds processes by the sockets that they hold. Which descriptor of which process a socket was found
 * behind is remembered, but never trusted: it is looked at again, after the process was read, so that it
 * is neither a later socket nor a later process with the same number.
 */
export class Holders {
  readonly #procfs: ProcFs;
  readonly #finder: OwnerFinder;
  readonly #reader: ProcessReader;
  readonly #known = new Generations<number, Holder>();
  /** Processes as they were read last, with their text. */
  readonly #processes = new Generations<string, { text: string; process: ProcessIdentity }>();

  /** @param hostId What the function of that name gave. */
  constructor(system: System, procfs: ProcFs, hostId: string) {
    this.#procfs = procfs;
    this.#finder = new OwnerFinder(procfs);
    this.#reader = new ProcessReader(procfs, system, hostId);
  }

  /** Finds out who holds each of the sockets now; every process is read once. */
  resolve(inodes: ReadonlySet<number>): HolderOf {
    const results = new Map<number, ProcessIdentity | string>();
    if (inodes.size === 0) return () => UNHELD;
    const read = this.#session();
    const wanted = new Set<number>();
    for (const inode of inodes) {
      const holder = this.#known.get(inode);
      const process = holder && this.#confirmed(holder, inode, read);
      if (process === undefined || typeof process === "string") wanted.add(inode);
      else results.set(inode, process);
    }
    if (wanted.size > 0) this.#search(wanted, read, results);
    return (inode) => results.get(inode) ?? UNHELD;
  }

  #search(
    wanted: ReadonlySet<number>,
    read: Read,
    results: Map<number, ProcessIdentity | string>,
  ): void {
    const { owners, denied } = this.#finder.find(wanted, this.#procfs.pids());
    for (const inode of wanted) {
      const holder = owners.get(inode);
      if (holder !== undefined) results.set(inode, this.#confirmed(holder, inode, read));
      else if (denied > 0) results.set(inode, notPermitted(denied));
    }
  }

  /** The process, if it still holds the socket once it was read. */
  #confirmed(holder: Holder, inode: number, read: Read): ProcessIdentity | string {
    const process = read(holder.pid);
    if (process === "gone" || !this.#finder.holds(holder, inode)) return VANISHED;
    if (process === "denied") return notPermitted(1);
    // Process 1 holds the sockets of services that are not started yet: those have them later.
    if (holder.pid !== 1) this.#remember(inode, holder);
    return process;
  }

  #remember(inode: number, holder: Holder): void {
    if (this.#known.size >= MAX_MEMORIES) this.#known.age();
    this.#known.set(inode, holder);
  }

  /** Reads processes, each once, and gives the same object again for one that has not changed. */
  #session(): Read {
    const session = this.#reader.session();
    const results = new Map<number, ProcessIdentity | Missing>();
    return (pid) => {
      let result = results.get(pid);
      if (result === undefined) {
        result = session.read(pid);
        if (typeof result !== "string") result = this.#interned(result);
        results.set(pid, result);
      }
      return result;
    };
  }

  #interned(process: ProcessIdentity): ProcessIdentity {
    const text = JSON.stringify(process);
    let known = this.#processes.get(process.entityId);
    if (known?.text !== text) known = { text, process };
    if (this.#processes.size >= MAX_MEMORIES) this.#processes.age();
    this.#processes.set(process.entityId, known);
    return known.process;
  }
}

function notPermitted(count: number): string {
  const processes = count === 1 ? "a process" : `${count} processes`;
  return `not permitted: ${processes} may not be looked into`;
}
