/** Folds connections into summaries, window by window. */
import type { Connection } from "../../connection.ts";
import type { FoldField } from "./fields.ts";
import { idPrefix } from "../../id.ts";
import { Keys } from "./keys.ts";
import { type OpenConnection, OpenConnections } from "./open_connections.ts";
import { addAmounts, type Amounts, amountsOf, COUNTERS, noAmounts, Summary } from "./summary.ts";

/** How connections are folded. */
export interface FoldOptions {
  /**
   * Length of a window, microseconds. Windows are aligned to the epoch, and end before the next begins.
   * Absent: all is one window.
   */
  readonly windowUs?: number;
  /** Of the one window, microseconds since the epoch; absent: from the first record to the last. */
  readonly span?: { readonly start: number; readonly end: number };
  readonly by: readonly FoldField[];
  /** Summaries that are kept at a time, at most: beyond that, a coarser one takes over. */
  readonly maxKeys: number;
  /** Open connections that are remembered, at most; absent: half a million. */
  readonly maxOpen?: number;
  /** Nobody asks for the ids of the summaries: they are left empty. */
  readonly amountsOnly?: boolean;
  /** What else tells the summaries from those of other runs: absent where the same input comes again. */
  readonly run?: string;
  /** Give out the first connection of each kind in a window at once, and fold only what is like it. */
  readonly firstThrough?: boolean;
}

/** Windows of which it is remembered that they were given out, at most. */
const MAX_PARTS = 10_000;

/** Keys of a window, in parts of those that may have a summary, at most. */
const MOST_GONE = 4;

/** Summaries of one span. */
interface Window {
  readonly start: number;
  readonly keys: Keys;
  /** By their keys. */
  readonly summaries: Map<number, Summary>;
  /** Kinds of which the first has been let through. */
  readonly seen: Set<number>;
  /** How many records are in it. */
  folded: number;
}

/** What has grown since: counters of a connection are totals. */
function grown(now: Amounts, before: Amounts): Amounts {
  const delta = { ...now, count: now.count - before.count, denied: now.denied - before.denied };
  for (const name of COUNTERS) {
    const value = now[name];
    delta[name] = value === undefined ? undefined : value - (before[name] ?? 0);
  }
  return delta;
}

/**
 * The folder. What it is given either comes out as it is, or lives on in one summary; the sums over the
 * summaries are the sums over what went in.
 */
export class Folder {
  readonly #options: FoldOptions;
  readonly #out: (record: Connection) => void;
  readonly #windows = new Map<number, Window>();
  /** How often each window was given out: records may come late. */
  readonly #parts = new Map<number, number>();
  readonly #open: OpenConnections<Window>;
  #keys = 0;
  #folded = 0;
  #overflowed = 0;

  /** @param out Takes the records that are not folded. */
  constructor(options: FoldOptions, out: (record: Connection) => void) {
    this.#options = options;
    this.#out = out;
    this.#open = new OpenConnections(options.maxOpen);
  }

  /** How many records live on in the summaries that were given out, besides the summaries themselves. */
  get folded(): number {
    return this.#folded;
  }

  /** How many records went into a coarser summary because there were too many. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** How many open connections were forgotten: bytes that were told of them before count again. */
  get forgotten(): number {
    return this.#open.forgotten;
  }

  /**
   * Takes a record. Listeners, and sockets without a peer, are no connections: they pass. A summary of both
   * denied connections and others is two.
   */
  add(record: Connection): void {
    const { event, count = 0, denied = 0 } = record;
    if (event !== "summary" || denied === 0 || denied >= count) return this.#add(record);
    const { bytesIn: _in, bytesOut: _out, packetsIn: _from, packetsOut: _to, ...rest } = record;
    this.#add({ ...record, count: count - denied, denied: 0 });
    this.#add({ ...rest, count: denied, outcome: "denied" });
    this.#folded--;
  }

  #add(record: Connection): void {
    if (record.event === "listen" || (record.remote === undefined && record.event !== "summary")) {
      return this.#out(record);
    }
    // A summary is of nothing that is still open.
    const known = record.event === "summary" ? undefined : this.#open.get(record.id);
    if (known?.passes) {
      if (record.event === "close") this.#open.delete(record.id);
      return this.#out(record);
    }
    const window = this.#windowOf(record.time);
    const key = window.keys.of(record, this.#hasRoom(window));
    if (known === undefined && this.#options.firstThrough && this.#isFirst(window, key, record)) {
      return this.#out(record);
    }
    this.#fold(record, known, window, key);
  }

