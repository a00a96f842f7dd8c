/** Reads the events of all CPUs of a tracefs instance, and gives them out in the order of their times. */
import type { System } from "../../lib/system.ts";
import { CpuBuffer, type Pages } from "./cpu_buffer.ts";
import { onlineCpus } from "./cpus.ts";
import type { TraceEvent } from "./event.ts";

/** Makes events of the bytes of a page. */
export interface PageDecoder {
  /** Appends the events of the page to `into`. The page is not changed any more: events may point to it. */
  decode(page: Uint8Array, into: TraceEvent[]): unknown;
}

/** What the reader needs of a CPU: a {@linkcode CpuBuffer}. */
export type EventBuffer = Pick<CpuBuffer, "stats" | "page" | typeof Symbol.dispose>;

/** How much is read, and how long is waited. */
export interface ReaderLimits {
  /** Pages that one call of `drain` reads at most, over all CPUs. */
  readonly pages: number;
  /**
   * How old an event is at least when it is given out, microseconds. It is written some time after its own,
   * and an interrupt may come in between.
   */
  readonly margin: number;
}

/**
 * Pages for about 5 ms, in which nothing else is done. The margin is longer than interrupts take in a row
 * (MAX_SOFTIRQ_TIME, 2 ms), so that the readings of processes that have executed something are there before
 * their events.
 */
const LIMITS: ReaderLimits = { pages: 256, margin: 10_000 };

/** Every so many calls a CPU is read though the kernel says that it has nothing. */
const DOUBT = 64;

/** Where the rings are. */
export interface ReaderSource {
  readonly system: Pick<System, "readDir" | "readFile" | "openRead" | "openNonBlocking">;
  /** A `TraceInstance`. */
  readonly instance: Pages & { readonly path: string };
}

/** What is known of one CPU. */
interface Lane {
  readonly buffer: EventBuffer;
  /** Events that are read and not given out: those from {@linkcode at} on. */
  events: TraceEvent[];
  at: number;
  /** Events of it that the kernel has lost. */
  lost: number;
  /** No event before this time can still come, microseconds since the boot. */
  frontier: number;
  /** Nothing is left to be read in this call. */
  empty: boolean;
}

/**
 * Every CPU has a ring of its own, and each is read at another moment: an event of one CPU may be read
 * after later ones of another. So each CPU has a *frontier*, a time before which nothing of it can come any
 * more: that of its last event (a ring is in order), or, where the ring is empty, the moment at which it was
 * seen to be empty. What is not later than the least of all frontiers is given out, the rest waits for the
 * next call. The CPU whose frontier is the least is read next: thus a flood on one CPU keeps none of the
 * others back for longer than need be, and no more than a page of each CPU waits in memory.
 */
export class TraceReader implements Disposable {
  readonly #lanes: Lane[] = [];
  readonly #decoder: PageDecoder;
  readonly #limits: ReaderLimits;
  readonly #known = new Set<number>();
  #unreadable: ReadonlyMap<number, unknown> = new Map();
  #source: ReaderSource | undefined;
  #calls = 0;
  #latest = -Infinity;
  #behind = false;
  #late = 0;
  #pages = 0;
  #lost = 0;
  #horizon = -Infinity;

  /** A reader that has no CPU yet: {@linkcode TraceReader.open} gives one that has. */
  constructor(decoder: PageDecoder, limits: ReaderLimits = LIMITS) {
    this.#decoder = decoder;
    this.#limits = limits;
  }

