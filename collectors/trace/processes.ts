/**
 * Who a thread is at the place in the trace where it is asked.
 *
 * The trace is read tens of milliseconds late, and /proc shows the present. What joins them: a process
 * that is read at some time, and that began before an event, has had its pid at that event too. So a
 * reading counts for a life of a pid when its start time is the one that /proc or the fork's own time has
 * given; and where neither is known, when it began before the tick of the clock in which the event was.
 */
import type { ProcFs } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";
import { EarlyReads } from "./early_reads.ts";
import type { ExecEvent, ExitEvent, ForkEvent, TraceEvent } from "./event.ts";
import type { Owner, Owners } from "./happening.ts";
import {
  bear,
  executedImage,
  fits,
  forked,
  forkedLife,
  type Found,
  isProcess,
  learn,
  type ProcessEntry,
  runs,
  samePrograms,
  stranger,
} from "./process_entry.ts";
import { LATE, NOBODY, ProcessNames } from "./process_names.ts";
import { ProcessSeeds } from "./process_seeds.ts";
import { type Reading, Readings, TokenBucket } from "./readings.ts";
import { type Task, Tasks } from "./tasks.ts";

/** What may be chosen. */
export interface ProcessTableOptions {
  /** How many threads are kept. */
  readonly limit?: number;
  /** How long one is kept after its end, microseconds of the trace. */
  readonly grace?: number;
  /** How many processes a second are read. */
  readonly readsPerSecond?: number;
  /** How many may be read at once before that counts. */
  readonly burst?: number;
}

/** How many processes are read when the trace begins, at most. */
const MAX_SEEDS = 32_768;

/** How often the boot time and the names of users are read anew, microseconds of the trace. */
const REFRESH = 10e6;

/** Follows the processes of the host through a trace. */
export class ProcessTable implements Owners {
  readonly #readings: Readings;
  readonly #names: ProcessNames;
  readonly #early: EarlyReads;
  readonly #tasks: Tasks;
  readonly #seeds: ProcessSeeds;
  readonly #budget: TokenBucket;
  /** How often events were lost. */
  #losses = 0;
  /** Where the trace is: microseconds since the epoch, and since the boot. */
  #time = 0;
  #boot = Infinity;
  #refreshed = 0;

  /** @param hostId What the function of that name gave. */
  constructor(procfs: ProcFs, system: System, hostId: string, options: ProcessTableOptions = {}) {
    const { limit = 65_536, grace = 5e6, readsPerSecond = 2000, burst = 500 } = options;
    this.#readings = new Readings(procfs, system, hostId);
    this.#seeds = new ProcessSeeds(this.#readings, Math.min(limit, MAX_SEEDS));
    this.#names = new ProcessNames(this.#readings);
    this.#early = new EarlyReads(Math.min(limit, 8192));
    this.#tasks = new Tasks(limit, grace);
    this.#budget = new TokenBucket(readsPerSecond, burst);
  }

  /** How many processes were not read because there were too many of them. */
  get skippedReads(): number {
    return this.#budget.refused;
  }

  /** How many threads were forgotten while they lived, because there were too many. */
  get forgotten(): number {
    return this.#tasks.forgotten;
  }

  /** How many threads and early readings are kept. */
  get size(): number {
    return this.#tasks.size + this.#seeds.size + this.#early.size;
  }

  /**
   * Reads the processes that live, once the trace is on. It may rest at each `yield`, also while events
   * are applied; it gives how many it has read.
   */
  seed(): Generator<number> {
    return this.#seeds.read((pid) => this.#tasks.get(pid) !== undefined);
  }

  /** Takes a reading of a process that had just executed something: the trace tells of that later. */
  executed(pid: number, reading: Reading): void {
    this.#early.add(pid, reading);
  }

  /** Events were lost before the next one that is applied: what is known must be read anew. */
  lost(): void {
    this.#losses++;
    this.#seeds.clear();
  }

