/** From the clock of the trace to that of the wall. */

/** How many times the two clocks are read: the reading that took least counts. */
const READINGS = 5;

/** The two clocks. */
export interface Clocks {
  /** The clock of the trace, microseconds: `TraceReader.now`. */
  readonly trace: () => number;
  /** Microseconds since the epoch: `System.now`. */
  readonly wall: () => number;
}

/**
 * Tells the wall time of events. The offset between the clocks is measured with every {@linkcode sync}: the
 * kernel says the trace's time of this moment in the `stats` file of a CPU, and the wall clock is read
 * before and after. An offset holds until a measurement contradicts it, so that times do not tremble, and
 * for events from that measurement on: those before it keep the offset under which they happened.
 */
export class TraceClock {
  readonly #clocks: Clocks;
  #offset = 0;
  #previous = 0;
  #since = -Infinity;
  #error = Infinity;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.sync();
  }

  /** Half the time that the best of the last readings took, microseconds: the offset is no further off. */
  get error(): number {
    return this.#error;
  }

  /**
   * Measures the offset anew. To be called every ten seconds or so: the wall clock is set and slewed.
   *
   * @returns By how many microseconds the wall clock has moved against the trace; 0 the first time.
   */
  sync(): number {
    const { offset, error, trace } = this.#measure();
    if (Number.isNaN(offset)) return 0;
    const first = this.#error === Infinity;
    this.#error = error;
    const moved = offset - this.#offset;
    if (!first && Math.abs(moved) <= error + 1) return 0;
    this.#previous = first ? offset : this.#offset;
    this.#since = trace;
    this.#offset = offset;
    return first ? 0 : moved;
  }

  /** Whole microseconds since the epoch. @param boot Time of an event on the clock of the trace. */
  toWall(boot: number): number {
    return Math.round(boot + (boot < this.#since ? this.#previous : this.#offset));
  }

  #measure(): { offset: number; error: number; trace: number } {
    let best = { offset: NaN, error: Infinity, trace: NaN };
    for (let left = READINGS; left > 0; left--) {
      const before = this.#clocks.wall();
      const trace = this.#clocks.trace();
      const after = this.#clocks.wall();
      const error = (after - before) / 2;
      // Less than nothing: the wall clock was set back in between.
      if (error < 0 || error >= best.error) continue;
      best = { offset: (before + after) / 2 - trace, error, trace };
    }
    return best;
  }
}
