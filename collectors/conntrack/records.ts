/** Makes records of flow events, and remembers the flows that are open. */
import type { Connection, Endpoint, HostIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";
import { outcomeOf } from "./outcome.ts";
import type { FlowOwner } from "./owners.ts";
import { Generations } from "./owners/generations.ts";
import { isPickedUp } from "./owners/match.ts";
import { endOf, startOf } from "./times.ts";

/** Flows that are remembered, at most: as many as the kernel tracks unless it is told otherwise. */
const CAPACITY = 262_144;

/** When there are too many, one of so many is forgotten. */
const EVICTION = 64;

/** Why there is no process behind a flow whose beginning was missed. */
const UNSEEN = "its start was not seen";

/** A NEW event that comes so soon after its flow was found in the table is the same one, microseconds. */
const OVERLAP = 1_000_000;

/** How late the end of a flow may come that is not in the table any more, microseconds. */
const GRACE = 2_000_000;

/** How long the reading of the table may take, microseconds, and how many flows may end meanwhile. */
const READING = 10_000_000;
const MAX_ENDED = 65_536;

const FIRST_EVENT = { new: "open", dump: "open", update: "update", destroy: "close" } as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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

function setOwner(record: Mutable<Connection>, owner: FlowOwner): void {
  const { attributionReason, process, socket, netns } = owner;
  if (attributionReason !== undefined) record.attributionReason = attributionReason;
  if (process !== undefined) record.process = process;
  if (socket !== undefined) record.socket = socket;
  if (netns !== undefined) record.netns = netns;
}

/** The counters of the event, if it has any. The original direction is out where the source is here. */
function setCounters(record: Mutable<Connection>, flow: FlowEvent, isOutward: boolean): void {
  const { originalCounters, replyCounters } = flow;
  const into = isOutward ? replyCounters : originalCounters;
  const out = isOutward ? originalCounters : replyCounters;
  if (into !== undefined) {
    record.bytesIn = into.bytes;
    record.packetsIn = into.packets;
  }
  if (out !== undefined) {
    record.bytesOut = out.bytes;
    record.packetsOut = out.packets;
  }
}

/** What an event says besides what is known of the flow. */
function continued(known: Connection, flow: FlowEvent, time: number): Mutable<Connection> {
  const source = endpoint(flow.original.src, flow.original.sport, flow.original);
  const isOutward = known.local.ip === source.ip && known.local.port === source.port;
  const outcome = outcomeOf(flow, known.outcome);
  const record: Mutable<Connection> = { ...known, event: "update", time, outcome };
  if (flow.state !== undefined) record.state = flow.state.toLowerCase();
  setCounters(record, flow, isOutward);
  return record;
}

function closed(known: Connection, flow: FlowEvent, time: number): Connection {
  const record = continued(known, flow, time);
  record.event = "close";
  const end = endOf(flow, known.start);
  if (end === undefined) return record;
  record.end = end;
  if (known.start !== undefined) record.durationUs = end - known.start;
  return record;
}

/** Makes the records of one run: one for each event. */
export class FlowRecords {
  readonly #host: HostIdentity;
  readonly #place: Placer;
  readonly #prefix: string;
  readonly #capacity: number;
  /** The latest record of each open flow, in the order of their beginnings. */
  readonly #open = new Map<string, Connection>();
  /** When the open flows that no NEW event has told of were found in the table. */
  readonly #listed = new Map<string, number>();
  /** Open flows that were not in the table, and when that was seen. */
  readonly #missing = new Map<string, number>();
  /** Flows that ended lately: a table that was being read then may have them. */
  readonly #ended = new Generations<string, true>();
  #aged = 0;
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
   * The record of an event. Undefined for an entry of the table that is known already or has just ended,
   * and for the NEW event of a flow that was found in the table a moment ago.
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
        if (time - (this.#listed.get(key) ?? -Infinity) < OVERLAP) return undefined;
        this.#forget(key);
        return this.#remember(key, this.#first(flow, owner, arrival));
      case "dump":
        if (known !== undefined || this.#ended.get(key)) return undefined;
        this.#listed.set(key, time);
        return this.#remember(key, this.#first(flow, owner, arrival));
      case "update": {
        if (known === undefined) return this.#remember(key, this.#first(flow, owner, arrival));
        return this.#remember(key, continued(known, flow, time));
      }
      case "destroy": {
        this.#forget(key);
        this.#end(key, arrival);
        return closed(known ?? this.#first(flow, owner, arrival), flow, time);
      }
    }
  }

  /**
   * Compares the open flows with a table that was read: those that are not in it are {@linkcode overdue}
   * unless their ends are on the way. Entries of later tables do not count as older than this run.
   *
   * @param dump All entries of the table.
   * @param began When the reading began.
   * @param now Microseconds since the epoch, as everywhere.
   */
  reconcile(dump: readonly FlowEvent[], began: number, now: number): void {
    const present = new Set(dump.map(keyOf));
    for (const [key, record] of this.#open) {
      if (record.time < began && !present.has(key)) this.#missing.set(key, now);
    }
    this.#isInStep = true;
  }

  /** Closes flows that were not in the table and whose ends have not come since: they were lost. */
  overdue(now: number): Connection[] {
    const gone: Connection[] = [];
    for (const [key, since] of this.#missing) {
      if (now - since < GRACE) continue;
      const record = this.#open.get(key);
      this.#forget(key);
      if (record !== undefined) gone.push({ ...record, event: "close", time: now });
    }
    return gone;
  }

  /** The record of a flow by its first event, whichever that is. */
  #first(flow: FlowEvent, given: FlowOwner | undefined, arrival: number): Connection {
    const owner = given ?? this.#place(flow, UNSEEN);
    const { local, direction, initiator } = owner;
    const { original, protocolNumber } = flow;
    const source = endpoint(original.src, original.sport, original);
    const destination = endpoint(original.dst, original.dport, original);
    const isOutward = local === "source";
    const wasThere = isPickedUp(flow) || (flow.event === "dump" && !this.#isInStep);
    const start = isPickedUp(flow) ? undefined : startOf(flow, arrival);
    const nat = translation(flow, isOutward === (initiator === "local"));
    const record: Mutable<Connection> = {
      id: this.#id(flow, start),
      event: FIRST_EVENT[flow.event],
      time: flow.timestampUs ?? arrival,
      direction,
      initiator,
      outcome: outcomeOf(flow),
      protocol: flow.protocol,
      protocolNumber,
      ipVersion: flow.ipVersion,
      local: isOutward ? source : destination,
      remote: isOutward ? destination : source,
      attribution: owner.attribution,
      collector: "conntrack",
      host: this.#host,
    };
    if (start !== undefined) record.start = start;
    if (wasThere) record.preexisting = true;
    if (nat !== undefined) record.nat = nat;
    if (flow.state !== undefined) record.state = flow.state.toLowerCase();
    setOwner(record, owner);
    setCounters(record, flow, isOutward);
    return record;
  }

  /** The kernel uses an id again when the flow is gone: so it counts with the start, or the tuple. */
  #id(flow: FlowEvent, start: number | undefined): string {
    const tuple = () => `${flow.protocolNumber}-${tupleText(flow.original).replace(/[ :]/g, ".")}`;
    const parts = [this.#prefix];
    if (flow.id !== undefined) parts.push(flow.id.toString(36));
    if (start !== undefined) parts.push(start.toString(36));
    if (parts.length < 3) parts.push(tuple());
    return parts.join("-");
  }

  #remember(key: string, record: Connection): Connection {
    this.#open.set(key, record);
    if (this.#open.size > this.#capacity) this.#evict();
    return record;
  }

  /** Forgets the oldest, many at once: from a map, to find the oldest one takes long. */
  #evict(): void {
    let left = Math.ceil(this.#capacity / EVICTION);
    for (const key of this.#open.keys()) {
      this.#forget(key);
      this.#evicted++;
      if (--left === 0) return;
    }
  }

  #end(key: string, now: number): void {
    if (now - this.#aged > READING || this.#ended.size >= MAX_ENDED) {
      this.#ended.age();
      this.#aged = now;
    }
    this.#ended.set(key, true);
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#listed.delete(key);
    this.#missing.delete(key);
  }
}
