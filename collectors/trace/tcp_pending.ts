/** Attempts to connect that wait for an answer. */
import type { Endpoint } from "../../lib/connection.ts";
import { Fifo } from "./fifo.ts";
import type { Happening } from "./happening.ts";
import { type Entry, opening, settleEnds } from "./tcp_entry.ts";

/** Microseconds after which an attempt that is not answered is reported. */
const PENDING = 1_000_000;

/** The same, where its local port is not known: the second SYN, which tells it, may be about to be sent. */
const PORTLESS = 1_500_000;

/** In the order in which they began. */
export class PendingConnects {
  /** Some were answered since. */
  readonly #entries = new Fifo<Entry>();

  /** An attempt begins. */
  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /**
   * Time passes: reports those that have waited for long enough.
   *
   * @param boot As in `EventHead`.
   */
  advance(boot: number, into: Happening[]): void {
    const entries = this.#entries;
    for (let first = entries.first; first !== undefined; first = entries.first) {
      const waits = !first.ended && !first.opened;
      if (waits && boot - first.since < (first.portKnown ? PENDING : PORTLESS)) break;
      entries.shift();
      if (waits) into.push(opening(first, (first.start ?? 0) + PENDING));
    }
  }

  /**
   * The peers, as texts of {@linkcode peerText}, of those whose local port is not known.
   *
   * @param until Those that began later do not count, microseconds since the epoch.
   */
  peers(until: number): ReadonlySet<string> {
    const peers = new Set<string>();
    for (const entry of this.#entries) {
      if (entry.portKnown || entry.ended || (entry.start ?? 0) > until) continue;
      settleEnds(entry);
      peers.add(peerText(entry.protocol, entry.local, entry.remote));
    }
    return peers;
  }
}

/** What is known of an attempt while its local port is not. */
export function peerText(
  protocol: number,
  local: Required<Endpoint>,
  remote: Required<Endpoint>,
): string {
  return `${protocol} ${local.ip} ${remote.ip} ${remote.port}`;
}
