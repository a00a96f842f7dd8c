/** Who listens where, to tell whose the accepted connections are. */
import type { Endpoint } from "../../lib/connection.ts";
import type { StateEvent } from "./event.ts";
import type { Happening, Owner } from "./happening.ts";
import { keyOf, UNSEEN } from "./tcp_entry.ts";

/** A socket that listens. */
interface Listener {
  /** Kernel address of the socket; absent where it listened before the trace began. */
  readonly socket?: number;
  /** As it was said to listen. */
  readonly happening: Happening;
}

function place(protocol: number, port: number): number {
  return protocol * 65_536 + port;
}

/** How closely an address that is listened on fits: 3 the same, 2 any of its family, 1 any of IPv6. */
function fitOf(listening: string, ip: string, ipVersion: 4 | 6): number {
  if (listening === ip) return 3;
  if (listening === "::") return ipVersion === 6 ? 2 : 1;
  return listening === "0.0.0.0" && ipVersion === 4 ? 2 : 0;
}

/** What tells two processes apart; those that are not known are all different. */
function identity(owner: Owner): string | Owner {
  return owner.process?.entityId ?? owner;
}

/** Names the owner of connections that come in. The trace does not tell the network namespaces apart. */
export class Listeners {
  readonly #places = new Map<number, Listener[]>();
  readonly #sockets = new Map<number, Listener>();
  #size = 0;
  /** Keys of those that were added before it was seen that the trace has their beginning. */
  readonly begun = new Set<string>();
  /** When the last one was seen that listened before, microseconds since the epoch. */
  seen = -Infinity;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds one that listened before the trace began. */
  seed(happening: Happening): void {
    this.#add({ happening });
  }

  /** A socket listens. */
  listen(event: StateEvent, owner: Owner): Happening {
    const { socket, protocol, local, ipVersion, time } = event;
    for (const seeded of this.#seeded(protocol, local)) {
      const { happening } = seeded;
      if (this.seen < time || identity(happening.owner) !== identity(owner)) continue;
      this.#remove(seeded);
      this.begun.add(happening.key);
      break;
    }
    const happening: Happening = {
      event: "listen",
      time,
      start: time,
      key: keyOf(event),
      protocolNumber: protocol,
      ipVersion,
      local,
      outcome: "unknown",
      state: "listen",
      owner,
    };
    this.#add({ socket, happening });
    return happening;
  }

  /**
   * A socket listens no longer.
   *
   * @param holder Who closed it: that tells which of several it is.
   * @param whole Whether the trace has lost nothing.
   */
  close(event: StateEvent, holder: Owner | undefined, whole: boolean): Happening {
    const { socket, protocol, local, ipVersion, time } = event;
    const listener = this.#sockets.get(socket) ?? this.#seededOf(protocol, local, holder);
    if (listener !== undefined) {
      this.#remove(listener);
      return ending(listener, time, time);
    }
    return {
      event: "close",
      time,
      end: time,
      ...whole && { preexisting: true },
      key: keyOf(event),
      protocolNumber: protocol,
      ipVersion,
      local,
      outcome: "unknown",
      state: "close",
      owner: holder?.process === undefined ? UNSEEN : holder,
    };
  }

  /** The kernel has given the socket away again: if it listened, that has ended unseen. */
  vanish({ socket, time }: StateEvent): Happening | undefined {
    const listener = this.#sockets.get(socket);
    if (listener === undefined) return undefined;
    this.#remove(listener);
    return ending(listener, time);
  }

  /** The owner of a connection that came in there. */
  ownerAt(protocol: number, local: Required<Endpoint>, ipVersion: 4 | 6): Owner {
    const there = this.#places.get(place(protocol, local.port));
    const owners = there === undefined ? [] : closest(there, local.ip, ipVersion);
    const [first] = owners;
    if (first === undefined) {
      return { attribution: "none", attributionReason: "no listener was seen there" };
    }
    if (owners.length > 1) {
      return {
        attribution: "none",
        attributionReason: `ambiguous: ${owners.length} processes listen there`,
      };
    }
    if (first.process === undefined) {
      const reason = first.attributionReason;
      return {
        attribution: "none",
        attributionReason: "the process that listens there is not known" +
          (reason === undefined ? "" : `: ${reason}`),
      };
    }
    return {
      process: first.process,
      attribution: "inferred",
      attributionReason: "it listens there",
    };
  }

  #add(listener: Listener): void {
    const { protocolNumber, local } = listener.happening;
    const at = place(protocolNumber, local.port);
    const there = this.#places.get(at);
    if (there === undefined) this.#places.set(at, [listener]);
    else there.push(listener);
    if (listener.socket !== undefined) this.#sockets.set(listener.socket, listener);
    this.#size++;
  }

  #remove(listener: Listener): void {
    const { protocolNumber, local } = listener.happening;
    const at = place(protocolNumber, local.port);
    const there = this.#places.get(at);
    const index = there?.indexOf(listener) ?? -1;
    if (there === undefined || index < 0) return;
    if (there.length === 1) this.#places.delete(at);
    else there.splice(index, 1);
    if (listener.socket !== undefined) this.#sockets.delete(listener.socket);
    this.#size--;
  }

  /** Those of before the trace that listen at exactly that place. */
  #seeded(protocol: number, local: Required<Endpoint>): Listener[] {
    const there = this.#places.get(place(protocol, local.port)) ?? [];
    return there.filter((listener) =>
      listener.socket === undefined && listener.happening.local.ip === local.ip
    );
  }

  #seededOf(
    protocol: number,
    local: Required<Endpoint>,
    holder: Owner | undefined,
  ): Listener | undefined {
    const seeded = this.#seeded(protocol, local);
    if (seeded.length === 1) return seeded[0];
    const id = holder?.process?.entityId;
    if (id === undefined) return undefined;
    const own = seeded.filter(({ happening }) => happening.owner.process?.entityId === id);
    return own.length === 1 ? own[0] : undefined;
  }
}

/** The different owners of those that fit best, in each network namespace; unknown ones count as own. */
function closest(there: readonly Listener[], ip: string, ipVersion: 4 | 6): Owner[] {
  const best = new Map<number | undefined, number>();
  const netnsOf = ({ happening }: Listener) => happening.netns ?? happening.owner.process?.netns;
  for (const listener of there) {
    const fit = fitOf(listener.happening.local.ip, ip, ipVersion);
    const netns = netnsOf(listener);
    if (fit > (best.get(netns) ?? 0)) best.set(netns, fit);
  }
  const owners = new Map<string | Owner, Owner>();
  for (const listener of there) {
    const fit = fitOf(listener.happening.local.ip, ip, ipVersion);
    const netns = netnsOf(listener);
    if (fit === 0 || (netns !== undefined && fit < (best.get(netns) ?? 0))) continue;
    owners.set(identity(listener.happening.owner), listener.happening.owner);
  }
  return [...owners.values()];
}

function ending({ happening }: Listener, time: number, end?: number): Happening {
  const { start, preexisting, ...listener } = happening;
  return {
    ...listener,
    event: "close",
    time,
    ...preexisting === undefined && start !== undefined && { start },
    ...end !== undefined && { end },
    ...preexisting && { preexisting },
    state: "close",
  };
}
