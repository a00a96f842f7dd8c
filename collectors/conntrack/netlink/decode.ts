/**
 * Flow events from the messages of the kernel's connection tracking (`linux/netfilter/
 * nfnetlink_conntrack.h`, `net/netfilter/nf_conntrack_netlink.c`).
 *
 * The events are the same that `parseFlow` makes of conntrack's text, but for what only one of them can
 * know. Only this one has microseconds in `start` and `stop`, and the true state of DCCP. It knows
 * neither the names of labels nor that of a tool, and `deltaTime` only of a flow that has ended.
 */
import { formatIpv4, formatIpv6 } from "../../../lib/ip.ts";
import { protocolKeyword } from "../../../lib/protocols.ts";
import type { FlowCounters, FlowEvent, FlowTuple } from "../flow.ts";
import { Attributes } from "./attributes.ts";
import { FLAG, type Message } from "./messages.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Subsystem of nfnetlink, in the upper half of a message's type. */
export const CTNETLINK = 1 << 8;

/** Operations of that subsystem, in the lower half. */
export const CT = { new: 0, get: 1, delete: 2 } as const;

/** Size of `struct nfgenmsg`. */
export const NFGENMSG_SIZE = 4;

// Address families of Linux.
const AF_INET = 2;
const AF_INET6 = 10;

/** Attributes of an entry. */
export const CTA = {
  tupleOrig: 1,
  tupleReply: 2,
  status: 3,
  protoinfo: 4,
  help: 5,
  timeout: 7,
  mark: 8,
  countersOrig: 9,
  countersReply: 10,
  use: 11,
  id: 12,
  secmark: 17,
  zone: 18,
  secctx: 19,
  timestamp: 20,
  /** Linux 6.14. */
  timestampEvent: 27,
} as const;

/** Inside `tupleOrig` and `tupleReply`. */
export const CTA_TUPLE = { ip: 1, proto: 2, zone: 3 } as const;

export const CTA_IP = { v4Src: 1, v4Dst: 2, v6Src: 3, v6Dst: 4 } as const;

/** The keys of GRE are in the attributes of ports. */
export const CTA_PROTO = {
  num: 1,
  srcPort: 2,
  dstPort: 3,
  icmpId: 4,
  icmpType: 5,
  icmpCode: 6,
  icmpv6Id: 7,
  icmpv6Type: 8,
  icmpv6Code: 9,
} as const;

/** Inside `protoinfo`; inside each of them, attribute 1 is the state. */
export const CTA_PROTOINFO = { tcp: 1, dccp: 2, sctp: 3 } as const;

export const CTA_COUNTERS = { packets: 1, bytes: 2 } as const;

export const CTA_TIMESTAMP = { start: 1, stop: 2 } as const;

/** Bits of an entry's status (`linux/netfilter/nf_conntrack_common.h`). */
export const STATUS = {
  seenReply: 1 << 1,
  assured: 1 << 2,
  offload: 1 << 14,
  hardwareOffload: 1 << 15,
} as const;

const TCP_STATES =
  "NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2"
    .split(" ");
const DCCP_STATES = "NONE REQUEST RESPOND PARTOPEN OPEN CLOSEREQ CLOSING TIMEWAIT IGNORE INVALID"
  .split(" ");
const SCTP_STATES = ("NONE CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT " +
  "SHUTDOWN_RECD SHUTDOWN_ACK_SENT HEARTBEAT_SENT HEARTBEAT_ACKED").split(" ");

function ipv4Text(a: Attributes): string {
  return formatIpv4(a.u32());
}

function ipv6Text(a: Attributes): string {
  if (a.to - a.from < 16) {
    a.bad = true;
    return "";
  }
  const { view, from } = a;
  const [first, second] = [view.getUint32(from), view.getUint32(from + 4)];
  const [third, fourth] = [view.getUint32(from + 8), view.getUint32(from + 12)];
  // A mapped address is the IPv4 address that it stands for, as lib/ip.ts reads it.
  if (first === 0 && second === 0 && third === 0xffff) return formatIpv4(fourth);
  return formatIpv6(first, second, third, fourth);
}

/** What the attributes of one direction say. */
interface Direction {
  readonly tuple: FlowTuple;
  readonly protocol: number;
  readonly zone: number | undefined;
}

/**
 * What the kernel does not track of a protocol, because the tracker is missing, is 0: so says conntrack.
 */
function readTuple(a: Attributes, ipVersion: 4 | 6): Direction {
  let src = "";
  let dst = "";
  let protocol = -1;
  let zone: number | undefined;
  let source = 0;
  let destination = 0;
  let type = 0;
  let code = 0;
  let id = 0;
  for (let at = a.from, end = a.to; at < end;) {
    at = a.step(at, end);
    switch (a.type) {
      case CTA_TUPLE.ip:
        for (let inner = a.from, innerEnd = a.to; inner < innerEnd;) {
          inner = a.step(inner, innerEnd);
          if (a.type === (ipVersion === 4 ? CTA_IP.v4Src : CTA_IP.v6Src)) {
            src = ipVersion === 4 ? ipv4Text(a) : ipv6Text(a);
          } else if (a.type === (ipVersion === 4 ? CTA_IP.v4Dst : CTA_IP.v6Dst)) {
            dst = ipVersion === 4 ? ipv4Text(a) : ipv6Text(a);
          }
        }
        break;
      case CTA_TUPLE.proto:
        for (let inner = a.from, innerEnd = a.to; inner < innerEnd;) {
          inner = a.step(inner, innerEnd);
          switch (a.type) {
            case CTA_PROTO.num:
              protocol = a.u8();
              break;
            case CTA_PROTO.srcPort:
              source = a.u16();
              break;
            case CTA_PROTO.dstPort:
              destination = a.u16();
              break;
            case CTA_PROTO.icmpId:
            case CTA_PROTO.icmpv6Id:
              id = a.u16();
              break;
            case CTA_PROTO.icmpType:
            case CTA_PROTO.icmpv6Type:
              type = a.u8();
              break;
            case CTA_PROTO.icmpCode:
            case CTA_PROTO.icmpv6Code:
              code = a.u8();
              break;
          }
        }
        break;
      case CTA_TUPLE.zone:
        zone = a.u16();
        break;
    }
  }
  if (src === "" || dst === "" || protocol < 0) a.bad = true;
  return { tuple: tupleOf(), protocol, zone };

  function tupleOf(): FlowTuple {
    switch (protocol) {
      case 6:
      case 17:
      case 33:
      case 132:
      case 136:
        return { src, dst, sport: source, dport: destination };
      case 1:
      case 58:
        return { src, dst, icmp: { type, code, id } };
      case 47:
        return { src, dst, gre: { srckey: source, dstkey: destination } };
      default:
        return { src, dst };
    }
  }
}
