/** Readings of processes that have executed something, which the trace will tell later. */
import { fits, type Image, type Life, runs } from "./process_entry.ts";
import type { Reading } from "./readings.ts";

/** By how much the time of an exec may differ where it is told twice, microseconds: it is rounded. */
const SLACK = 100;

/** How long the trace may be behind, microseconds. */
const KEPT = 10e6;

/**
 * Early readings by pid, in the order of reading. Each waits for the exec that it followed, and counts
 * for that one only: it must be younger than the exec, of the same life of its pid, and not be of
 * another program.
 */
export class EarlyReads {
  readonly #limit: number;
  readonly #byPid = new Map<number, Reading[]>();
  #count = 0;

  /** @param limit How many are kept; the pids that have waited longest go first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many wait. */
  get size(): number {
    return this.#count;
  }

  /** Keeps a reading. */
  add(pid: number, reading: Reading): void {
    const waiting = this.#byPid.get(pid);
    if (waiting === undefined) this.#byPid.set(pid, [reading]);
    else waiting.push(reading);
    this.#count++;
    for (const oldest of this.#byPid.keys()) {
      if (this.#count <= this.#limit) break;
      this.#drop(oldest);
    }
  }

  /**
   * Takes the first reading of an image that began at `since`, and drops those that are older than it.
   * Those that may be of a later image remain.
   */
  take(life: Life, since: number, image: Image): Reading | undefined {
    const waiting = this.#byPid.get(life.pid);
    if (waiting === undefined) return undefined;
    const found = waiting.find((reading) =>
      reading.at >= since - SLACK && fits(life, reading.startTicks) &&
      runs(image, reading.identity)
    );
    this.#keep(
      life.pid,
      (reading) => reading !== found && reading.at >= Math.max(since - SLACK, found?.at ?? 0),
    );
    return found;
  }

  /** A reading that followed an exec of this life which the trace has not told, being at `time` only. */
  ahead(life: Life, time: number): Reading | undefined {
    return this.#byPid.get(life.pid)?.find((reading) =>
      reading.at > time && fits(life, reading.startTicks)
    );
  }

  /** Drops what has waited too long. @param time Where the trace is. */
  expire(time: number): void {
    for (const pid of this.#byPid.keys()) this.#keep(pid, ({ at }) => at > time - KEPT);
  }

  #keep(pid: number, wanted: (reading: Reading) => boolean): void {
    const waiting = this.#byPid.get(pid) ?? [];
    const kept = waiting.filter(wanted);
    this.#count -= waiting.length - kept.length;
    if (kept.length === 0) this.#byPid.delete(pid);
    else this.#byPid.set(pid, kept);
  }

  #drop(pid: number): void {
    this.#keep(pid, () => false);
  }
}
