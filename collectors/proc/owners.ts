/** Which process holds a socket: the walk over the descriptors of all processes. */
import { DENIED_INODE, type ProcFs } from "../../lib/procfs/procfs.ts";

/** A process that holds a socket, and through which descriptor. */
export interface Holder {
  readonly pid: number;
  readonly fd: string;
}

/** The part of the proc file system that is walked. */
export type Descriptors = Pick<ProcFs, "fdNames" | "socketInode" | "stat">;

/** What a walk found. */
export interface Walk {
  /** The owner of each inode that was found. */
  readonly owners: ReadonlyMap<number, Holder>;
  /** Processes that may not be looked into. */
  readonly denied: number;
}

/** How many processes that lately opened sockets are looked at first. */
const RECENT = 64;

/** How far up the family is followed. */
const MAX_ANCESTORS = 64;

function pidsOf(holders: Iterable<Holder>): Set<number> {
  const pids = new Set<number>();
  for (const { pid } of holders) pids.add(pid);
  return pids;
}

/** Notes that another process than the first holder has the inode too. */
function addHolder(
  shared: Map<number, Holder[]>,
  inode: number,
  first: Holder,
  other: Holder,
): void {
  const holders = shared.get(inode);
  if (holders === undefined) shared.set(inode, [first, other]);
  else if (holders.at(-1)?.pid !== other.pid) holders.push(other);
}

/**
 * Finds the owners of socket inodes.
 *
 * Several processes can hold one socket (fork, SCM_RIGHTS). Its owner is the holder that started
 * first, for descriptors are handed down from parents to children; process 1 is passed over where
 * another holds it too (socket activation).
 */
export class OwnerFinder {
  readonly #procfs: Descriptors;
  /** Processes that lately opened sockets, the latest first. */
  #recent: number[] = [];

  constructor(procfs: Descriptors) {
    this.#procfs = procfs;
  }

  /**
   * Walks until every inode is found, processes that lately opened sockets first, then the ancestors
   * of those that were found: that is nearly always enough to know who had a socket first.
   *
   * @param wanted Socket inodes.
   * @param pids All processes.
   * @param complete Walk all processes, to know every holder.
   */
  find(wanted: ReadonlySet<number>, pids: readonly number[], complete = false): Walk {
    const walked = new Set<number>();
    const owners = new Map<number, Holder>();
    /** All holders of the inodes that have several. */
    const shared = new Map<number, Holder[]>();
    const alive = new Set(pids);
    let denied = 0;
    const visit = (pid: number) => {
      if (walked.has(pid) || !alive.has(pid)) return;
      walked.add(pid);
      const names = this.#procfs.fdNames(pid);
      if (names === "denied") denied++;
      if (typeof names === "string") return;
      for (const fd of names) {
        const inode = this.#procfs.socketInode(pid, fd);
        if (inode === DENIED_INODE) {
          denied++;
          return;
        }
        if (inode === undefined || !wanted.has(inode)) continue;
        const first = owners.get(inode);
        if (first === undefined) owners.set(inode, { pid, fd });
        else if (first.pid !== pid) addHolder(shared, inode, first, { pid, fd });
      }
    };
    const candidates = complete ? pids : [...this.#recent, ...pids.toReversed()];
    for (const pid of candidates) {
      if (!complete && owners.size === wanted.size) break;
      visit(pid);
    }
    if (walked.size < pids.length) {
      const found = pidsOf([...owners.values(), ...[...shared.values()].flat()]);
      for (const pid of found) this.#ancestors(pid, walked).forEach(visit);
    }
    for (const [inode, holders] of shared) owners.set(inode, this.#first(holders));
    this.#remember(pidsOf(owners.values()));
    return { owners, denied };
  }

  /** Whether that process holds that socket still. */
  holds(holder: Holder, inode: number): boolean {
    return this.#procfs.socketInode(holder.pid, holder.fd) === inode;
  }

  /** Ancestors that were not walked yet, up to the first one that was. */
  #ancestors(pid: number, walked: ReadonlySet<number>): number[] {
    const ancestors: number[] = [];
    let stat = this.#procfs.stat(pid);
    while (typeof stat !== "string" && stat.ppid > 1 && !walked.has(stat.ppid)) {
      ancestors.push(stat.ppid);
      if (ancestors.length === MAX_ANCESTORS) break;
      stat = this.#procfs.stat(stat.ppid);
    }
    return ancestors;
  }

  #first(holders: readonly Holder[]): Holder {
    let [first] = holders;
    if (first === undefined) throw new RangeError("There is no holder to choose from");
    let earliest = Infinity;
    for (const holder of holders) {
      const stat = this.#procfs.stat(holder.pid);
      if (typeof stat === "string") continue;
      const start = holder.pid === 1 ? Number.MAX_VALUE : stat.startTicks;
      if (start < earliest) {
        earliest = start;
        first = holder;
      }
    }
    return first;
  }

  #remember(pids: ReadonlySet<number>): void {
    const kept = this.#recent.filter((pid) => !pids.has(pid));
    this.#recent = [...pids, ...kept].slice(0, RECENT);
  }
}
