/**
 * Attempts to connect that fail before the socket changes its state, for there is no route.
 *
 * connect(2) looks the route up with local port 0 where the socket is not bound, in the context of the
 * caller; only failed lookups are in the trace. That a table has no answer (IPv4 -EAGAIN, IPv6
 * -EHOSTUNREACH) is common: the next one may have, which is not in the trace. So an attempt has failed
 * where no CLOSE>SYN_SENT of the same thread to the same peer follows before the thread does something
 * else. Lookups with a local port are left out: of a bound socket, or of one that is connected and whose
 * route went away; nothing tells them apart. IPv6 looks twice through all tables within one connect(2).
 */
import type { Outcome } from "../../lib/connection.ts";
import type { RouteEvent, StateEvent } from "./event.ts";
import type { Happening, Owners } from "./happening.ts";
import { outcomeOfError } from "./tcp_outcome.ts";

/** Microseconds of the trace's time after which a thread that was looking for a route has not found it. */
const PATIENCE = 1_000_000;

/** Two rounds of lookups that are this close are of one attempt, microseconds. */
const ONE_CALL = 5_000;

/** How many threads may be looking for a route at a time. */
const MAX_ATTEMPTS = 16_384;

/** Routing table of the host's own addresses (`local`): a failure there is never the last word. */
const LOCAL_TABLE = 255;

interface Attempt {
  readonly first: RouteEvent;
  readonly remote: RouteEvent["remote"];
  readonly owner: Happening["owner"];
  error: number;
  table: number;
}

function sameRemote({ remote }: Attempt, event: RouteEvent | StateEvent): boolean {
  return remote.port === event.remote.port && remote.ip === event.remote.ip;
}

function outcomeOf({ error, table, first }: Attempt): Outcome {
  const noAnswer = error === -11 || (first.ipVersion === 6 && error === -113);
  if (!noAnswer) return outcomeOfError(error);
  // A rule (prohibit, blackhole), a broadcast address or a filter stopped it; which, is not told.
  return table === LOCAL_TABLE ? "unknown" : "unreachable";
}

function failed(attempt: Attempt): Happening {
  const { first, remote, owner } = attempt;
  return {
    event: "close",
    time: first.time,
    start: first.time,
    end: first.time,
    key: `route-${first.tid}-${first.boot}`,
    protocolNumber: first.protocol,
    ipVersion: first.ipVersion,
    local: { ip: first.local.ip, port: 0 },
    remote,
    initiator: "local",
    outcome: outcomeOf(attempt),
    state: "close",
    owner,
  };
}

/** Threads that look for a route. */
export class Attempts {
  readonly #owners: Owners;
  /** By thread, the earliest first. */
  readonly #attempts = new Map<number, Attempt>();

  constructor(owners: Owners) {
    this.#owners = owners;
  }

  /** How many wait for what follows. */
  get size(): number {
    return this.#attempts.size;
  }

  /** A lookup failed. */
  route(event: RouteEvent, into: Happening[]): void {
    if (event.interrupted || event.error === 0) return;
    const { tid } = event;
    const before = this.#attempts.get(tid);
    const isAttempt = event.local.port === 0 && event.remote.port !== 0;
    if (before !== undefined) {
      const { boot } = before.first;
      if (isAttempt && sameRemote(before, event) && event.boot - boot < ONE_CALL) {
        before.error = event.error;
        before.table = event.table;
        return;
      }
      this.#end(tid, before, into);
    }
    if (!isAttempt) return;
    if (this.#attempts.size >= MAX_ATTEMPTS) {
      const [oldest] = this.#attempts;
      if (oldest !== undefined) this.#end(oldest[0], oldest[1], into);
    }
    const { remote, error, table } = event;
    const owner = this.#owners.of(tid);
    this.#attempts.set(tid, { first: event, remote, owner, error, table });
  }

  /** The thread changed the state of a socket: a route was found, or given up. */
  state(event: StateEvent, connects: boolean, into: Happening[]): void {
    const attempt = this.#attempts.get(event.tid);
    if (attempt === undefined) return;
    if (connects && sameRemote(attempt, event)) this.#attempts.delete(event.tid);
    else this.#end(event.tid, attempt, into);
  }

  /** Time passes. */
  advance(boot: number, into: Happening[]): void {
    for (const [tid, attempt] of this.#attempts) {
      if (boot - attempt.first.boot < PATIENCE) return;
      this.#end(tid, attempt, into);
    }
  }

  /** What follows may be lost: nothing is certain any more. */
  clear(): void {
    this.#attempts.clear();
  }

  #end(tid: number, attempt: Attempt, into: Happening[]): void {
    this.#attempts.delete(tid);
    into.push(failed(attempt));
  }
}
