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

/** A NEW event that comes so soon after its flow was found in the table is the same one, microseconds. */
const OVERLAP = 1_000_000;

const FIRST_EVENT = { new: "open", dump: "open", update: "update", destroy: "close" } as const;

/** Finds out where a flow is, without its process: `FlowOwners.place`. */
export type Placer = (flow: FlowEvent, attributionReason: string) => FlowOwner;

/** Tells a flow from all others that there are at the same time. */
function keyOf({ protocolNumber, original, id, zone, zoneOrig }: FlowEvent): string {
  return `${id ?? ""} ${protocolNumber} ${tupleText(original)} ${zone ?? zoneOrig ?? ""}`;
}

function tupleText({ src, dst, sport, dport, icmp, gre }: FlowTuple): string {
  if (sport !== undefined) return `${src} ${dst} ${sport} ${dport}`;
  if (icmp !== undefined) return `${src} ${dst} ${icmp.type} ${icmp.code} ${icmp.id}`;
  return gre === undefined ? `${src} ${dst}` : `${src} ${dst} ${gre.srckey} ${gre.dstkey}`;
}

/** Both ports are 0 where the kernel has no tracker for a protocol with ports. */
function endpoint(ip: string, port: number | undefined, { sport, dport }: FlowTuple): Endpoint {
  return port === undefined || (sport === 0 && dport === 0) ? { ip } : { ip, port };
}

/** What the answers show of the addresses on the wire: where they come from, and where they go. */
function translation(
  { original, reply }: FlowEvent,
  isForward: boolean,
): Connection["nat"] | undefined {
  const from = reply.dst !== original.src || reply.dport !== original.sport;
  const to = reply.src !== original.dst || reply.sport !== original.dport;
  if (!from && !to) return undefined;
  const source = endpoint(reply.dst, reply.dport, reply);
  const destination = endpoint(reply.src, reply.sport, reply);
  return isForward
    ? { ...(from && { source }), ...(to && { destination }) }
    : { ...(to && { source: destination }), ...(from && { destination: source }) };
}

/** The counters of the event, if it has any. The original direction is out where the source is here. */
function counters(flow: FlowEvent, isOutward: boolean): Partial<Connection> {
  const { originalCounters, replyCounters } = flow;
  const out = isOutward ? originalCounters : replyCounters;
  const into = isOutward ? replyCounters : originalCounters;
  return {
    ...(into !== undefined && { bytesIn: into.bytes }),
    ...(out !== undefined && { bytesOut: out.bytes }),
    ...(into !== undefined && { packetsIn: into.packets }),
    ...(out !== undefined && { packetsOut: out.packets }),
  };
}

/** Whether the flow was found in the table and nothing has happened to it since. */
function isOfDump({ event, preexisting }: Connection): boolean {
  return event === "open" && preexisting === true;
}

/** What an event says besides what is known of the flow. */
function continued(known: Connection, flow: FlowEvent, time: number): Connection {
  const source = endpoint(flow.original.src, flow.original.sport, flow.original);
  const isOutward = known.local.ip === source.ip && known.local.port === source.port;
  return {
    ...known,
    event: "update",
    time,
    outcome: outcomeOf(flow, known.outcome),
    ...(flow.state !== undefined && { state: flow.state.toLowerCase() }),
    ...counters(flow, isOutward),
  };
}

