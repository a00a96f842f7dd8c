/**
 * Flow events from the messages of the kernel's connection tracking (`net/netfilter/
 * nf_conntrack_netlink.c`).
 *
 * They are the same that the parser makes of conntrack's text, but for what only one of the two can
 * know. Here, `start` and `stop` have microseconds, and a state of DCCP is its own. The names of labels
 * and of a tool are not known, nor is `deltaTime` of a flow that goes on.
 */
import { protocolKeyword } from "../../../lib/protocols.ts";
import type { FlowCounters, FlowEvent, FlowTuple } from "../flow.ts";
import { Attributes, type Visit } from "./attributes.ts";
import {
  CT,
  CTA,
  CTA_COUNTERS,
  CTA_NAME,
  CTA_PROTOINFO,
  CTA_PROTOINFO_STATE,
  CTA_TIMESTAMP,
  CTNETLINK,
  DCCP_STATES,
  FAMILY,
  NFGENMSG_SIZE,
  SCTP_STATES,
  STATUS,
  TCP_STATES,
} from "./ctnetlink.ts";
import { FLAG, type Message } from "./messages.ts";
import { type Direction, readDirection } from "./tuple.ts";
import type { Mutable } from "../../../lib/mutable.ts";

const NO_TUPLE: FlowTuple = { src: "", dst: "" };

/** Whether the message tells of a flow; only such a one can be decoded. */
export function isFlowMessage({ type }: Message): boolean {
  return type === (CTNETLINK | CT.new) || type === (CTNETLINK | CT.delete);
}

/** A flow, and what must be looked at before it is one. */
interface Draft {
  readonly flow: Mutable<FlowEvent>;
  original: Direction | undefined;
  reply: Direction | undefined;
}

/**
 * Reads the flow of an event. Undefined when the message is cut, contradicts itself or lacks a tuple.
 * Attributes that are not known are skipped. Never throws.
 *
 * @param received When the message was received: its time, if it bears none itself.
 */
export function decodeEvent(message: Message, received: number): FlowEvent | undefined {
  const { type, flags, portid } = message;
  const created = (flags & FLAG.create) !== 0;
  const event = type === (CTNETLINK | CT.delete) ? "destroy" : created ? "new" : "update";
  const flow = decodeFlow(message, event);
  if (flow === undefined) return undefined;
  flow.timestampUs ??= received;
  if (portid !== 0) flow.userspace = { portid };
  return flow;
}

/** As {@linkcode decodeEvent}, for an entry of the table: a part of the answer to a request. */
export function decodeEntry(message: Message): FlowEvent | undefined {
  return decodeFlow(message, "dump");
}

function decodeFlow(
  { view, from, to }: Message,
  event: FlowEvent["event"],
): Mutable<FlowEvent> | undefined {
  if (to - from < NFGENMSG_SIZE) return undefined;
  const draft: Draft = { flow: emptyFlow(event), original: undefined, reply: undefined };
  const attributes = new Attributes(view);
  attributes.walk(from + NFGENMSG_SIZE, to, readAttribute, draft);

  const { flow, original, reply } = draft;
  if (attributes.bad || original === undefined || reply === undefined) return undefined;
  const { ipVersion, protocolNumber } = original;
  if (ipVersion !== reply.ipVersion || protocolNumber !== reply.protocolNumber) return undefined;
  if (view.getUint8(from) !== (ipVersion === 4 ? FAMILY.ipv4 : FAMILY.ipv6)) return undefined;
  flow.ipVersion = ipVersion;
  flow.protocol = protocolKeyword(protocolNumber);
  flow.protocolNumber = protocolNumber;
  flow.original = original.tuple;
  flow.reply = reply.tuple;
  if (original.zone !== undefined) flow.zoneOrig = original.zone;
  if (reply.zone !== undefined) flow.zoneReply = reply.zone;
  return flow;
}

function emptyFlow(event: FlowEvent["event"]): Mutable<FlowEvent> {
  return {
    event,
    ipVersion: 4,
    protocol: "",
    protocolNumber: 0,
    original: NO_TUPLE,
    reply: NO_TUPLE,
    unreplied: false,
    assured: false,
  };
}

