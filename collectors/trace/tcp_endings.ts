/**
 * Holds ends back until it is known why they came.
 *
 * Linux 6.18: a reset that comes in is told before the ->CLOSE of its socket, the error after it, and a
 * reset that close(2) or connect(AF_UNSPEC) sends after it too, all within microseconds and in the same
 * context. A reset by keepalive or `ss -K` is told before. Older kernels tell the error before the
 * ->CLOSE. An error names no socket, only the ends, and after a disconnect not even the remote port.
 */
import type { ErrorEvent, StateEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import { closing, type Entry, settleEnds } from "./tcp_entry.ts";
import { STATE } from "../../lib/tcp_states.ts";

/** How long an end waits for its reason, microseconds of the trace. */
const HOLD = 5_000;

/** How long before an end its error may have been told, microseconds. */
const ERROR_BEFORE_END = 1_000;

/** How many errors without an end are remembered: a few for each CPU. */
const MAX_ERRORS = 16;

interface Held {
  readonly entry: Entry;
  readonly event: StateEvent;
  /** Whether it was told. */
  done: boolean;
}

/** Whether both sides have closed. */
function isOrderly({ oldState }: StateEvent): boolean {
  return oldState === STATE.lastAck || oldState === STATE.finWait2 || oldState === STATE.closing;
}

function isOf(entry: Entry, error: ErrorEvent): boolean {
  settleEnds(entry);
  const { local, remote } = error;
  return entry.protocol === error.protocol && local.port === entry.local.port &&
    remote.port === entry.remote.port && local.ip === entry.local.ip &&
    remote.ip === entry.remote.ip;
}

/** The ends of connections that may get a reason yet. */
export class Endings {
  #held: Held[] = [];
  #head = 0;
  #errors: ErrorEvent[] = [];

  /** How many are held back. */
  get size(): number {
    return this.#held.length - this.#head;
  }

  /** A connection ended. */
  end(entry: Entry, event: StateEvent, into: Happening[]): void {
    const error = this.#errorBefore(entry, event);
    if (error !== 0) entry.error = error;
    if (error !== 0 || entry.resetReceived || isOrderly(event)) {
      into.push(closing(entry, event.time, event.boot, event.time));
    } else this.#held.push({ entry, event, done: false });
  }

  /** An error was told. */
  error(event: ErrorEvent, into: Happening[]): void {
    if (event.error === 0) return;
    for (let at = this.#held.length - 1; at >= this.#head; at--) {
      const held = this.#held[at];
      if (held === undefined || held.done || held.event.tid !== event.tid) continue;
      if (held.event.interrupted !== event.interrupted || !isOf(held.entry, event)) continue;
      held.entry.error = event.error;
      this.#tell(held, into);
      return;
    }
    this.#errors.push(event);
    if (this.#errors.length > MAX_ERRORS) this.#errors.shift();
  }

  /** This host sent a reset for a socket that has ended. */
  resetSent(socket: number, boot: number, into: Happening[]): void {
    const held = this.#find(socket);
    if (held === undefined) return;
    held.entry.resetSent = boot;
    this.#tell(held, into);
  }

  /** The socket begins another connection: the end before gets no reason any more. */
  reused(socket: number, into: Happening[]): void {
    const held = this.#find(socket);
    if (held !== undefined) this.#tell(held, into);
  }

  /** Time passes. */
  advance(boot: number, into: Happening[]): void {
    while (this.#head < this.#held.length) {
      const held = this.#held[this.#head];
      if (held !== undefined && !held.done) {
        if (boot - held.event.boot < HOLD) break;
        this.#tell(held, into);
      }
      this.#head++;
    }
    if (this.#head === this.#held.length) this.#held.length = this.#head = 0;
    else if (this.#head >= 1_024 && this.#head * 2 >= this.#held.length) {
      this.#held = this.#held.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Tells all: what they wait for may be lost. */
  flush(into: Happening[]): void {
    this.advance(Infinity, into);
    this.#errors.length = 0;
  }

  #tell(held: Held, into: Happening[]): void {
    held.done = true;
    into.push(closing(held.entry, held.event.time, held.event.boot, held.event.time));
  }

  #find(socket: number): Held | undefined {
    for (let at = this.#held.length - 1; at >= this.#head; at--) {
      const held = this.#held[at];
      if (held !== undefined && !held.done && held.entry.socket === socket) return held;
    }
    return undefined;
  }

  #errorBefore(entry: Entry, event: StateEvent): number {
    if (this.#errors.length === 0) return 0;
    const index = this.#errors.findLastIndex((error) =>
      error.tid === event.tid && error.interrupted === event.interrupted &&
      error.boot >= entry.since && event.boot - error.boot < ERROR_BEFORE_END && isOf(entry, error)
    );
    const [found] = index < 0 ? [] : this.#errors.splice(index, 1);
    return found?.error ?? 0;
  }
}
