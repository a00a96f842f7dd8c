/** Makes records of flow events, and remembers the flows that are open. */
import type { Connection, HostIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import type { FlowEvent } from "./flow.ts";
import { flowKey, parseFlowKey } from "./flow_key.ts";
import {
  answerTo,
  closingRecord,
  flowRecord,
  isTranslated,
  type RecordContext,
} from "./flow_record.ts";
import { advance, type OpenFlow } from "./open_flow.ts";
import { OpenFlows } from "./open_flows.ts";
import type { FlowOwner } from "./owners.ts";
import { Generations } from "./owners/generations.ts";
import { isPickedUp } from "./owners/match.ts";
import { SharedOwners } from "./shared_owners.ts";
import { startOf } from "./times.ts";

/** Flows that are remembered: as many as the kernel tracks unless it is told otherwise. */
export const CAPACITY = 262_144;

/** When there are too many, one of so many is forgotten. */
const EVICTION = 64;

/** Why there is no process behind a flow whose beginning was missed. */
const UNSEEN = "its start was not seen";

/** A NEW event that comes so soon after its flow was found in the table is the same one, microseconds. */
const OVERLAP = 1_000_000;

/** How late the end of a flow may come that is not in the table any more, microseconds. */
const GRACE = 2_000_000;

/** How long the reading of the table may take, microseconds, and what part of the flows may end meanwhile. */
const READING = 10_000_000;
const ENDED = 1 / 4;

/** Finds out where a flow is, without its process: `FlowOwners.place`. */
export type Placer = (flow: FlowEvent, attributionReason: string) => FlowOwner;

/** Makes the records of one run: one for each event. */
export class FlowRecords {
  readonly #place: Placer;
  readonly #context: RecordContext;
  readonly #capacity: number;
  /** By their keys, in the order of their beginnings. */
  readonly #open = new OpenFlows();
  readonly #owners = new SharedOwners();
  /** Open flows that were not in the table, and when that was seen. */
  readonly #missing = new Map<string, number>();
  /** Flows that ended while a table was read, and when they were seen last: it may have them. */
  readonly #ended = new Generations<string, number>();
  #aged = 0;
  /** When the reading of the table began that is being read. */
  #reading: number | undefined;
  #evicted = 0;
  #isInStep = false;

  /**
   * @param bootId `/proc/sys/kernel/random/boot_id`, "" where it cannot be read.
   * @param place Asked of flows whose beginning was missed.
   * @param capacity How many open flows are remembered; beyond that the oldest are forgotten.
   */
  constructor(host: HostIdentity, bootId: string, place: Placer, capacity = CAPACITY) {
    this.#place = place;
    this.#context = { host, prefix: idPrefix(host.id, "conntrack", bootId) };
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
   * @param began When the reading of the table began that the entry is in.
   */
  make(
    flow: FlowEvent,
    owner: FlowOwner | undefined,
    arrival: number,
    began = arrival,
  ): Connection | undefined {
    const key = flowKey(flow);
    const known = this.#open.get(key);
    const time = flow.timestampUs ?? arrival;
    switch (flow.event) {
      case "new": {
        if (time - (known?.listed ?? -Infinity) < OVERLAP) return undefined;
        // A table may have shown it before its event is read, and was taken for one that it follows.
        const seen = Math.max(time, known?.seen ?? this.#ended.get(key) ?? 0);
        this.#forget(key);
        return this.#begin(key, flow, owner, arrival, seen);
      }
      case "dump":
        if (this.#isKnown(key, began)) return undefined;
        return this.#begin(key, flow, owner, arrival, began);
      case "update":
        if (known === undefined) return this.#begin(key, flow, owner, arrival, time);
        advance(known, flow);
        this.#open.set(key, known);
        return flowRecord(flow, known, "update", time, this.#context);
      case "destroy": {
        this.#forget(key);
        this.#end(key, arrival, known?.seen ?? 0);
        const open = known ?? this.#first(flow, owner, arrival, time);
        advance(open, flow);
        return closingRecord(flow, open, time, this.#context);
      }
    }
  }

  /**
   * A table is about to be read: what ends from now on may be in it.
   *
   * @param began When the reading began, as {@linkcode reconcile} is told.
   */
  expectTable(began: number): void {
    this.#reading = began;
  }

  /**
   * Takes note of an entry of a table. Returns whether its flow is known: then {@linkcode make} would make
   * no record of it.
   *
   * @param began When the reading of the table began.
   */
  notice(entry: FlowEvent, began: number): boolean {
    return this.#isKnown(flowKey(entry), began);
  }

  /**
   * Compares the open flows with a table that was read: those that were not in it are
   * {@linkcode overdue} unless their ends are on the way. Entries of later tables do not count as older
   * than this run.
   *
   * @param began When the reading began, as it was given with all its entries.
   * @param now Microseconds since the epoch, as everywhere.
   */
  reconcile(began: number, now: number): void {
    for (const key of this.#open.unseenSince(began)) {
      if (!this.#missing.has(key)) this.#missing.set(key, now);
    }
    this.#isInStep = true;
    if (this.#reading !== began) return;
    this.#reading = undefined;
    // Both halves: nothing is left that may be in a table.
    this.#ended.age();
    this.#ended.age();
  }

  /** Closes flows that were not in the table and whose ends have not come since: they were lost. */
  overdue(now: number): Connection[] {
    const gone: Connection[] = [];
    for (const [key, since] of this.#missing) {
      if (now - since < GRACE) continue;
      const open = this.#open.get(key);
      this.#forget(key);
      if (open === undefined) continue;
      const flow = parseFlowKey(key);
      const reply = open.reply ?? answerTo(flow.original);
      gone.push(flowRecord({ ...flow, reply }, open, "close", now, this.#context));
    }
    return gone;
  }

  #isKnown(key: string, began: number): boolean {
    if (this.#open.see(key, began)) {
      this.#missing.delete(key);
      return true;
    }
    if (this.#ended.get(key) === undefined) return false;
    this.#ended.set(key, began);
    return true;
  }

  /** Remembers a flow by its first event, whichever that is, and makes its first record. */
  #begin(
    key: string,
    flow: FlowEvent,
    owner: FlowOwner | undefined,
    arrival: number,
    seen: number,
  ): Connection {
    const open = this.#first(flow, owner, arrival, seen);
    this.#open.set(key, open);
    if (this.#open.size > this.#capacity) this.#evict();
    const event = flow.event === "update" ? "update" : "open";
    return flowRecord(flow, open, event, flow.timestampUs ?? arrival, this.#context);
  }

  #first(
    flow: FlowEvent,
    owner: FlowOwner | undefined,
    arrival: number,
    seen: number,
  ): OpenFlow {
    const open: OpenFlow = {
      owner: this.#owners.share(owner ?? this.#place(flow, UNSEEN)),
      start: isPickedUp(flow) ? undefined : startOf(flow, arrival),
      wasThere: isPickedUp(flow) || (flow.event === "dump" && !this.#isInStep),
      listed: flow.event === "dump" ? arrival : undefined,
      seen,
      outcome: "unknown",
      state: undefined,
      reply: isTranslated(flow) ? flow.reply : undefined,
      counters: undefined,
    };
    advance(open, flow);
    return open;
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

  #end(key: string, now: number, seen: number): void {
    if (this.#reading === undefined) return;
    if (now - this.#aged > READING || this.#ended.size >= this.#capacity * ENDED) {
      this.#ended.age();
      this.#aged = now;
    }
    this.#ended.set(key, seen);
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#missing.delete(key);
  }
}
