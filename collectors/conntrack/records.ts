/** Makes records of flow events, and remembers the flows that are open. */
import type { Connection, Endpoint, HostIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";
import { outcomeOf } from "./outcome.ts";
import type { FlowOwner } from "./owners.ts";
import { isPickedUp } from "./owners/match.ts";
import { endOf, startOf } from "./times.ts";

/** Flows that are remembered, at most: as many as the kernel tracks unless it is told otherwise. */
const CAPACITY = 262_144;

/** Why there is no process behind a flow whose beginning was missed. */
const UNSEEN = "its start was not seen";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Finds out where a flow is, without its process: `FlowOwners.place`. */
export type Placer = (flow: FlowEvent, attributionReason: string) => FlowOwner;

/** Tells a flow from all others that there are at the same time. */
function keyOf({ protocolNumber, original, id, zone, zoneOrig }: FlowEvent): string {
  const tuple = tupleText(original);
  return `${id ?? ""} ${protocolNumber} ${tuple} ${zone ?? zoneOrig ?? ""}`;
}

function tupleText({ src, dst, sport, dport, icmp, gre }: FlowTuple): string {
  if (sport !== undefined) return `${src} ${dst} ${sport} ${dport}`;
  if (icmp !== undefined) return `${src} ${dst} ${icmp.type} ${icmp.code} ${icmp.id}`;
  return gre === undefined ? `${src} ${dst}` : `${src} ${dst} ${gre.srckey} ${gre.dstkey}`;
}

/** An end without a port where the protocol has none; DCCP shows 0 where the kernel cannot read it. */
function endpoint(ip: string, port: number | undefined, hasPorts: boolean): Endpoint {
  return port !== undefined && hasPorts ? { ip, port } : { ip };
}

/** Makes the records of one run: one for each event. */
export class FlowRecords {
  readonly #host: HostIdentity;
  readonly #place: Placer;
  readonly #prefix: string;
  readonly #capacity: number;
  /** The latest record of each open flow, in the order of their beginnings. */
  readonly #open = new Map<string, Connection>();
  #evicted = 0;
  #inStep = false;

  /**
   * @param bootId `/proc/sys/kernel/random/boot_id`, "" where it cannot be read.
   * @param place Asked of flows whose beginning was missed.
   * @param capacity How many open flows are remembered; beyond that the oldest are forgotten.
   */
  constructor(host: HostIdentity, bootId: string, place: Placer, capacity = CAPACITY) {
    this.#host = host;
    this.#place = place;
    this.#prefix = idPrefix(host.id, "conntrack", bootId);
    this.#capacity = capacity;
  }

  /** How many open flows are remembered. */
  get size(): number {
    return this.#open.size;
  }

  /** How many flows were forgotten though they were open: their ends have no process. */
  get evicted(): number {
    return this.#evicted;
  }

  /**
   * The record of an event; undefined for an entry of the table that is known already, and for the NEW
   * event of a flow that the table had before it.
   *
   * @param owner Of flows that begin, and of entries of the table.
   * @param arrival When the event was read, microseconds since the epoch: used where it has no time.
   */
  make(flow: FlowEvent, owner: FlowOwner | undefined, arrival: number): Connection | undefined {
    const key = keyOf(flow);
    const known = this.#open.get(key);
    switch (flow.event) {
      case "dump":
        return known === undefined ? this.#begin(key, flow, owner, arrival) : undefined;
      case "new":
        return known?.preexisting ? undefined : this.#begin(key, flow, owner, arrival);
      case "update":
        return known === undefined
          ? this.#begin(key, flow, owner, arrival)
          : this.#remember(key, this.#continued(known, flow, "update", arrival));
      case "destroy":
        this.#open.delete(key);
        return this.#continued(known ?? this.#first(flow, owner, arrival), flow, "close", arrival);
    }
  }
}
