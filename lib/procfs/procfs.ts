/**
 * Reads a proc file system. This is the only place that spells its paths.
 *
 * A process may vanish between two reads, and may be closed to the reader: both are results, not errors.
 */
import type { System } from "../system.ts";
import { DEFAULT_CLOCK_TICKS, parseBootId, parseBootTime, parseClockTicks } from "./boot.ts";
import { type CgroupInfo, parseCgroup } from "./cgroup.ts";
import { type CommandLine, parseCommandLine } from "./cmdline.ts";
import { parseStat, type ProcessStat } from "./stat.ts";
import { parseStatus, type ProcessStatus } from "./status.ts";
import { bracketed, textOf, unsigned } from "./text.ts";

/**
 * Why there is nothing: `gone`, the process or file is not there (any more); `denied`, it may not be
 * read.
 */
export type Missing = "gone" | "denied";

/** A process, or the one that asks. */
export type Pid = number | "self";

/** What {@linkcode ProcFs.socketInode} gives where the link may not be read: no inode has this number. */
export const DENIED_INODE = -1;

/** A bit of the sets in `status`: linux/capability.h. */
const CAP_SYS_PTRACE = 1n << 19n;

/** Something in the proc file system cannot be read, for another reason than {@linkcode Missing}. */
export class ProcFsError extends Error {
  override readonly name = "ProcFsError";
}

/** Error texts of ESRCH and ENXIO, for which Deno has no class: what is read has just ended. */
const ENDED = /\(os error (?:3|6)\)/;

/** Why reading failed; undefined for other errors than {@linkcode Missing}. */
function missing(error: unknown): Missing | undefined {
  if (error instanceof Deno.errors.NotFound) return "gone";
  if (error instanceof Deno.errors.PermissionDenied) return "denied";
  if (error instanceof Deno.errors.NotCapable) return "denied";
  return error instanceof Error && ENDED.test(error.message) ? "gone" : undefined;
}

/**
 * A proc file system.
 *
 * When reading fails for another reason than that nothing is there or that it is not permitted (an I/O
 * error, too many open files), that is told as a {@linkcode ProcFsError}, and the result is `denied`.
 */
export class ProcFs {
  /** Where it is mounted. */
  readonly root: string;
  readonly #system: System;
  readonly #onError: (error: ProcFsError) => void;