  /** Gives out the summaries of the windows that ended at or before this time, microseconds since the epoch. */
  *advance(time: number): Generator<Connection> {
    const { windowUs } = this.#options;
    if (this.#windows.size === 0) return;
    for (const window of [...this.#windows.values()].sort((a, b) => a.start - b.start)) {
      if (window.start + (windowUs ?? Infinity) <= time) yield* this.#give(window);
    }
  }

  /**
   * Gives out all summaries.
   *
   * @param now Nothing is told of at a later time than this, microseconds since the epoch.
   */
  *end(now = Infinity): Generator<Connection> {
    for (const summary of this.advance(Infinity)) {
      yield summary.time > now ? { ...summary, time: now } : summary;
    }
  }

  /** Forgets what was not given out; returns how many records were in it. */
  drop(): number {
    let records = 0;
    for (const { folded, summaries } of this.#windows.values()) {
      records += folded;
      summaries.clear();
    }
    this.#windows.clear();
    this.#folded -= records;
    return records;
  }

  #windowOf(time: number): Window {
    const { windowUs, by } = this.#options;
    const start = windowUs === undefined ? 0 : Math.floor(time / windowUs) * windowUs;
    let window = this.#windows.get(start);
    if (window === undefined) {
      window = {
        start,
        keys: new Keys(by),
        summaries: new Map(),
        seen: new Set(),
        folded: 0,
      };
      this.#windows.set(start, window);
    }
    return window;
  }

  /** Whether another kind may be remembered. One that is gone is remembered until its window ends. */
  #hasRoom({ keys, seen }: Window): boolean {
    const { maxKeys, firstThrough } = this.#options;
    const hasRoom = this.#keys < maxKeys || (firstThrough && seen.size < maxKeys);
    return hasRoom === true && keys.size < MOST_GONE * maxKeys;
  }

  #isFirst(window: Window, key: number, record: Connection): boolean {
    if (key < 0 || window.seen.has(key) || window.seen.size >= this.#options.maxKeys) return false;
    window.seen.add(key);
    if (record.event !== "close" && record.event !== "summary") {
      this.#open.add(record, { total: noAmounts(), place: undefined, passes: true });
    }
    return true;
  }

  #fold(
    record: Connection,
    known: OpenConnection<Window> | undefined,
    window: Window,
    wanted: number,
  ): void {
    const now = amountsOf(record);
    // One that was forgotten has been counted.
    if (known === undefined && this.#open.wasForgotten(record)) now.count = 0;
    let amounts = known === undefined ? now : grown(now, known.total);
    let key = wanted;
    let summary = window.summaries.get(key);
    if (summary === undefined && (wanted < 0 || this.#keys >= this.#options.maxKeys)) {
      this.#overflowed += record.records ?? 1;
      key = window.keys.coarse(record);
      summary = window.summaries.get(key);
    }
    const place = known?.place;
    // Only now is it known whose it is, or how it has ended: what it was counted under was not its kind.
    if (place !== undefined && place.window === window && place.key !== key) {
      const before = window.summaries.get(place.key);
      if (before !== undefined) addAmounts(before.amounts, place.amounts, -1);
      before?.forget(record.id);
      amounts = { ...amounts };
      addAmounts(amounts, place.amounts);
      if (before !== undefined) this.#dropIfEmpty(window, place.key, before);
    }
    summary ??= this.#begin(window, key, record, key !== wanted);
    summary.add(record);
    addAmounts(summary.amounts, amounts);
    this.#folded++;
    window.folded++;
    if (record.event === "summary") return;
    if (record.event === "close") {
      this.#open.delete(record.id);
      return;
    }
    const total = known?.total ?? noAmounts();
    addAmounts(total, known === undefined ? now : grown(now, total));
    const isSame = place?.window === window && place.key === key;
    if (isSame && place !== undefined) addAmounts(place.amounts, amounts);
    const at = isSame ? place : { window, key, amounts };
    if (known !== undefined) known.place = at;
    else this.#open.add(record, { total, place: at, passes: false });
  }

  #begin(window: Window, key: number, record: Connection, isOther: boolean): Summary {
    const summary = new Summary(record, isOther);
    window.summaries.set(key, summary);
    this.#keys++;
    return summary;
  }

  /** A summary of nothing is none; the records that it was made of live on in another one. */
  #dropIfEmpty(window: Window, key: number, { amounts }: Summary): void {
    const isEmpty = amounts.records === 0 && amounts.count === 0 && amounts.denied === 0 &&
      COUNTERS.every((name) => !amounts[name]);
    if (!isEmpty) return;
    window.summaries.delete(key);
    this.#keys--;
  }

  *#give(window: Window): Generator<Connection> {
    const { start, keys, summaries, seen } = window;
    const span = this.#spanOf(window);
    const part = this.#parts.get(start) ?? 0;
    this.#windows.delete(start);
    this.#parts.set(start, part + 1);
    if (this.#parts.size > MAX_PARTS) {
      for (const oldest of this.#parts.keys()) {
        this.#parts.delete(oldest);
        break;
      }
    }
    this.#keys -= summaries.size;
    for (const [key, summary] of summaries) {
      this.#folded--;
      const id = this.#options.amountsOnly ? "" : this.#idOf(keys.text(key), span, part);
      yield summary.record(span.start, span.end, id);
    }
    // Connections that are open still know the window.
    summaries.clear();
    seen.clear();
  }

  /**
   * @param key What tells a summary from the others of its window.
   * @param part How often its window was given out before: records can come late.
   */
  #idOf(key: string, { start, end }: { start: number; end: number }, part: number): string {
    const { run = "" } = this.#options;
    const name = run === "" ? key : `${run} ${key}`;
    const prefix = idPrefix("fold", String(start), String(end), name);
    return part === 0 ? prefix : `${prefix}-${part}`;
  }

  #spanOf({ start, summaries }: Window): { start: number; end: number } {
    const { windowUs, span } = this.#options;
    if (windowUs !== undefined) return { start, end: start + windowUs };
    if (span !== undefined) return span;
    let first = Infinity;
    let last = -Infinity;
    for (const summary of summaries.values()) {
      first = Math.min(first, summary.first);
      last = Math.max(last, summary.last);
    }
    return { start: first, end: last };
  }
}
