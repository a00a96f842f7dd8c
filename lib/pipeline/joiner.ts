/**
 * One connection that two collectors saw is one record: whose it is says `trace`, what address
 * translation did to it and how much it carried says `conntrack`.
 */
import type { Watermark } from "../collector.ts";
import type { Connection } from "../connection.ts";
import { hasCounters, joined } from "./joined_record.ts";
import { JoinIndex } from "./join_index.ts";

/**
 * How long the first of two waits for the other, microseconds: `trace` tells of a pending connect after 1.5
 * seconds at most, and `conntrack` looks twice for a process.
 */
const WAIT = 2_500_000;

/** How much longer one waits for a collector that is behind, microseconds. */
const WAIT_FOR_LATE = 10_000_000;

/** What began so much before the watermark of a collector is not held back by it any more, microseconds. */
const HELD_BACK = 2_000_000;

/** How long a close waits for the counters: as long as the kernel tracks a closed TCP connection (120 s), and some. */
const WAIT_FOR_COUNTERS = 130_000_000;

/** How many connections of either collector are known at the same time, unless memory is short. */
export const MAX_RECORDS = 262_144;

/** How far a collector is. */
interface Progress {
  /** Its latest {@linkcode Watermark}. */
  watermark: number;
  /** When that came. */
  came: number;
}

/** What is known of one connection. */
interface Pair {
  /** By it the other collector's finds it. */
  first: Connection;
  /** Its latest record that is no close, and its close, of either collector. */
  trace: Connection | undefined;
  traceClose: Connection | undefined;
  flow: Connection | undefined;
  flowClose: Connection | undefined;
  /** The id that its records have; absent while nothing of it was given out. */
  id: string | undefined;
  isClosed: boolean;
  /** Until when what is held back waits, microseconds; absent where nothing does. */
  due: number | undefined;
  /** How many of its records were taken and not given out. */
  balance: number;
}

/** Joins the records of both collectors. Times are microseconds since the epoch. */
export class Joiner {
  readonly #out: (record: Connection) => void;
  readonly #onFolded: (count: number) => void;
  readonly #max: number;
  /** Pairs that only one collector has told of. */
  readonly #single = new JoinIndex<Pair>();
  readonly #byId = new Map<string, Pair>();
  /** Pairs with something that is held back. */
  readonly #waiting = new Set<Pair>();
  readonly #traces: Progress = { watermark: -Infinity, came: -Infinity };
  readonly #flows: Progress = { watermark: -Infinity, came: -Infinity };
  /** Whether the kernel counts, as flows that ended tell: not every one, for its end may have been missed. */
  #counts: boolean | undefined;

  /**
   * @param out Takes records.
   * @param onFolded Told how many records live on inside others.
   * @param max How many connections of either collector are known at the same time, at most.
   */
  constructor(
    out: (record: Connection) => void,
    onFolded: (count: number) => void,
    max: number = MAX_RECORDS,
  ) {
    this.#max = max;
    this.#out = out;
    this.#onFolded = onFolded;
  }

  /** How many records of either collector belong to a connection that is known. */
  get size(): number {
    return this.#byId.size;
  }

  /** Takes a record of either collector; those of others and listeners pass. */
  add(record: Connection, now: number): void {
    const isTrace = record.collector === "trace";
    if (record.remote === undefined || !(isTrace || record.collector === "conntrack")) {
      return this.#out(record);
    }
    const known = this.#byId.get(record.id);
    const pair = known === undefined || tellsPort(record, known)
      ? this.#meet(record, isTrace, known)
      : known;
    pair.balance++;
    if (isTrace) this.#takeTrace(pair, record);
    else this.#takeFlow(pair, record);
    this.#settle(pair, now);
    if (this.#byId.size > this.#max) this.#forgetOldest();
  }

  /** Takes note of how far a collector is. */
  mark({ collector, time }: Watermark, now: number): void {
    const progress = collector === "trace" ? this.#traces : this.#flows;
    progress.watermark = time;
    progress.came = now;
  }

  /** Gives out what has waited long enough. */
  advance(now: number): void {
    for (const pair of this.#waiting) if ((pair.due ?? 0) <= now) this.#settle(pair, now);
  }

  /** Gives out everything. */
  end(): void {
    for (const pair of this.#byId.values()) {
      this.#settle(pair, Infinity);
      this.#forget(pair);
    }
  }

  #takeTrace(pair: Pair, record: Connection): void {
    if (record.event === "close") pair.traceClose = record;
    else if (pair.id === undefined) pair.trace = { ...record, event: "open" };
    else {
      pair.trace = record;
      this.#give(pair, { ...joined(pair, record), event: "update" });
    }
  }

  #takeFlow(pair: Pair, record: Connection): void {
    if (record.event === "close") {
      pair.flowClose = record;
      this.#counts = hasCounters(record) || this.#counts === true;
      return;
    }
    pair.flow = pair.id === undefined ? { ...record, event: "open" } : record;
    if (pair.id !== undefined && !hasTrace(pair)) this.#give(pair, record);
  }

