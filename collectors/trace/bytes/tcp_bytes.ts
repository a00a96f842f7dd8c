/**
 * Bytes for the ends of TCP connections: what the kernel counted for each socket that it destroys, joined
 * with what the trace has seen of it.
 */
import type { DestroyEvent, ErrorEvent, ResetEvent, StateEvent } from "../event.ts";
import type { Happening } from "../happening.ts";
import { STATE } from "../../../lib/tcp_states.ts";
import { FinTrail } from "./fin.ts";
import type { SsTotals } from "./ss_line.ts";
import { PATIENCE_MS, TotalsJoin } from "./totals.ts";

const TCP = 6;

/** The part of them that may wait for what ss says of them, and how many may in any case. */
const WAITING = 1 / 16;
const LEAST_WAITING = 1024;

/** How long after its end the error of a socket is told, microseconds. */
const ERROR_AFTER = 1000;

/** Whether a socket begins a connection, or begins to listen: what it was before is over. */
export function isBeginning({ oldState, newState }: StateEvent): boolean {
  return newState !== STATE.close && (oldState === STATE.close || oldState === STATE.listen);
}

/** One connection of a socket. */
interface Life {
  readonly socket: number;
  readonly trail: FinTrail;
  state: number;
  /** Its end, while it is held back. */
  happening: Happening | undefined;
  /** When it is forgotten, milliseconds; Infinity while its socket lives. */
  due: number;
  totals: SsTotals | undefined;
}

/**
 * The join. Times are milliseconds of the trace. It is given every event of TCP sockets but SYNs that are
 * sent again, and after each the ends of connections that the event has brought; the ends that one of
 * {@linkcode isBeginning} has brought come before it.
 */
export class TcpBytes {
  readonly #max: number;
  readonly #lives = new Map<number, Life>();
  readonly #join: TotalsJoin<Life>;
  /** Those whose socket is destroyed or whose end is held back, in that order. */
  readonly #waiting = new Set<Life>();
  #latestClosed: { readonly life: Life; readonly event: StateEvent } | undefined;
  /** Whether this kernel tells whether a thread could be interrupted: it has, once. */
  #tellsAtomic = false;
  readonly #unanswered = new WeakSet<Happening>();

  /** @param options How many connections are followed at most; then the one that began first has no bytes. */
  constructor({ max = 262_144 }: { readonly max?: number } = {}) {
    this.#max = max;
    this.#join = new TotalsJoin(Math.max(LEAST_WAITING, max * WAITING));
  }

  /** How many connections are followed. */
  get size(): number {
    return this.#lives.size;
  }

  /** Whether an end went without its bytes, because ss has not told of it in time, or not at all. */
  isUnanswered(happening: Happening): boolean {
    return this.#unanswered.has(happening);
  }

  /** The trace has told something of a socket. */
  apply(event: StateEvent | ErrorEvent | ResetEvent | DestroyEvent): void {
    if (event.type === "state") return this.#state(event);
    if (event.type === "error") return this.#error(event);
    const life = this.#lives.get(event.socket);
    if (life === undefined) return;
    if (event.type === "reset") {
      if (event.sent) life.trail.resetSent();
      else life.trail.broken();
      return;
    }
    life.trail.destroyed(event);
    this.#join.close(life, event, event.cookie, event.boot / 1000);
    this.#wait(life, event.boot / 1000);
  }

  /** ss has told of a socket that was destroyed. */
  line(totals: SsTotals, now: number): void {
    this.#join.line(totals, now);
  }

  /**
   * Takes the end of a connection.
   *
   * @returns It, where there is nothing to wait for; undefined where {@linkcode done} will give it.
   */
  end(happening: Happening, now: number): Happening | undefined {
    const { socket, protocolNumber } = happening;
    const life = socket === undefined ? undefined : this.#lives.get(socket);
    if (protocolNumber !== TCP || !wasOpen(happening)) return happening;
    if (life === undefined || life.state !== STATE.close || life.happening !== undefined) {
      this.#unanswered.add(happening);
      return happening;
    }
    life.happening = happening;
    if (life.totals !== undefined) return this.#complete(life);
    this.#wait(life, now);
    return undefined;
  }

