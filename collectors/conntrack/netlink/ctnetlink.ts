/**
 * Numbers of the kernel's connection tracking over netlink (`linux/netfilter/nfnetlink.h`,
 * `nfnetlink_conntrack.h`, `nf_conntrack_common.h`), as far as they are used.
 */

/** Protocol of the socket: netfilter. */
export const NETLINK_NETFILTER = 12;

/** Subsystem, in the upper half of a message's type. */
export const CTNETLINK = 1 << 8;

/** Operations, in the lower half. */
export const CT = { new: 0, get: 1, delete: 2 } as const;

/** Multicast groups of a socket, as bits. */
export const GROUP = { new: 1, update: 2, destroy: 4 } as const;

/** Size of `struct nfgenmsg`, which stands before the attributes; its first byte is the address family. */
export const NFGENMSG_SIZE = 4;

/** Address families of Linux. */
export const FAMILY = { unspecified: 0, ipv4: 2, ipv6: 10 } as const;

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
  /** When the event happened: Linux 6.14, with `nf_conntrack_timestamp`. */
  timestampEvent: 27,
} as const;

/** Attributes of a tuple. */
export const CTA_TUPLE = { ip: 1, proto: 2, zone: 3 } as const;

/** Attributes of a tuple's addresses. */
export const CTA_IP = { v4Src: 1, v4Dst: 2, v6Src: 3, v6Dst: 4 } as const;

/** Attributes of a tuple's protocol. Keys of GRE stand where others have ports. */
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

/** Attributes of `protoinfo`. */
export const CTA_PROTOINFO = { tcp: 1, dccp: 2, sctp: 3 } as const;

/** The first attribute of all three. */
export const CTA_PROTOINFO_STATE = 1;

/** Attributes of the counters. */
export const CTA_COUNTERS = { packets: 1, bytes: 2 } as const;

/** Attributes of the times. */
export const CTA_TIMESTAMP = { start: 1, stop: 2 } as const;

/** The first attribute of the helper and of the security context. */
export const CTA_NAME = 1;

/** Bits of the status. */
export const STATUS = {
  seenReply: 1 << 1,
  assured: 1 << 2,
  offload: 1 << 14,
  hardwareOffload: 1 << 15,
} as const;

/** States of TCP by their number. */
export const TCP_STATES: readonly string[] =
  "NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2"
    .split(" ");

/** States of DCCP by their number. */
export const DCCP_STATES: readonly string[] =
  "NONE REQUEST RESPOND PARTOPEN OPEN CLOSEREQ CLOSING TIMEWAIT IGNORE INVALID".split(" ");

/** States of SCTP by their number. */
export const SCTP_STATES: readonly string[] =
  ("NONE CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD " +
    "SHUTDOWN_ACK_SENT HEARTBEAT_SENT HEARTBEAT_ACKED").split(" ");
