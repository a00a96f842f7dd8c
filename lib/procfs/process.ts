/** Puts together who a process is. */
import type { ParentProcess, ProcessIdentity } from "../connection.ts";
import { entityId } from "../id.ts";
import type { System } from "../system.ts";
import type { CommandLine } from "./cmdline.ts";
import { processName } from "./name.ts";
import { parsePasswd } from "./passwd.ts";
import type { Missing, ProcFs } from "./procfs.ts";
import type { ProcessStat } from "./stat.ts";

/** What is needed besides the process's own files. */
export interface ProcessContext {
  /** What `hostId` gave. */
  readonly hostId: string;
  /** UUID of this boot; "" where it cannot be read. */
  readonly bootId: string;
  /** Seconds since the epoch when the host was started. */
  readonly bootTime: number;
  /** Clock ticks a second. */
  readonly clockTicks: number;
  /** User names by user id. */
  readonly users: ReadonlyMap<number, string>;
  /** Parents that were read already; filled by {@linkcode readProcess}. */
  readonly parents: Map<number, Parent>;
}

/** A parent, and by when a child must have started to be its own. */
interface Parent {
  readonly startTicks: number;
  readonly process: ParentProcess;
}

/** How many parents a context remembers. */
const MAX_PARENTS = 1024;

const NO_COMMAND_LINE: CommandLine = { argv: [], totalBytes: 0, cut: false, terminated: false };

/** What is needed to tell times from clock ticks. */
type Clock = Pick<ProcessContext, "bootTime" | "clockTicks">;

/** Start time, microseconds since the epoch, of what started so many clock ticks after the boot. */
export function startTime(startTicks: number, { bootTime, clockTicks }: Clock): number {
  return bootTime * 1e6 + Math.round(startTicks * (1e6 / clockTicks));
}

/** The clock ticks that {@linkcode startTime} was given, from what it gave. */
export function startTicks(start: number, { bootTime, clockTicks }: Clock): number {
  return Math.round((start - bootTime * 1e6) * (clockTicks / 1e6));
}

function entityOf(stat: ProcessStat, { hostId, bootId }: ProcessContext): string {
  return entityId(hostId, bootId, stat.pid, stat.startTicks);
}

function readParent(procfs: ProcFs, pid: number, context: ProcessContext): Parent | undefined {
  const known = context.parents.get(pid);
  if (known !== undefined) return known;
  const stat = procfs.stat(pid);
  if (typeof stat === "string") return undefined;
  // The name of few processes takes more than `comm`.
  const commandLine = stat.commBytes < 15 ? NO_COMMAND_LINE : procfs.cmdline(pid);
  const executable = procfs.exe(pid);
  const process: ParentProcess = {
    pid,
    start: startTime(stat.startTicks, context),
    name: processName(stat, typeof commandLine === "string" ? NO_COMMAND_LINE : commandLine),
    ...(executable !== undefined && { executable }),
    entityId: entityOf(stat, context),
  };
  if (context.parents.size >= MAX_PARENTS) context.parents.clear();
  const parent = { startTicks: stat.startTicks, process };
  context.parents.set(pid, parent);
  return parent;
}

/** The parent as far as it can be told; who started later than the child has only got its pid since. */
function parentOf(procfs: ProcFs, child: ProcessStat, context: ProcessContext): ParentProcess {
  const parent = readParent(procfs, child.ppid, context);
  return parent !== undefined && parent.startTicks <= child.startTicks
    ? parent.process
    : { pid: child.ppid };
}

/** What the process's files say, those first that go first at its end; what cannot be read is absent. */
function identify(procfs: ProcFs, stat: ProcessStat, context: ProcessContext): ProcessIdentity {
  const { pid, ppid } = stat;
  const read = procfs.cmdline(pid);
  const commandLine = typeof read === "string" ? NO_COMMAND_LINE : read;
  const { argv, cut, totalBytes } = commandLine;
  const executable = procfs.exe(pid);
  const status = procfs.status(pid);
  const user = typeof status === "string" ? undefined : context.users.get(status.uid);
  const cgroup = procfs.cgroup(pid);
  const netns = procfs.netns(pid);
  return {
    pid,
    start: startTime(stat.startTicks, context),
    name: processName(stat, commandLine),
    ...(executable !== undefined && { executable }),
    ...(argv.length > 0 && { commandLine: argv }),
    ...(cut && { commandLineBytes: totalBytes }),
    ...(typeof status !== "string" && { uid: status.uid, gid: status.gid }),
    ...(user !== undefined && { user }),
    ...(ppid !== 0 && { parent: parentOf(procfs, stat, context) }),
    ...(typeof cgroup !== "string" && cgroup),
    ...(typeof netns === "number" && { netns }),
    entityId: entityOf(stat, context),
  };
}

/**
 * Reads who a process is. Its files are read one by one while it lives on: when its start time or name
 * is another one at the end, its pid was given away or it has executed another program meanwhile, and
 * all is read once more.
 *
 * @returns `gone` also when the pid was given away a second time; `denied` when not even its `stat` may
 * be read (`hidepid`).
 * @param mayEnd Whether what could be read counts although the process has ended meanwhile.
 */
export function readProcess(
  procfs: ProcFs,
  pid: number,
  context: ProcessContext,
  mayEnd = false,
): ProcessIdentity | Missing {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const before = procfs.stat(pid);
    if (typeof before === "string") return before;
    const identity = identify(procfs, before, context);
    const after = procfs.stat(pid);
    if (typeof after === "string") return mayEnd && after === "gone" ? identity : after;
    const same = after.startTicks === before.startTicks;
    if (same && (after.comm === before.comm || attempt === 2)) return identity;
  }
  return "gone";
}

/** Reads processes, each once in a session. */
export class ProcessReader {
  readonly #procfs: ProcFs;
  readonly #system: System;
  readonly #hostId: string;
  readonly #bootId: string;
  readonly #clockTicks: number;

  /** @param hostId What the function of that name gave. */
  constructor(procfs: ProcFs, system: System, hostId: string) {
    this.#procfs = procfs;
    this.#system = system;
    this.#hostId = hostId;
    this.#bootId = procfs.bootId() ?? "";
    this.#clockTicks = procfs.clockTicks();
  }

  /**
   * Begins a session, in which what was read is remembered: so it should be short. The boot time and the
   * names of users are read anew, for both may change. Where the boot time is hidden (`subset=pid`) no
   * process can be told from another, and all are `denied`.
   */
  session(): ProcessSession {
    const context = this.context();
    if (context === undefined) return { read: () => "denied" };
    const results = new Map<number, ProcessIdentity | Missing>();
    return {
      read: (pid) => {
        let result = results.get(pid);
        if (result === undefined) {
          result = readProcess(this.#procfs, pid, context);
          results.set(pid, result);
        }
        return result;
      },
    };
  }

  /** What {@linkcode readProcess} needs, read anew; undefined where the boot time is hidden. */
  context(): ProcessContext | undefined {
    const bootTime = this.#procfs.bootTime();
    if (bootTime === undefined) return undefined;
    return {
      hostId: this.#hostId,
      bootId: this.#bootId,
      bootTime,
      clockTicks: this.#clockTicks,
      users: this.#users(),
      parents: new Map(),
    };
  }

  #users(): Map<number, string> {
    try {
      return parsePasswd(this.#system.readFile("/etc/passwd"));
    } catch {
      // Without names, users have their numbers.
      return new Map();
    }
  }
}

/** A short time in which every process is read once. */
export interface ProcessSession {
  /** What {@linkcode readProcess} gives. */
  read(pid: number): ProcessIdentity | Missing;
}
