/**
 * The open flows, packed. There may be hundreds of thousands, and what the garbage collector lets a heap
 * grow to is several times what is alive in it: so the numbers lie outside of it, in columns.
 */
import { OUTCOMES } from "../../lib/record_words.ts";
import type { OpenFlow } from "./open_flow.ts";
import type { FlowOwner } from "./owners/settle.ts";

/** Flows that there is room for at first: a power of two. */
const ROOM = 1024;

/** Added to the code of the outcome: its place in {@linkcode OUTCOMES}. */
const WAS_THERE = 0x80;

/** Times of a flow. One that is not known is not a number. */
const TIMES = 3;
const START = 0;
const LISTED = 1;
const SEEN = 2;

/** What only few flows have. */
type Rare = Pick<OpenFlow, "reply" | "counters">;

function known(time: number | undefined): number | undefined {
  return time === undefined || Number.isNaN(time) ? undefined : time;
}

/** As a map of them by their keys, in the order in which they were added; but what it gives is a copy. */
export class OpenFlows {
  readonly #rows = new Map<string, number>();
  /** Rows of flows that were deleted. */
  readonly #free: number[] = [];
  readonly #owners: (FlowOwner | undefined)[] = [];
  readonly #states: (string | undefined)[] = [];
  readonly #rare = new Map<number, Rare>();
  #times = new Float64Array(ROOM * TIMES);
  #outcomes = new Uint8Array(ROOM);

  /** How many there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How many there were at once, at most: what there is memory for. */
  get rows(): number {
    return this.#owners.length;
  }

  /** The keys, oldest first. */
  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  /** The keys of flows that were seen last before that time. */
  *unseenSince(time: number): Iterable<string> {
    for (const [key, row] of this.#rows) {
      if ((this.#times[row * TIMES + SEEN] ?? 0) < time) yield key;
    }
  }

  /** A copy of what was set last. */
  get(key: string): OpenFlow | undefined {
    const row = this.#rows.get(key);
    const owner = row === undefined ? undefined : this.#owners[row];
    if (row === undefined || owner === undefined) return undefined;
    const at = row * TIMES;
    const code = this.#outcomes[row] ?? 0;
    const rare = this.#rare.get(row);
    return {
      owner,
      start: known(this.#times[at + START]),
      listed: known(this.#times[at + LISTED]),
      seen: this.#times[at + SEEN] ?? 0,
      outcome: OUTCOMES[code & ~WAS_THERE] ?? "unknown",
      wasThere: code >= WAS_THERE,
      state: this.#states[row],
      reply: rare?.reply,
      counters: rare?.counters,
    };
  }

  /** Sets when the flow was seen last, unless that was later. Returns whether it is there. */
  see(key: string, time: number): boolean {
    const row = this.#rows.get(key);
    if (row === undefined) return false;
    const at = row * TIMES + SEEN;
    this.#times[at] = Math.max(this.#times[at] ?? 0, time);
    return true;
  }

  /** Adds the flow, or sets what is known of it. */
  set(key: string, open: OpenFlow): void {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#free.pop() ?? this.#owners.length;
      this.#rows.set(key, row);
      if (row === this.#outcomes.length) this.#grow();
    }
    const { owner, start, seen, outcome, wasThere, listed, state, reply, counters } = open;
    this.#owners[row] = owner;
    this.#states[row] = state;
    this.#outcomes[row] = OUTCOMES.indexOf(outcome) + (wasThere ? WAS_THERE : 0);
    const at = row * TIMES;
    this.#times[at + START] = start ?? NaN;
    this.#times[at + LISTED] = listed ?? NaN;
    this.#times[at + SEEN] = seen;
    if (reply !== undefined || counters !== undefined) this.#rare.set(row, { reply, counters });
    else this.#rare.delete(row);
  }

  /** Forgets the flow. */
  delete(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.#rare.delete(row);
    this.#owners[row] = undefined;
    this.#states[row] = undefined;
    this.#free.push(row);
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const outcomes = new Uint8Array(this.#outcomes.length * 2);
    outcomes.set(this.#outcomes);
    this.#outcomes = outcomes;
  }
}
