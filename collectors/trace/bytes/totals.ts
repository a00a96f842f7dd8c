/** Joins the closes that the trace has seen with what ss says of the same sockets, whichever comes first. */
import type { SocketEnds } from "../event.ts";
import type { SsTotals } from "./ss_line.ts";

/** How long a close waits for its totals, milliseconds. */
export const PATIENCE_MS = 500;

/** How long totals wait for their close, milliseconds. */
const MEMORY_MS = 5000;

/** Closes, and totals, that wait at most unless another number is asked for. */
const MOST = 16_384;

/** A close, and its totals if they have come. */
export interface Joined<T> {
  readonly item: T;
  readonly totals?: SsTotals;
}

interface Waiting<V> {
  readonly value: V;
  readonly cookie: number | undefined;
  readonly tuple: string;
  readonly since: number;
}

/** What waits for its counterpart, by tuple; the oldest first. */
class WaitingRoom<V> {
  readonly #all = new Set<Waiting<V>>();
  readonly #tuples = new Map<string, Waiting<V>[]>();

  /** @param most How many wait at most. */
  constructor(readonly most: number) {}

  get size(): number {
    return this.#all.size;
  }

  add(entry: Waiting<V>): void {
    this.#all.add(entry);
    const same = this.#tuples.get(entry.tuple);
    if (same === undefined) this.#tuples.set(entry.tuple, [entry]);
    else same.push(entry);
  }

  /** The oldest one of the tuple and, where both are known, of the cookie. */
  take(tuple: string, cookie: number | undefined): V | undefined {
    const entry = this.#tuples.get(tuple)?.find((entry) =>
      cookie === undefined || entry.cookie === undefined || entry.cookie === cookie
    );
    if (entry === undefined) return undefined;
    this.#remove(entry);
    return entry.value;
  }

  /** Forgets the oldest beyond {@linkcode most}. */
  trim(): void {
    for (const entry of this.#all) {
      if (this.#all.size <= this.most) return;
      this.#remove(entry);
    }
  }

  /** Takes those that came before `time`, and all beyond {@linkcode most}. */
  *expired(time: number): Generator<V> {
    for (const entry of this.#all) {
      if (entry.since >= time && this.#all.size <= this.most) return;
      this.#remove(entry);
      yield entry.value;
    }
  }

  #remove(entry: Waiting<V>): void {
    this.#all.delete(entry);
    const same = this.#tuples.get(entry.tuple);
    if (same === undefined) return;
    if (same.length === 1) this.#tuples.delete(entry.tuple);
    else same.splice(same.indexOf(entry), 1);
  }
}

function tupleOf({ local, remote }: Pick<SocketEnds, "local" | "remote">): string {
  return `${local.ip} ${local.port} ${remote.ip} ${remote.port}`;
}

/** The join. Times are milliseconds of any clock that does not go backwards. Memory is bounded. */
export class TotalsJoin<T> {
  readonly #closes: WaitingRoom<T>;
  readonly #totals: WaitingRoom<SsTotals>;
  readonly #done: Joined<T>[] = [];

  /** @param most How many closes, and totals, wait at most. */
  constructor(most: number = MOST) {
    this.#closes = new WaitingRoom(most);
    this.#totals = new WaitingRoom(most);
  }

  /** Closes that wait. */
  get waiting(): number {
    return this.#closes.size;
  }

  /**
   * A socket was destroyed. {@linkcode done} gives its item, once.
   *
   * @param cookie Low 52 bits of the socket's cookie. Without it sockets of one tuple are told apart by
   * the order of their ends alone.
   */
  close(
    item: T,
    ends: Pick<SocketEnds, "local" | "remote">,
    cookie: number | undefined,
    now: number,
  ): void {
    const tuple = tupleOf(ends);
    const totals = this.#totals.take(tuple, cookie);
    if (totals !== undefined) this.#done.push({ item, totals });
    else this.#closes.add({ value: item, cookie, tuple, since: now });
  }

  /** ss has told of a socket that was destroyed. */
  line(totals: SsTotals, now: number): void {
    const tuple = tupleOf(totals);
    const item = this.#closes.take(tuple, totals.cookie);
    if (item !== undefined) this.#done.push({ item, totals });
    else this.#totals.add({ value: totals, cookie: totals.cookie, tuple, since: now });
    this.#totals.trim();
  }

  /** Gives what has its totals, and what has waited for {@linkcode PATIENCE_MS} in vain. */
  done(now: number): Joined<T>[] {
    for (const item of this.#closes.expired(now - PATIENCE_MS)) this.#done.push({ item });
    for (const _ of this.#totals.expired(now - MEMORY_MS)) { /* Nobody asked for them. */ }
    return this.#done.splice(0);
  }

  /** Gives all that wait, as they are: nothing will come any more. */
  finish(): Joined<T>[] {
    return this.done(Infinity);
  }
}