  /**
   * Goes on in the trace. Every event may be given, and those of processes must be; others only tell
   * where the trace is.
   */
  apply(event: TraceEvent): void {
    this.#time = event.time;
    this.#boot = event.boot;
    if (event.type === "fork") this.#fork(event);
    else if (event.type === "exec") this.#exec(event);
    else if (event.type === "exit") this.#exit(event);
    else return;
    this.#tasks.prune(event.boot);
    if (Math.abs(event.time - this.#refreshed) < REFRESH) return;
    this.#refreshed = event.time;
    this.#readings.refresh();
    this.#early.expire(event.time);
  }

  /** Whose a thread is where the trace is. The same object is given while nothing has changed. */
  of(tid: number): Owner {
    if (tid === 0) return NOBODY.kernel;
    const found = this.#find(tid);
    if (!isProcess(found)) return found;
    this.#settle(found);
    return this.#names.ownerOf(found, this.#time);
  }

  #fork({ tid, child, thread, comm, time, boot }: ForkEvent): void {
    const found = this.#find(tid);
    const parent = isProcess(found) ? found : undefined;
    const before = this.#tasks.get(child);
    const seed = this.#seeds.get(child);
    const ticks = this.#readings.ticks(boot);
    this.#seeds.outlive(child, ticks);
    if (thread) {
      if (parent !== undefined) this.#tasks.set(child, parent, this.#losses);
      else this.#tasks.delete(child);
      return;
    }
    const ended = before && this.#readings.ticks(before.ended ?? Infinity);
    const entry = forked(parent, forkedLife(child, ticks, ended), { comm, time });
    this.#tasks.set(child, entry, this.#losses);
    if (seed !== undefined && fits(entry.life, seed.startTicks)) this.#early.add(child, seed);
  }

  #exec({ pid, oldPid, filename, time, boot }: ExecEvent): void {
    let found = this.#find(pid);
    if (!isProcess(found) && oldPid !== pid) found = this.#find(oldPid);
    if (oldPid !== pid) this.#tasks.delete(oldPid);
    const entry = isProcess(found) ? found : stranger(pid, this.#readings.ticks(boot) - 1);
    const { image: before, inherited } = entry;
    const image = executedImage(before, filename, time);
    entry.image = image;
    entry.inherited = false;
    entry.settled = false;
    delete entry.kin;
    delete entry.ended;
    this.#tasks.set(pid, entry, this.#losses);
    const reading = this.#early.take(entry.life, time, image);
    if (reading !== undefined) {
      learn(entry, reading);
    } else if (before.program !== undefined && !inherited && before.readAt >= time) {
      // It was read after this exec, before the trace came to it.
      if (!runs(image, before.program)) return;
      image.program = before.program;
      image.readAt = before.readAt;
      entry.settled = true;
    }
  }

  #exit({ tid, boot }: ExitEvent): void {
    const ticks = this.#readings.ticks(boot);
    const seed = this.#seeds.get(tid);
    if (seed !== undefined && seed.startTicks < ticks) this.#find(tid);
    this.#seeds.outlive(tid, ticks);
    this.#tasks.end(tid, boot);
    const process = this.#tasks.get(tid)?.process;
    if (process?.life.pid === tid) process.ended ??= ticks;
  }

  #find(tid: number): Found {
    const task = this.#tasks.get(tid);
    if (task === undefined) return this.#discover(tid);
    if (task.losses === this.#losses) return task.process;
    const { process } = task;
    if (process.life.pid === tid && task.ended === undefined) return this.#verify(task);
    this.#tasks.delete(tid);
    return this.#discover(tid);
  }

