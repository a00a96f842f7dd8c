/** The processes that live when the trace begins. */
import type { Reading, Readings } from "./readings.ts";

/** How many are read between two rests: about 3 ms. */
const SLICE = 24;

/** Their readings, until the trace comes to them. */
export class ProcessSeeds {
  readonly #readings: Readings;
  readonly #max: number;
  readonly #byPid = new Map<number, Reading>();

  /** @param max How many are read at most. */
  constructor(readings: Readings, max: number) {
    this.#readings = readings;
    this.#max = max;
  }

  get size(): number {
    return this.#byPid.size;
  }

  /**
   * Reads them. It may rest at each `yield`; it gives how many it has read.
   *
   * @param isKnown Whether one need not be read.
   */
  *read(isKnown: (pid: number) => boolean): Generator<number> {
    let read = 0;
    let parents = new Map();
    for (const pid of this.#readings.pids().slice(0, this.#max)) {
      if (isKnown(pid)) continue;
      const reading = this.#readings.read(pid, parents);
      if (typeof reading !== "string") this.#byPid.set(pid, reading);
      if (++read % SLICE !== 0) continue;
      yield read;
      parents = new Map();
    }
  }

  get(pid: number): Reading | undefined {
    return this.#byPid.get(pid);
  }

  delete(pid: number): void {
    this.#byPid.delete(pid);
  }

  /** The pid begins or ends a life then: a reading of one that began before is of no more use. */
  outlive(pid: number, ticks: number): void {
    const seed = this.#byPid.get(pid);
    if (seed !== undefined && seed.startTicks <= ticks) this.#byPid.delete(pid);
  }

  /** What was read may not be so any more. */
  clear(): void {
    this.#byPid.clear();
  }
}
