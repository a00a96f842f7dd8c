/** Tuples of a flow: addresses and what the protocol adds, in one direction. */
import type { FlowTuple } from "../flow.ts";
import { ipv4Text, ipv6Text } from "./address.ts";
import type { Attributes } from "./attributes.ts";
import { CTA_IP, CTA_PROTO, CTA_TUPLE } from "./ctnetlink.ts";

/** What the kernel says of one direction. */
export interface Direction {
  readonly ipVersion: 4 | 6;
  readonly protocolNumber: number;
  readonly tuple: FlowTuple;
  readonly zone: number | undefined;
}

/**
 * Values as they are found. Where the kernel has no tracker for a protocol it tells neither ports nor
 * keys; they are 0, as conntrack prints them.
 */
class Draft {
  src: string | undefined;
  dst: string | undefined;
  ipVersion: 0 | 4 | 6 = 0;
  protocolNumber = -1;
  sourcePort = 0;
  destinationPort = 0;
  icmpId = 0;
  icmpType = 0;
  icmpCode = 0;
  zone: number | undefined;
}

/** Reads the tuple inside the attribute that is being visited; undefined when it is not whole. */
export function readDirection(attributes: Attributes): Direction | undefined {
  const draft = attributes.nested(readPart, new Draft());
  const { src, dst, ipVersion, protocolNumber, zone } = draft;
  if (src === undefined || dst === undefined || ipVersion === 0 || protocolNumber < 0) {
    return undefined;
  }
  return { ipVersion, protocolNumber, tuple: tupleOf(src, dst, draft), zone };
}

function readPart(attributes: Attributes, draft: Draft): void {
  switch (attributes.type) {
    case CTA_TUPLE.ip:
      attributes.nested(readAddress, draft);
      break;
    case CTA_TUPLE.proto:
      attributes.nested(readProtocol, draft);
      break;
    case CTA_TUPLE.zone:
      draft.zone = attributes.u16();
      break;
  }
}

function readAddress(attributes: Attributes, draft: Draft): void {
  switch (attributes.type) {
    case CTA_IP.v4Src:
      draft.src = ipv4Text(attributes.u32());
      setVersion(4, attributes, draft);
      break;
    case CTA_IP.v4Dst:
      draft.dst = ipv4Text(attributes.u32());
      setVersion(4, attributes, draft);
      break;
    case CTA_IP.v6Src:
      draft.src = readIpv6(attributes);
      setVersion(6, attributes, draft);
      break;
    case CTA_IP.v6Dst:
      draft.dst = readIpv6(attributes);
      setVersion(6, attributes, draft);
      break;
  }
}

/** Both addresses have the same version. */
function setVersion(version: 4 | 6, attributes: Attributes, draft: Draft): void {
  if (draft.ipVersion !== 0 && draft.ipVersion !== version) attributes.bad = true;
  draft.ipVersion = version;
}

function readIpv6(attributes: Attributes): string {
  const { view, from, to } = attributes;
  if (to - from < 16) {
    attributes.bad = true;
    return "";
  }
  return ipv6Text(
    view.getUint32(from),
    view.getUint32(from + 4),
    view.getUint32(from + 8),
    view.getUint32(from + 12),
  );
}

function readProtocol(attributes: Attributes, draft: Draft): void {
  switch (attributes.type) {
    case CTA_PROTO.num:
      draft.protocolNumber = attributes.u8();
      break;
    case CTA_PROTO.srcPort:
      draft.sourcePort = attributes.u16();
      break;
    case CTA_PROTO.dstPort:
      draft.destinationPort = attributes.u16();
      break;
    case CTA_PROTO.icmpId:
    case CTA_PROTO.icmpv6Id:
      draft.icmpId = attributes.u16();
      break;
    case CTA_PROTO.icmpType:
    case CTA_PROTO.icmpv6Type:
      draft.icmpType = attributes.u8();
      break;
    case CTA_PROTO.icmpCode:
    case CTA_PROTO.icmpv6Code:
      draft.icmpCode = attributes.u8();
      break;
  }
}

function tupleOf(src: string, dst: string, draft: Draft): FlowTuple {
  switch (draft.protocolNumber) {
    // TCP, UDP, DCCP, SCTP, UDP-Lite
    case 6:
    case 17:
    case 33:
    case 132:
    case 136:
      return { src, dst, sport: draft.sourcePort, dport: draft.destinationPort };
    // ICMP, ICMPv6
    case 1:
    case 58:
      return {
        src,
        dst,
        icmp: { type: draft.icmpType, code: draft.icmpCode, id: draft.icmpId },
      };
    // GRE
    case 47:
      return { src, dst, gre: { srckey: draft.sourcePort, dstkey: draft.destinationPort } };
    default:
      return { src, dst };
  }
}