  /** Whether what began then was there before the event where the trace is. */
  #wasThere(startTicks: number): boolean {
    return startTicks < this.#readings.ticks(this.#boot);
  }

  #discover(tid: number): Found {
    const seed = this.#seeds.get(tid);
    if (seed !== undefined) {
      if (!this.#wasThere(seed.startTicks)) return NOBODY.gone;
      this.#seeds.delete(tid);
      return this.#adopt(tid, seed);
    }
    if (!this.#allowed()) return NOBODY.skipped;
    const pid = this.#readings.processOf(tid);
    if (typeof pid === "string") return pid === "denied" ? NOBODY.denied : NOBODY.gone;
    if (pid === tid) return this.#adoptRead(tid, this.#readings.read(tid));
    const startTicks = this.#readings.startTicks(tid);
    if (typeof startTicks === "string" || !this.#wasThere(startTicks)) return NOBODY.gone;
    const found = this.#find(pid);
    if (isProcess(found)) this.#tasks.set(tid, found, this.#losses);
    return found;
  }

  #adoptRead(pid: number, reading: Reading | string): Found {
    if (typeof reading === "string") return reading === "denied" ? NOBODY.denied : NOBODY.gone;
    if (!this.#wasThere(reading.startTicks)) return NOBODY.gone;
    return this.#adopt(pid, reading);
  }

  /** Takes in a process that was there before the trace, or whose fork was lost. */
  #adopt(pid: number, reading: Reading): ProcessEntry {
    const entry = stranger(pid, reading.startTicks);
    learn(entry, reading);
    entry.image.late = LATE.afterEvent;
    this.#tasks.set(pid, entry, this.#losses);
    return entry;
  }

  /** Looks whether a process is still what it was before events were lost. */
  #verify(task: Task): Found {
    const { process } = task;
    const { pid } = process.life;
    if (!this.#allowed()) return NOBODY.skipped;
    const reading = this.#readings.read(pid);
    if (typeof reading === "string" || !fits(process.life, reading.startTicks)) {
      // Its id may be that of a thread.
      this.#tasks.delete(pid);
      return this.#discover(pid);
    }
    task.losses = this.#losses;
    const known = process.image.program;
    if (known === undefined || !samePrograms(known, reading.identity)) {
      process.image = { readAt: 0, late: LATE.afterLoss };
      process.inherited = false;
      delete process.kin;
    }
    learn(process, reading);
    return process;
  }

  #allowed(): boolean {
    return this.#budget.take(this.#readings.now());
  }

  /** Finds out what can be found out of a process where the trace is. */
  #settle(entry: ProcessEntry): void {
    if (entry.settled) return;
    if (!entry.inherited) {
      const early = this.#early.take(entry.life, entry.image.since ?? 0, entry.image);
      if (early !== undefined) return learn(entry, early);
    }
    const ahead = this.#early.ahead(entry.life, this.#time);
    if (ahead !== undefined) {
      bear(entry, ahead);
      return this.#settleParent(entry);
    }
    if (entry.ended !== undefined || !this.#allowed()) return this.#settleParent(entry);
    const reading = this.#readings.read(entry.life.pid);
    if (typeof reading === "string" || !fits(entry.life, reading.startTicks)) {
      entry.settled = true;
      return this.#settleParent(entry);
    }
    const { image } = entry;
    const known = image.filename !== undefined || image.program !== undefined;
    if (known && runs(image, reading.identity)) return learn(entry, reading);
    bear(entry, reading);
    entry.settled = true;
    // It has executed something since, which the trace has yet to tell.
    if (known && entry.inherited) return;
    // Its children may have an earlier image from it.
    entry.image = { ...image, late: known ? LATE.afterExec : LATE.afterEvent };
    entry.inherited = false;
    delete entry.kin;
    learn(entry, reading);
  }

  /** A child that has ended runs what its parent does, which may live. */
  #settleParent(entry: ProcessEntry): void {
    const { image, parent } = entry;
    if (!entry.inherited || image.program !== undefined) return;
    if (parent === undefined || !("life" in parent)) return;
    const task = this.#tasks.get(parent.life.pid);
    if (task?.losses !== this.#losses || task.process.image !== image) return;
    if (task.process.life === parent.life) this.#settle(task.process);
  }
}