function readAttribute(attributes: Attributes, draft: Draft): void {
  const { flow } = draft;
  switch (attributes.type) {
    case CTA.tupleOrig:
      draft.original = readDirection(attributes);
      break;
    case CTA.tupleReply:
      draft.reply = readDirection(attributes);
      break;
    case CTA.status:
      readStatus(attributes.u32(), flow);
      break;
    case CTA.protoinfo:
      attributes.nested(readProtoinfo, flow);
      break;
    case CTA.timeout:
      flow.timeout = attributes.u32();
      break;
    case CTA.countersOrig:
      flow.originalCounters = readCounters(attributes);
      break;
    case CTA.countersReply:
      flow.replyCounters = readCounters(attributes);
      break;
    case CTA.timestamp:
      readTimes(attributes, flow);
      break;
    case CTA.timestampEvent: {
      const time = attributes.microseconds();
      if (time !== undefined) flow.timestampUs = time;
      break;
    }
    case CTA.id:
      flow.id = attributes.u32();
      break;
    case CTA.mark:
      flow.mark = attributes.u32();
      break;
    case CTA.zone:
      flow.zone = attributes.u16();
      break;
    case CTA.use:
      flow.use = attributes.u32();
      break;
    case CTA.secmark:
      flow.secmark = attributes.u32();
      break;
    case CTA.secctx: {
      const { name } = attributes.nested<Named>(readName, {});
      if (name !== undefined) flow.secctx = name;
      break;
    }
    case CTA.help: {
      const { name } = attributes.nested<Named>(readName, {});
      if (name !== undefined) flow.helper = name;
      break;
    }
  }
}

/** Of an offloaded flow, conntrack does not print whether it is assured. */
function readStatus(status: number, flow: Mutable<FlowEvent>): void {
  flow.unreplied = (status & STATUS.seenReply) === 0;
  if ((status & STATUS.hardwareOffload) !== 0) flow.offload = "hardware";
  else if ((status & STATUS.offload) !== 0) flow.offload = "software";
  else flow.assured = (status & STATUS.assured) !== 0;
}

function readProtoinfo(attributes: Attributes, flow: Mutable<FlowEvent>): void {
  switch (attributes.type) {
    case CTA_PROTOINFO.tcp:
      attributes.nested(readTcp, flow);
      break;
    case CTA_PROTOINFO.dccp:
      attributes.nested(readDccp, flow);
      break;
    case CTA_PROTOINFO.sctp:
      attributes.nested(readSctp, flow);
      break;
  }
}

const readTcp = stateReader(TCP_STATES);
const readDccp = stateReader(DCCP_STATES);
const readSctp = stateReader(SCTP_STATES);

function stateReader(states: readonly string[]): Visit<Mutable<FlowEvent>> {
  return function (attributes, flow) {
    if (attributes.type !== CTA_PROTOINFO_STATE) return;
    const state = states[attributes.u8()];
    if (state !== undefined) flow.state = state;
  };
}

function readCounters(attributes: Attributes): FlowCounters {
  return attributes.nested(readCounter, { packets: 0, bytes: 0 });
}

function readCounter(attributes: Attributes, counters: Mutable<FlowCounters>): void {
  if (attributes.type === CTA_COUNTERS.packets) counters.packets = attributes.u64();
  else if (attributes.type === CTA_COUNTERS.bytes) counters.bytes = attributes.u64();
}

function readTimes(attributes: Attributes, flow: Mutable<FlowEvent>): void {
  attributes.nested(readTime, flow);
  const { start, stop } = flow;
  if (start === undefined || stop === undefined) return;
  const seconds = Math.floor(stop / 1e6) - Math.floor(start / 1e6);
  // The clock may have been set back between them.
  if (seconds >= 0) flow.deltaTime = seconds;
}

function readTime(attributes: Attributes, flow: Mutable<FlowEvent>): void {
  const { type } = attributes;
  if (type !== CTA_TIMESTAMP.start && type !== CTA_TIMESTAMP.stop) return;
  const time = attributes.microseconds();
  if (time === undefined) return;
  if (type === CTA_TIMESTAMP.start) flow.start = time;
  else flow.stop = time;
}

/** Helper and security context hold their name alike. */
interface Named {
  name?: string;
}

function readName(attributes: Attributes, into: Named): void {
  if (attributes.type !== CTA_NAME) return;
  const name = attributes.text();
  if (name !== undefined) into.name = name;
}