  /** Opens the rings of all CPUs that are switched on. Dispose of it before the instance. */
  static async open(
    source: ReaderSource,
    decoder: PageDecoder,
    limits?: Partial<ReaderLimits>,
  ): Promise<TraceReader> {
    const reader = new TraceReader(decoder, { ...LIMITS, ...limits });
    reader.#source = source;
    await reader.lookForCpus();
    const [failure] = reader.#unreadable.values();
    if (reader.#lanes.length === 0 && failure !== undefined) throw failure;
    return reader;
  }

  /**
   * Opens the rings of CPUs that were switched on in the meantime. To be called now and then: one that
   * cannot be opened, because it has just gone for one, is tried again.
   */
  async lookForCpus(): Promise<void> {
    if (this.#source === undefined) return;
    const { system, instance } = this.#source;
    const failures = new Map<number, unknown>();
    for (const cpu of onlineCpus(system, instance.path)) {
      if (this.#known.has(cpu)) continue;
      try {
        this.add(await CpuBuffer.open(system, `${instance.path}/per_cpu/cpu${cpu}`, instance));
        this.#known.add(cpu);
      } catch (error) {
        failures.set(cpu, error);
      }
    }
    this.#unreadable = failures;
  }

  /** Numbers of the CPUs that are switched on and could not be opened, with the reasons. */
  get unreadable(): ReadonlyMap<number, unknown> {
    return this.#unreadable;
  }

  /** Reads this ring too, and disposes of it at the end. */
  add(buffer: EventBuffer): void {
    const events: TraceEvent[] = [];
    this.#lanes.push({ buffer, events, at: 0, lost: 0, frontier: -Infinity, empty: false });
  }

  /** Whether the last call of {@linkcode drain} left events unread because there were too many. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Events that were given out after later ones: the margin was too small for them. */
  get late(): number {
    return this.#late;
  }

  /** Events that the kernel has lost so far, on all CPUs. */
  get lost(): number {
    return this.#lost;
  }

  /** Where the trace is after the last call: what has not been given out is later, microseconds. */
  get horizon(): number {
    return this.#horizon;
  }

  /** The trace clock, microseconds since the boot. NaN without CPUs. */
  now(): number {
    return this.#lanes[0]?.buffer.stats().now ?? NaN;
  }

  /** Reads what there is, and gives out what nothing earlier can follow, in the order of `boot`. */
  drain(): TraceEvent[] {
    return this.#giveOut(this.#read(false));
  }

  /** All that is left, to the last event, in the same order. For a trace that is stopped. */
  *finish(): Generator<TraceEvent[]> {
    // Each turn reads at least a page, and the rings have an end: nothing is written any more.
    for (let before = -1; before !== this.#pages;) {
      before = this.#pages;
      yield this.#giveOut(this.#read(true));
    }
    yield this.#giveOut(Infinity);
  }

  [Symbol.dispose](): void {
    for (const { buffer } of this.#lanes.splice(0)) buffer[Symbol.dispose]();
  }

  /** Reads up to the limit. Returns the least frontier. */
  #read(toTheEnd: boolean): number {
    const { margin } = this.#limits;
    const doubt = toTheEnd || this.#calls++ % DOUBT === 0;
    let left = this.#limits.pages;
    let end = toTheEnd ? Infinity : NaN;
    for (const lane of this.#lanes) lane.empty = false;
    for (;;) {
      const lane = this.#least();
      // What is written from the first look on is for the next call: a busy CPU has no end.
      if (lane === undefined || lane.frontier >= end) {
        this.#behind = false;
        break;
      }
      if (left === 0) {
        this.#behind = true;
        break;
      }
      const { entries, now, lost } = lane.buffer.stats();
      this.#lost += Math.max(0, lost - lane.lost);
      lane.lost = Math.max(lane.lost, lost);
      if (Number.isNaN(end)) end = now - margin;
      const page = entries === 0 && !doubt ? undefined : lane.buffer.page();
      if (page === undefined) {
        lane.empty = true;
        lane.frontier = Math.max(lane.frontier, now - margin);
        continue;
      }
      left--;
      this.#pages++;
      this.#decoder.decode(page, lane.events);
      const last = lane.events.at(-1);
      if (last !== undefined) lane.frontier = Math.max(lane.frontier, last.boot);
    }
    const limit = Number.isNaN(end) ? Infinity : end;
    this.#horizon = Math.max(this.#horizon, Math.min(this.#leastFrontier(), limit));
    return this.#horizon;
  }

  /** The CPU to be read next; undefined when all are empty. */
  #least(): Lane | undefined {
    let least: Lane | undefined;
    for (const lane of this.#lanes) {
      if (!lane.empty && (least === undefined || lane.frontier < least.frontier)) least = lane;
    }
    return least;
  }

  #leastFrontier(): number {
    let least = Infinity;
    for (const { frontier } of this.#lanes) least = Math.min(least, frontier);
    return least;
  }

  /** Merges what is not later than the horizon. */
  #giveOut(horizon: number): TraceEvent[] {
    const out: TraceEvent[] = [];
    for (;;) {
      let first: Lane | undefined;
      let firstTime = Infinity;
      let otherTime = Infinity;
      for (const lane of this.#lanes) {
        const time = lane.events[lane.at]?.boot ?? Infinity;
        if (time < firstTime) {
          otherTime = firstTime;
          firstTime = time;
          first = lane;
        } else if (time < otherTime) {
          otherTime = time;
        }
      }
      if (first === undefined || firstTime > horizon) break;
      this.#take(first, Math.min(otherTime, horizon), out);
    }
    for (const lane of this.#lanes) {
      if (lane.at === 0) continue;
      lane.events = lane.at === lane.events.length ? [] : lane.events.slice(lane.at);
      lane.at = 0;
    }
    return out;
  }

  /** Moves the events of one CPU up to that time. */
  #take(lane: Lane, end: number, out: TraceEvent[]): void {
    for (const { events } = lane; lane.at < events.length; lane.at++) {
      const event = events[lane.at];
      if (event === undefined || event.boot > end) break;
      if (event.boot < this.#latest) this.#late++;
      else this.#latest = event.boot;
      out.push(event);
    }
  }
}