  /**
   * @param root Where it is mounted: `/proc`, or another absolute path.
   * @param onError Told of unusual errors; without it, methods throw them.
   */
  constructor(system: System, root: string, onError?: (error: ProcFsError) => void) {
    this.#system = system;
    this.root = root;
    this.#onError = onError ?? ((error) => {
      throw error;
    });
  }

  /** All process ids, in no order; none when the root cannot be listed. */
  pids(): number[] {
    const names = this.#names(this.root);
    const pids: number[] = [];
    if (typeof names === "string") return pids;
    for (const name of names) {
      const pid = unsigned(name);
      if (pid !== undefined) pids.push(pid);
    }
    return pids;
  }

  /**
   * A socket table of the network namespace of a process.
   *
   * @param name `tcp`, `udp6`, `sctp/assocs`, ...: as below /proc/PID/net.
   */
  netTable(pid: Pid, name: string): Uint8Array | Missing {
    return this.#read(`${this.root}/${pid}/net/${name}`);
  }

  /** `gone` also when the file is malformed. */
  stat(pid: number): ProcessStat | Missing {
    const bytes = this.#read(`${this.root}/${pid}/stat`);
    return typeof bytes === "string" ? bytes : parseStat(bytes) ?? "gone";
  }

  /** `gone` also when the file is malformed. */
  status(pid: number): ProcessStatus | Missing {
    const bytes = this.#read(`${this.root}/${pid}/status`);
    return typeof bytes === "string" ? bytes : parseStatus(bytes) ?? "gone";
  }

  /** The arguments of a process. */
  cmdline(pid: number): CommandLine | Missing {
    const bytes = this.#read(`${this.root}/${pid}/cmdline`);
    return typeof bytes === "string" ? bytes : parseCommandLine(bytes);
  }

  /**
   * Path of the executable; undefined where there is none (kernel threads, zombies) and where it may not
   * be read.
   */
  exe(pid: number): string | undefined {
    const path = `${this.root}/${pid}/exe`;
    try {
      return this.#system.readLink(path);
    } catch (error) {
      this.#missing(error, path);
      return undefined;
    }
  }

  /** Where the process belongs. */
  cgroup(pid: number): CgroupInfo | Missing {
    const bytes = this.#read(`${this.root}/${pid}/cgroup`);
    return typeof bytes === "string" ? bytes : parseCgroup(bytes);
  }

  /** Inode number of the network namespace of a process; `gone` for zombies too. */
  netns(pid: Pid): number | Missing {
    const path = `${this.root}/${pid}/ns/net`;
    try {
      return bracketed(this.#system.readLink(path), "net:[") ?? "gone";
    } catch (error) {
      return this.#missing(error, path);
    }
  }

  /** Names of the open descriptors of a process. */
  fdNames(pid: number): string[] | Missing {
    return this.#names(`${this.root}/${pid}/fd`);
  }

  /**
   * Inode number of the socket that a descriptor refers to. Undefined when it is none, or closed;
   * {@linkcode DENIED_INODE} when that may not be known, and then the same goes for all descriptors of
   * the process: root may list those of some processes without being allowed to read one.
   */
  socketInode(pid: number, fd: string): number | undefined {
    const path = `${this.root}/${pid}/fd/${fd}`;
    try {
      return bracketed(this.#system.readLink(path), "socket:[");
    } catch (error) {
      return this.#missing(error, path) === "denied" ? DENIED_INODE : undefined;
    }
  }

  /** Value of a sysctl(8) that is a number, named as below /proc/sys; undefined when it cannot be read. */
  sysctl(path: string): number | undefined {
    const bytes = this.#read(`${this.root}/sys/${path}`);
    return typeof bytes === "string" ? undefined : unsigned(textOf(bytes).trim());
  }

  /** Seconds since the epoch when the host was started; undefined when it cannot be read. */
  bootTime(): number | undefined {
    const bytes = this.#read(`${this.root}/stat`);
    return typeof bytes === "string" ? undefined : parseBootTime(bytes);
  }

  /** Clock ticks a second. */
  clockTicks(): number {
    const bytes = this.#read(`${this.root}/self/auxv`);
    return typeof bytes === "string" ? DEFAULT_CLOCK_TICKS : parseClockTicks(bytes);
  }

  /** UUID of this boot; undefined when it cannot be read. */
  bootId(): string | undefined {
    const bytes = this.#read(`${this.root}/sys/kernel/random/boot_id`);
    return typeof bytes === "string" ? undefined : parseBootId(bytes);
  }

  /**
   * Whether the reader has CAP_SYS_PTRACE: then no mount option hides processes from it (`hidepid` of
   * proc(5)), though security modules may hide some.
   */
  mayTrace(): boolean {
    const bytes = this.#read(`${this.root}/self/status`);
    if (typeof bytes === "string") return false;
    const [, effective = "0"] = /\nCapEff:\t([0-9a-f]{1,16})\n/.exec(textOf(bytes)) ?? [];
    return (BigInt(`0x${effective}`) & CAP_SYS_PTRACE) !== 0n;
  }

  /** The mounts that the reader sees, for `parseMountinfo`. */
  mountinfo(): Uint8Array | Missing {
    return this.#read(`${this.root}/self/mountinfo`);
  }

  #missing(error: unknown, path: string): Missing {
    const reason = missing(error);
    if (reason !== undefined) return reason;
    const message = error instanceof Error ? error.message : String(error);
    this.#onError(new ProcFsError(`cannot read "${path}": ${message}`, { cause: error }));
    return "denied";
  }

  #read(path: string): Uint8Array | Missing {
    try {
      return this.#system.readFile(path);
    } catch (error) {
      return this.#missing(error, path);
    }
  }

  #names(path: string): string[] | Missing {
    try {
      const names: string[] = [];
      for (const { name } of this.#system.readDir(path)) names.push(name);
      return names;
    } catch (error) {
      return this.#missing(error, path);
    }
  }
}
