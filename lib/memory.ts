/**
 * What `--memory` allows: what a program takes that knows of nothing yet, and from that how large the tables
 * of its collectors may be.
 *
 * The figures are measured: resident memory (`VmHWM` of proc_pid_status(5)) while 5,000 connections a second
 * come, with the flags that deno.json compiles in, which bound the young generations of all heaps.
 */
import { EXIT, ExitError } from "./exit.ts";

const MIB = 2 ** 20;

/** The program itself, mapped files included, its main thread, and what is under way to it; what it may know. */
const PROGRAM: MemoryNeed = { least: 100, tables: 300 };

/** How small tables get where there is little memory: a host has so many connections and threads soon. */
const LEAST_PART = 1 / 64;

/** What a thread takes, MiB. */
export interface MemoryNeed {
  /** With tables that are as small as they get. */
  readonly least: number;
  /** How much more when its tables are full, of their usual sizes. */
  readonly tables: number;
}

/** What a run does with the memory that it may take. */
export interface MemoryPlan {
  readonly limitBytes: number;
  /** As in `CollectorOptions`. */
  readonly tables: number;
}

/**
 * Shares out the memory.
 *
 * @param needs Of all collectors and outputs that run at the same time.
 * @throws ExitError 64 when it is less than what is needed in any case.
 */
export function planMemory(limitBytes: number, needs: readonly MemoryNeed[]): MemoryPlan {
  let { least, tables } = PROGRAM;
  for (const need of needs) {
    least += need.least;
    tables += need.tables;
  }
  const room = limitBytes / MIB - least;
  if (room < 0) {
    throw new ExitError(
      EXIT.usage,
      `value of "--memory" is too small: this run needs ${Math.ceil(least)}M at least`,
    );
  }
  return { limitBytes, tables: Math.min(1, room / tables + LEAST_PART) };
}

/** Entries of a table that usually has so many at most. @param part As in `CollectorOptions.tables`. */
export function tableSize(usual: number, part = 1): number {
  return Math.ceil(usual * part);
}