function closed(known: Connection, flow: FlowEvent, time: number): Connection {
  const { start } = known;
  const end = endOf(flow, start);
  return {
    ...continued(known, flow, time),
    event: "close",
    ...(end !== undefined && { end }),
    ...(end !== undefined && start !== undefined && { durationUs: end - start }),
  };
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
  #isInStep = false;

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
   * The record of an event. Undefined for an entry of the table that is known already, and for the NEW
   * event of a flow that was found in the table a moment ago.
   *
   * @param owner Of a flow that begins and of an entry of the table.
   * @param arrival When the event was read, microseconds since the epoch: used where it has no time.
   */
  make(flow: FlowEvent, owner: FlowOwner | undefined, arrival: number): Connection | undefined {
    const key = keyOf(flow);
    const known = this.#open.get(key);
    const time = flow.timestampUs ?? arrival;
    switch (flow.event) {
      case "new":
        if (known !== undefined && isOfDump(known) && time - known.time < OVERLAP) return undefined;
        return this.#remember(key, this.#first(flow, owner, arrival));
      case "dump":
        if (known !== undefined) return undefined;
        return this.#remember(key, this.#first(flow, owner, arrival));
      case "update": {
        if (known === undefined) return this.#remember(key, this.#first(flow, owner, arrival));
        return this.#remember(key, continued(known, flow, time));
      }
      case "destroy": {
        this.#open.delete(key);
        return closed(known ?? this.#first(flow, owner, arrival), flow, time);
      }
    }
  }

  /**
   * Compares the open flows with a table that was read, and closes those that are not in it: their ends
   * were lost, or never told. Call it when the events from before the reading are made; entries of later
   * tables do not count as older than this run.
   *
   * @param dump All entries of the table.
   * @param began When the reading began.
   * @param now The time of the records.
   */
  reconcile(dump: readonly FlowEvent[], began: number, now: number): Connection[] {
    const present = new Set(dump.map(keyOf));
    const gone: Connection[] = [];
    for (const [key, record] of this.#open) {
      if (record.time >= began || present.has(key)) continue;
      this.#open.delete(key);
      gone.push({ ...record, event: "close", time: now });
    }
    this.#isInStep = true;
    return gone;
  }

  /** The record of a flow by its first event, whichever that is. */
  #first(flow: FlowEvent, given: FlowOwner | undefined, arrival: number): Connection {
    const owner = given ?? this.#place(flow, UNSEEN);
    const { local, direction, initiator, ...attribution } = owner;
    const { original, protocolNumber } = flow;
    const source = endpoint(original.src, original.sport, original);
    const destination = endpoint(original.dst, original.dport, original);
    const isOutward = local === "source";
    const wasThere = isPickedUp(flow) || (flow.event === "dump" && !this.#isInStep);
    const start = isPickedUp(flow) ? undefined : startOf(flow, arrival);
    const nat = translation(flow, isOutward === (initiator === "local"));
    return {
      id: this.#id(flow, start),
      event: FIRST_EVENT[flow.event],
      time: flow.timestampUs ?? arrival,
      ...(start !== undefined && { start }),
      ...(wasThere && { preexisting: true }),
      direction,
      initiator,
      outcome: outcomeOf(flow),
      ...(flow.state !== undefined && { state: flow.state.toLowerCase() }),
      protocol: flow.protocol,
      protocolNumber,
      ipVersion: flow.ipVersion,
      local: isOutward ? source : destination,
      remote: isOutward ? destination : source,
      ...(nat !== undefined && { nat }),
      ...counters(flow, isOutward),
      ...attribution,
      collector: "conntrack",
      host: this.#host,
    };
  }

  /** The kernel uses an id again when the flow is gone: so it counts with the start, or the tuple. */
  #id(flow: FlowEvent, start: number | undefined): string {
    const tuple = () => `${flow.protocolNumber}-${tupleText(flow.original).replaceAll(" ", "-")}`;
    const parts = [this.#prefix];
    if (flow.id !== undefined) parts.push(flow.id.toString(36));
    if (start !== undefined) parts.push(start.toString(36));
    if (parts.length < 3) parts.push(tuple());
    return parts.join("-");
  }

  #remember(key: string, record: Connection): Connection {
    this.#open.set(key, record);
    if (this.#open.size > this.#capacity) {
      const [oldest = ""] = this.#open.keys();
      this.#open.delete(oldest);
      this.#evicted++;
    }
    return record;
  }
}
