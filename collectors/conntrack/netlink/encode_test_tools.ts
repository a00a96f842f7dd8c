/** Netlink messages of the kernel's connection tracking, written as the kernel writes them; for tests. */
import { parseIp } from "../../../lib/ip.ts";
import type { FlowCounters, FlowEvent, FlowTuple } from "../flow.ts";
import {
  CT,
  CTA,
  CTA_COUNTERS,
  CTA_IP,
  CTA_NAME,
  CTA_PROTO,
  CTA_PROTOINFO,
  CTA_PROTOINFO_STATE,
  CTA_TIMESTAMP,
  CTA_TUPLE,
  CTNETLINK,
  DCCP_STATES,
  FAMILY,
  SCTP_STATES,
  STATUS,
  TCP_STATES,
} from "./ctnetlink.ts";
import { FLAG, HEADER_SIZE } from "./messages.ts";

/** Bit of an attribute's type that says that it holds others. */
const NESTED = 0x8000;

/** Puts arrays one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A number of so many bytes, the most significant first. */
export function number(size: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value));
  return new Uint8Array(view.buffer, 8 - size);
}

/** An attribute with a value, padded to four bytes. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  const length = 4 + value.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

/** An attribute that holds others. */
export function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NESTED, concat(...attributes));
}

/** What a message's header says; everything else is 0. */
export interface Header {
  readonly type: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly portid?: number;
}

/** A message. */
export function message(header: Header, payload: Uint8Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_SIZE));
  view.setUint32(0, HEADER_SIZE + payload.length, true);
  view.setUint16(4, header.type, true);
  view.setUint16(6, header.flags ?? 0, true);
  view.setUint32(8, header.sequence ?? 0, true);
  view.setUint32(12, header.portid ?? 0, true);
  return concat(new Uint8Array(view.buffer), payload);
}

function addressBytes(text: string, ipVersion: 4 | 6): Uint8Array {
  const bytes = parseIp(text) ?? new Uint8Array();
  if (bytes.length !== 4 || ipVersion === 4) return bytes;
  return concat(new Uint8Array(10), Uint8Array.of(255, 255), bytes);
}

function tuple(type: number, flow: FlowEvent, of: FlowTuple, zone?: number): Uint8Array {
  const { ipVersion, protocolNumber } = flow;
  const [src, dst] = ipVersion === 4 ? [CTA_IP.v4Src, CTA_IP.v4Dst] : [CTA_IP.v6Src, CTA_IP.v6Dst];
  const proto = [attribute(CTA_PROTO.num, number(1, protocolNumber))];
  const [source, destination] = [of.sport ?? of.gre?.srckey, of.dport ?? of.gre?.dstkey];
  if (source !== undefined) proto.push(attribute(CTA_PROTO.srcPort, number(2, source)));
  if (destination !== undefined) proto.push(attribute(CTA_PROTO.dstPort, number(2, destination)));
  if (of.icmp !== undefined) {
    // The attributes of ICMPv6 follow those of ICMP in the same order.
    const shift = protocolNumber === 58 ? CTA_PROTO.icmpv6Id - CTA_PROTO.icmpId : 0;
    proto.push(attribute(CTA_PROTO.icmpId + shift, number(2, of.icmp.id)));
    proto.push(attribute(CTA_PROTO.icmpType + shift, number(1, of.icmp.type)));
    proto.push(attribute(CTA_PROTO.icmpCode + shift, number(1, of.icmp.code)));
  }
  return nested(
    type,
    nested(
      CTA_TUPLE.ip,
      attribute(src, addressBytes(of.src, ipVersion)),
      attribute(dst, addressBytes(of.dst, ipVersion)),
    ),
    nested(CTA_TUPLE.proto, ...proto),
    ...zone === undefined ? [] : [attribute(CTA_TUPLE.zone, number(2, zone))],
  );
}

