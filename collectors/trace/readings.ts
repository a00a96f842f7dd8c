/** Reads processes from /proc while the trace runs on, at a bounded rate. */
import type { ProcessIdentity } from "../../lib/connection.ts";
import { entityId } from "../../lib/id.ts";
import {
  type ProcessContext,
  ProcessReader,
  readProcess,
  startTicks,
  startTime,
} from "../../lib/procfs/process.ts";
import type { Missing, ProcFs } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";

/** What /proc said of a process. */
export interface Reading {
  /**
   * Microseconds since the epoch when reading began; of one that an exec has caused, the time of that.
   */
  readonly at: number;
  /** Start of the process in clock ticks since the boot. */
  readonly startTicks: number;
  readonly identity: ProcessIdentity;
}

/** What tells one life of a pid from another. */
export type Birth = Pick<ProcessIdentity, "start" | "entityId">;

/** So many a second, and so many at once. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filled = 0;
  #refused = 0;

  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** How often there was none. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes one; false where there is none. @param now Microseconds; a clock that is set back adds none. */
  take(now: number): boolean {
    const elapsed = Math.max(0, now - this.#filled);
    this.#filled = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#rate / 1e6);
    if (this.#tokens < 1) {
      this.#refused++;
      return false;
    }
    this.#tokens--;
    return true;
  }
}

/** Reads processes, and knows the clock of their start times. */
export class Readings {
  readonly #procfs: ProcFs;
  readonly #system: System;
  readonly #hostId: string;
  readonly #bootId: string;
  readonly #reader: ProcessReader;
  readonly #clockTicks: number;
  #context: ProcessContext | undefined;

  /** @param hostId What the function of that name gave. */
  constructor(procfs: ProcFs, system: System, hostId: string) {
    this.#procfs = procfs;
    this.#system = system;
    this.#hostId = hostId;
    this.#bootId = procfs.bootId() ?? "";
    this.#clockTicks = procfs.clockTicks();
    this.#reader = new ProcessReader(procfs, system, hostId);
    this.#context = this.#reader.context();
  }

  /** Reads the boot time and the names of users anew: both may change. */
  refresh(): void {
    this.#context = this.#reader.context() ?? this.#context;
  }

  /** Microseconds since the epoch. */
  now(): number {
    return this.#system.now();
  }

  /** Clock ticks since the boot. @param boot Microseconds since the boot. */
  ticks(boot: number): number {
    return Math.floor(boot * this.#clockTicks / 1e6);
  }

  /** All process ids. */
  pids(): number[] {
    return this.#procfs.pids();
  }

  /**
   * @param parents Parents that were read a moment ago.
   * @param mayEnd As of `readProcess`.
   */
  read(
    pid: number,
    parents: ProcessContext["parents"] = new Map(),
    mayEnd = false,
  ): Reading | Missing {
    const context = this.#context;
    if (context === undefined) return "denied";
    const at = this.now();
    const identity = readProcess(this.#procfs, pid, { ...context, parents }, mayEnd);
    if (typeof identity === "string") return identity;
    return { at, startTicks: startTicks(identity.start, context), identity };
  }

  /** Start of a process or thread in clock ticks since the boot. */
  startTicks(tid: number): number | Missing {
    const stat = this.#procfs.stat(tid);
    return typeof stat === "string" ? stat : stat.startTicks;
  }

  /** The process of a thread. */
  processOf(tid: number): number | Missing {
    const status = this.#procfs.status(tid);
    return typeof status === "string" ? status : status.tgid;
  }

  /** Of a process that only the trace has shown; undefined where the boot time is hidden. */
  birth(pid: number, startTicks: number): Birth | undefined {
    if (this.#context === undefined) return undefined;
    return {
      start: startTime(startTicks, this.#context),
      entityId: entityId(this.#hostId, this.#bootId, pid, startTicks),
    };
  }
}
