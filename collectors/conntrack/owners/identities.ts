/** Who processes are, without reading all of it again at every look. */
import type { ProcessIdentity } from "../../../lib/connection.ts";
import { type ProcessContext, ProcessReader, readProcess } from "../../../lib/procfs/process.ts";
import type { Missing, ProcFs } from "../../../lib/procfs/procfs.ts";
import type { ProcessStat } from "../../../lib/procfs/stat.ts";
import type { ProcessStatus } from "../../../lib/procfs/status.ts";
import type { System } from "../../../lib/system.ts";
import { Generations } from "./generations.ts";

/** Processes that are remembered, at most twice as many. */
const MAX_MEMORIES = 16_384;

/** How old what is known of a process may be while it executes the same program, microseconds. */
const MAX_AGE = 250_000;

/** The same for what is known of all processes: the boot time and the names of users. */
const MAX_CONTEXT_AGE = 1_000_000;

/** Gives the process with that id, or why there is none. */
export type ReadProcess = (pid: number) => ProcessIdentity | Missing;

/** A process as it was read. */
interface Memory {
  readonly process: ProcessIdentity;
  /** As JSON: what tells whether it has changed. */
  readonly text: string;
  readonly stat: ProcessStat;
  /** Microseconds since the epoch. */
  readonly read: number;
}

/** Whether it is the same process, which has executed nothing since. */
function isSame(a: ProcessStat, b: ProcessStat): boolean {
  return a.startTicks === b.startTicks && a.comm === b.comm && a.argStart === b.argStart &&
    a.argStart !== 0;
}

/** Whether it has the same user and group still: a service gives up those of root after its start. */
function hasUser({ uid, gid }: ProcessIdentity, status: ProcessStatus | Missing): boolean {
  return typeof status !== "string" && status.uid === uid && status.gid === gid;
}

/** Reads processes, and gives the same object again for one that has not changed. */
export class Identities {
  readonly #system: Pick<System, "now">;
  readonly #procfs: ProcFs;
  readonly #reader: ProcessReader;
  readonly #max: number;
  readonly #known = new Generations<number, Memory>();
  #context: ProcessContext | undefined;
  #contextRead = -Infinity;

  /**
   * @param hostId What the function of that name gave.
   * @param max Processes that are remembered, about.
   */
  constructor(system: System, procfs: ProcFs, hostId: string, max: number = MAX_MEMORIES) {
    this.#max = max;
    this.#system = system;
    this.#procfs = procfs;
    this.#reader = new ProcessReader(procfs, system, hostId);
  }

  /** Begins a look, in which every process is asked for once. */
  look(): ReadProcess {
    const now = this.#system.now();
    if (Math.abs(now - this.#contextRead) > MAX_CONTEXT_AGE) {
      this.#context = this.#reader.context();
      this.#contextRead = now;
    }
    if (this.#context === undefined) return () => "denied";
    // Parents may have ended since the look before, and their numbers been given away.
    const context = { ...this.#context, parents: new Map() };
    const results = new Map<number, ProcessIdentity | Missing>();
    return (pid) => {
      let result = results.get(pid);
      if (result === undefined) results.set(pid, result = this.#read(pid, context, now));
      return result;
    };
  }

  #read(pid: number, context: ProcessContext, now: number): ProcessIdentity | Missing {
    const stat = this.#procfs.stat(pid);
    if (typeof stat === "string") return stat;
    const known = this.#known.get(pid);
    const isFresh = known !== undefined && Math.abs(now - known.read) <= MAX_AGE;
    const isKnown = isFresh && isSame(known.stat, stat) &&
      hasUser(known.process, this.#procfs.status(pid));
    if (isKnown) return known.process;
    const process = readProcess(this.#procfs, pid, context);
    if (typeof process === "string") return process;
    const text = JSON.stringify(process);
    const memory = {
      process: known?.text === text ? known.process : process,
      text,
      stat,
      read: now,
    };
    if (this.#known.size >= this.#max) this.#known.age();
    this.#known.set(pid, memory);
    return memory.process;
  }
}