  /** Gives the ends that have their bytes, and those that have waited long enough. */
  done(now: number): Happening[] {
    const done: Happening[] = [];
    for (const { item, totals } of this.#join.done(now)) {
      item.totals = totals;
      if (totals !== undefined && item.happening !== undefined) this.#tell(item, done);
    }
    for (const life of this.#waiting) {
      if (life.due > now) break;
      this.#tell(life, done);
    }
    return done;
  }

  /** Events were lost: what is known of open connections may be of others. Theirs have no bytes. */
  lost(): void {
    for (const life of this.#lives.values()) {
      if (life.due === Infinity) this.#lives.delete(life.socket);
    }
  }

  /** Gives all that are held back. */
  finish(): Happening[] {
    return this.done(Infinity);
  }

  #state(event: StateEvent): void {
    const { socket, protocol, oldState, newState, tid, interrupted, atomic } = event;
    if (protocol !== TCP || oldState === STATE.close && newState === STATE.close) return;
    if (oldState === STATE.listen && newState === STATE.close) return;
    this.#tellsAtomic ||= atomic === true;
    if (newState === STATE.listen) {
      this.#lives.delete(socket);
      return;
    }
    let life = isBeginning(event) ? undefined : this.#lives.get(socket);
    // With another state events were lost, and it may be another connection.
    if (life?.state !== oldState) life = this.#begin(socket, oldState);
    life.state = newState;
    life.trail.transition(oldState, newState, {
      tid,
      interrupted,
      ...(this.#tellsAtomic && { atomic: atomic === true }),
    });
    if (oldState === STATE.finWait2 && newState === STATE.close) {
      this.#latestClosed = { life, event };
    }
  }

  #begin(socket: number, state: number): Life {
    // What it was before still waits, if it does. Deleted, so that the order is that of the beginnings.
    this.#lives.delete(socket);
    if (this.#lives.size >= this.#max) {
      for (const oldest of this.#lives.keys()) {
        this.#lives.delete(oldest);
        break;
      }
    }
    const life: Life = {
      socket,
      trail: new FinTrail(),
      state,
      happening: undefined,
      due: Infinity,
      totals: undefined,
    };
    this.#lives.set(socket, life);
    return life;
  }

  /** An error names no socket, but it is told at once where the socket ends by it. */
  #error({ error, tid, interrupted, boot, local, remote }: ErrorEvent): void {
    if (error === 0 || this.#latestClosed === undefined) return;
    const { life, event } = this.#latestClosed;
    const isOf = event.tid === tid && event.interrupted === interrupted &&
      boot - event.boot < ERROR_AFTER && event.local.port === local.port &&
      event.remote.port === remote.port;
    if (isOf) life.trail.resetSent();
  }

  #wait(life: Life, now: number): void {
    life.due = now + PATIENCE_MS;
    // Deleted, so that the order is that of the times.
    this.#waiting.delete(life);
    this.#waiting.add(life);
  }

  #tell(life: Life, into: Happening[]): void {
    const happening = life.happening;
    const complete = this.#complete(life);
    if (happening !== undefined) into.push(complete ?? happening);
  }

  /** Its end with its bytes; it is forgotten. */
  #complete(life: Life): Happening | undefined {
    this.#waiting.delete(life);
    if (this.#lives.get(life.socket) === life) this.#lives.delete(life.socket);
    const { happening, totals, trail } = life;
    if (happening === undefined) return undefined;
    life.happening = undefined;
    if (totals === undefined) this.#unanswered.add(happening);
    return totals === undefined ? happening : { ...happening, ...trail.bytes(totals) };
  }
}

/** Whether it ever carried anything. */
/** Whether it carried anything: one that failed has no bytes to be told. */
export function wasOpen({ outcome }: Happening): boolean {
  return outcome === "established" || outcome === "reset" || outcome === "timeout";
}
