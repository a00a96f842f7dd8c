/** What is known of an open flow to a record. */
import type { Connection, ConnectionEvent, Endpoint, HostIdentity } from "../../lib/connection.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";
import { type KeyedFlow, tupleParts } from "./flow_key.ts";
import type { Counters, OpenFlow } from "./open_flow.ts";
import type { FlowOwner } from "./owners/settle.ts";
import { endOf } from "./times.ts";
import type { Mutable } from "../../lib/mutable.ts";

/** As much of a flow as a record tells, whichever its event. */
export type RecordedFlow = KeyedFlow & Pick<FlowEvent, "reply">;

/** What all records of a run have in common. */
export interface RecordContext {
  readonly host: HostIdentity;
  /** What the ids begin with. */
  readonly prefix: string;
}

/** Whether the answers come from another address than the packets go to. */
function isTargetTranslated({ original, reply }: RecordedFlow): boolean {
  return reply.src !== original.dst || reply.sport !== original.dport;
}

/** Whether the answers go to another address than the packets come from. */
function isSourceTranslated({ original, reply }: RecordedFlow): boolean {
  return reply.dst !== original.src || reply.dport !== original.sport;
}

/** Whether the reply tuple says more than the original one. */
export function isTranslated(flow: RecordedFlow): boolean {
  return isSourceTranslated(flow) || isTargetTranslated(flow);
}

/** The reply tuple: what the answers of a flow look like whose addresses are not translated. */
export function answerTo({ src, dst, sport, dport }: FlowTuple): FlowTuple {
  if (sport === undefined || dport === undefined) return { src: dst, dst: src };
  return { src: dst, dst: src, sport: dport, dport: sport };
}

/** An end as the packets have it. Both ports are 0 where the kernel has no tracker for a protocol with ports. */
export function endpoint(
  ip: string,
  port: number | undefined,
  { sport, dport }: FlowTuple,
): Endpoint {
  return port === undefined || (sport === 0 && dport === 0) ? { ip } : { ip, port };
}

/**
 * The addresses on the wire, where the answers show that they are others.
 *
 * @param isForward Whether the source of the record is that of the flow.
 */
export function translation(flow: RecordedFlow, isForward: boolean): Connection["nat"] | undefined {
  const { reply } = flow;
  const from = isSourceTranslated(flow);
  const to = isTargetTranslated(flow);
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

/** Sets what was counted. The original direction is out where the source is here. */
export function setCounters(
  record: Mutable<Connection>,
  { originalCounters, replyCounters }: Counters,
  isOutward: boolean,
): void {
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

/** The kernel uses an id again when the flow is gone: so it counts with the start, or the tuple. */
function idOf(flow: KeyedFlow, start: number | undefined, prefix: string): string {
  const tuple = () =>
    `${flow.protocolNumber}-${tupleParts(flow.original).join(".").replaceAll(":", ".")}`;
  const parts = [prefix];
  if (flow.id !== undefined) parts.push(flow.id.toString(36));
  if (start !== undefined) parts.push(start.toString(36));
  if (parts.length < 3) parts.push(tuple());
  return parts.join("-");
}

/** The record of a flow as it is known at a time, microseconds since the epoch. */
export function flowRecord(
  flow: RecordedFlow,
  open: OpenFlow,
  event: ConnectionEvent,
  time: number,
  { host, prefix }: RecordContext,
): Connection {
  const { owner, start, state, counters } = open;
  const { local, direction, initiator } = owner;
  const { original, protocolNumber } = flow;
  const source = endpoint(original.src, original.sport, original);
  const destination = endpoint(original.dst, original.dport, original);
  const isOutward = local === "source";
  const isForward = isOutward === (initiator === "local");
  const nat = translation(flow, isForward);
  const { icmp } = original;
  const record: Mutable<Connection> = {
    id: idOf(flow, start, prefix),
    event,
    time,
    direction,
    initiator,
    outcome: open.outcome,
    protocol: flow.protocol,
    protocolNumber,
    ipVersion: flow.ipVersion,
    local: isOutward ? source : destination,
    remote: isOutward ? destination : source,
    attribution: owner.attribution,
    collector: "conntrack",
    host,
  };
  if (start !== undefined) record.start = start;
  if (open.wasThere) record.preexisting = true;
  if (nat !== undefined) record.nat = nat;
  if (icmp !== undefined && isForward) record.icmp = { type: icmp.type, code: icmp.code };
  if (state !== undefined) record.state = state.toLowerCase();
  setOwner(record, owner);
  if (counters !== undefined) setCounters(record, counters, isOutward);
  return record;
}

/** The record of a flow that an event has ended, with the time of its end. */
export function closingRecord(
  flow: FlowEvent,
  open: OpenFlow,
  time: number,
  context: RecordContext,
): Connection {
  const record: Mutable<Connection> = flowRecord(flow, open, "close", time, context);
  const end = endOf(flow, open.start);
  if (end === undefined) return record;
  record.end = end;
  if (open.start !== undefined) record.durationUs = end - open.start;
  return record;
}