function status(flow: FlowEvent): number {
  return (flow.unreplied ? 0 : STATUS.seenReply) | (flow.assured ? STATUS.assured : 0) |
    (flow.offload === "software" ? STATUS.offload : 0) |
    (flow.offload === "hardware" ? STATUS.hardwareOffload : 0);
}

function protoinfo({ protocolNumber, state = "" }: FlowEvent): Uint8Array {
  const [type, states] = protocolNumber === 6
    ? [CTA_PROTOINFO.tcp, TCP_STATES]
    : protocolNumber === 33
    ? [CTA_PROTOINFO.dccp, DCCP_STATES]
    : [CTA_PROTOINFO.sctp, SCTP_STATES];
  const value = number(1, states.indexOf(state));
  return nested(CTA.protoinfo, nested(type, attribute(CTA_PROTOINFO_STATE, value)));
}

function counters(type: number, { packets, bytes }: FlowCounters): Uint8Array {
  return nested(
    type,
    attribute(CTA_COUNTERS.packets, number(8, packets)),
    attribute(CTA_COUNTERS.bytes, number(8, bytes)),
  );
}

/** Nanoseconds of a time in microseconds, and some more, which do not count. */
function nanoseconds(time: number): Uint8Array {
  return number(8, BigInt(time) * 1000n + 999n);
}

/** The attributes of a flow. What only conntrack's text can hold is left out. */
export function flowAttributes(flow: FlowEvent): Uint8Array {
  const parts = [
    tuple(CTA.tupleOrig, flow, flow.original, flow.zoneOrig),
    tuple(CTA.tupleReply, flow, flow.reply, flow.zoneReply),
    attribute(CTA.status, number(4, status(flow))),
  ];
  const numbers = [
    [CTA.timeout, 4, flow.timeout],
    [CTA.mark, 4, flow.mark],
    [CTA.secmark, 4, flow.secmark],
    [CTA.zone, 2, flow.zone],
    [CTA.id, 4, flow.id],
    [CTA.use, 4, flow.use],
  ] as const;
  for (const [type, size, value] of numbers) {
    if (value !== undefined) parts.push(attribute(type, number(size, value)));
  }
  const { state, originalCounters, replyCounters, start, stop, timestampUs, helper, secctx } = flow;
  if (state !== undefined) parts.push(protoinfo(flow));
  if (originalCounters !== undefined) parts.push(counters(CTA.countersOrig, originalCounters));
  if (replyCounters !== undefined) parts.push(counters(CTA.countersReply, replyCounters));
  const times = [];
  if (start !== undefined) times.push(attribute(CTA_TIMESTAMP.start, nanoseconds(start)));
  if (stop !== undefined) times.push(attribute(CTA_TIMESTAMP.stop, nanoseconds(stop)));
  if (times.length > 0) parts.push(nested(CTA.timestamp, ...times));
  if (timestampUs !== undefined) {
    parts.push(attribute(CTA.timestampEvent, nanoseconds(timestampUs)));
  }
  const text = (text: string) => attribute(CTA_NAME, new TextEncoder().encode(text + "\0"));
  if (helper !== undefined) parts.push(nested(CTA.help, text(helper)));
  if (secctx !== undefined) parts.push(nested(CTA.secctx, text(secctx)));
  return concat(...parts);
}

/** The `struct nfgenmsg` of a flow. */
export function nfgenmsg(ipVersion: 4 | 6): Uint8Array {
  return Uint8Array.of(ipVersion === 4 ? FAMILY.ipv4 : FAMILY.ipv6, 0, 0, 0);
}

/** The message that tells of a flow: an event, or, with a sequence number, an entry of the table. */
export function flowMessage(flow: FlowEvent, sequence?: number): Uint8Array {
  const { event, ipVersion, userspace } = flow;
  const header: Header = {
    type: CTNETLINK | (event === "destroy" ? CT.delete : CT.new),
    flags: event === "new" ? FLAG.create : 0,
    sequence: sequence ?? 0,
    portid: userspace?.portid ?? 0,
  };
  return message(header, concat(nfgenmsg(ipVersion), flowAttributes(flow)));
}