  /** Gives out what is complete, or has waited long enough for what is missing. */
  #settle(pair: Pair, now: number): void {
    const { trace, traceClose, flow, flowClose } = pair;
    const isFlow = hasFlow(pair);
    if (pair.id === undefined) {
      const isBoth = hasTrace(pair) && isFlow;
      if (!isBoth && this.#isAwaited(pair, now)) return;
      if (trace !== undefined) this.#give(pair, joined(pair, trace));
      else if (traceClose === undefined && flow !== undefined) this.#give(pair, flow);
    }
    if (traceClose !== undefined && !pair.isClosed) {
      const isComplete = hasCounters(traceClose) || flowClose !== undefined || !isFlow ||
        this.#counts === false;
      if (!isComplete && !this.#isDue(pair, now, WAIT_FOR_COUNTERS)) return;
      this.#give(pair, joined(pair, traceClose));
      pair.isClosed = true;
    } else if (flowClose !== undefined && !hasTrace(pair)) {
      this.#give(pair, flowClose);
      pair.isClosed = true;
    }
    this.#rest(pair);
    // A flow is tracked for a while after its connection was closed.
    if (pair.isClosed && (flowClose !== undefined || !isFlow)) this.#forget(pair);
  }

  /** Whether it has waited; it waits from the first time on that it is asked. */
  #isDue(pair: Pair, now: number, wait: number): boolean {
    if (pair.due === undefined) {
      pair.due = now + wait;
      this.#waiting.add(pair);
    }
    return pair.due <= now;
  }

  /** Whether the other collector may still tell of it: if it is behind, then for longer. */
  #isAwaited(pair: Pair, now: number): boolean {
    const { watermark, came } = hasTrace(pair) ? this.#flows : this.#traces;
    if (watermark === Infinity) return false;
    if (!this.#isDue(pair, now, WAIT)) return true;
    const first = pair.trace ?? pair.flow ?? pair.traceClose ?? pair.flowClose ?? pair.first;
    return watermark < first.time + HELD_BACK && came + WAIT_FOR_LATE > now &&
      now < (pair.due ?? 0) + WAIT_FOR_LATE;
  }

  #rest(pair: Pair): void {
    pair.due = undefined;
    this.#waiting.delete(pair);
  }

  #give(pair: Pair, record: Connection): void {
    if (pair.id === undefined) this.#rest(pair);
    pair.id ??= record.id;
    pair.balance--;
    this.#out(record.id === pair.id ? record : { ...record, id: pair.id });
  }

  /**
   * The pair of the record that the other collector has told of, or one of its own.
   *
   * @param known What it is in, without a port to be found by.
   */
  #meet(record: Connection, isTrace: boolean, known?: Pair): Pair {
    if (known !== undefined) this.#single.remove(known.first, known);
    const met = this.#single.find(record, (pair) => !(isTrace ? hasTrace(pair) : hasFlow(pair)));
    if (met !== undefined) {
      this.#single.remove(met.first, met);
      this.#byId.set(record.id, met);
      if (known === undefined) return met;
      this.#rest(known);
      met.trace = known.trace;
      met.balance += known.balance;
      return met;
    }
    const pair = known ?? {
      first: record,
      trace: undefined,
      traceClose: undefined,
      flow: undefined,
      flowClose: undefined,
      id: undefined,
      isClosed: false,
      due: undefined,
      balance: 0,
    };
    pair.first = record;
    this.#single.add(record, pair);
    this.#byId.set(record.id, pair);
    return pair;
  }

  #forget(pair: Pair): void {
    this.#waiting.delete(pair);
    this.#onFolded(pair.balance);
    pair.balance = 0;
    this.#single.remove(pair.first, pair);
    const { trace, traceClose, flow, flowClose } = pair;
    for (const record of [trace ?? traceClose, flow ?? flowClose]) {
      if (record !== undefined) this.#byId.delete(record.id);
    }
  }

  #forgetOldest(): void {
    const [pair] = this.#byId.values();
    if (pair === undefined) return;
    this.#settle(pair, Infinity);
    if (this.#byId.size > this.#max) this.#forget(pair);
  }
}

function hasTrace({ trace, traceClose }: Pair): boolean {
  return trace !== undefined || traceClose !== undefined;
}

function hasFlow({ flow, flowClose }: Pair): boolean {
  return flow !== undefined || flowClose !== undefined;
}

/** Whether the record can be found by its port, and the pair, of which nothing was given out, by none. */
function tellsPort({ local }: Connection, { first, id }: Pair): boolean {
  return id === undefined && (first.local.port ?? 0) === 0 && (local.port ?? 0) !== 0;
}
