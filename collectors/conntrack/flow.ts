/**
 * One event in the life of a tracked flow, as the kernel's connection tracking tells it. Both ways in,
 * the text of `conntrack` and the netlink socket, give this; the collector makes records of it.
 *
 * An unknown field is absent. Times are integer microseconds since the epoch.
 */

/** What tells the ICMP and ICMPv6 flows between two addresses apart. */
export interface IcmpKey {
  readonly type: number;
  readonly code: number;
  readonly id: number;
}

/** Call ids of GRE version 1 (RFC 2637); the kernel uses 0 for plain GRE. */
export interface GreKey {
  readonly srckey: number;
  readonly dstkey: number;
}

/**
 * The addresses of one direction. TCP, UDP, UDP-Lite, SCTP and DCCP have ports, ICMP and ICMPv6 a
 * type, GRE its keys, every other protocol nothing.
 */
export interface FlowTuple {
  /** Address in the form of `lib/ip.ts`. */
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly icmp?: IcmpKey;
  readonly gre?: GreKey;
}

/** What went in one direction; IP headers are counted. Needs `nf_conntrack_acct`. */
export interface FlowCounters {
  readonly packets: number;
  readonly bytes: number;
}

/** A tool that caused the event through netlink, `conntrack -D` for one. */
export interface FlowOriginator {
  /** Port id of its netlink socket: not a process id. */
  readonly portid?: number;
  /** Its `comm`, where conntrack has found it. */
  readonly progname?: string;
}

/** One event of one flow. */
export interface FlowEvent {
  /** `dump`: not an event, but an entry of the table (`conntrack -L`). */
  readonly event: "new" | "update" | "destroy" | "dump";
  /** When the event was printed (`-o timestamp`): it can be a minute after the flow has ended. */
  readonly timestampUs?: number;
  /** Version of the packets, also where `lib/ip.ts` reads a mapped address as IPv4. */
  readonly ipVersion: 4 | 6;
  /** IANA keyword, as `protocolKeyword` of `lib/protocols.ts` gives it. */
  readonly protocol: string;
  readonly protocolNumber: number;
  /** Seconds until the entry expires; absent once it has. */
  readonly timeout?: number;
  /**
   * State of TCP, SCTP or DCCP in the words of the tracker: `SYN_SENT`, `ESTABLISHED`, `CLOSE`.
   * For DCCP, libnetfilter_conntrack prints the SCTP word with the same number.
   */
  readonly state?: string;
  /** What the initiator asked for: the only tuple that its socket knows. */
  readonly original: FlowTuple;
  /** What the answers look like: NAT shows here. */
  readonly reply: FlowTuple;
  readonly originalCounters?: FlowCounters;
  readonly replyCounters?: FlowCounters;
  /** Conntrack zone of both directions, or of one. */
  readonly zone?: number;
  readonly zoneOrig?: number;
  readonly zoneReply?: number;
  /** No answer has been accepted. A refused connection stays so, though a reset came back. */
  readonly unreplied: boolean;
  /** The flow is not dropped early when the table is full. Not told of an offloaded flow. */
  readonly assured: boolean;
  /** Packets pass by the stack, through a flow table. */
  readonly offload?: "software" | "hardware";
  readonly mark?: number;
  readonly secmark?: number;
  readonly secctx?: string;
  /** Whole seconds from the start to the stop, or to the moment of printing. */
  readonly deltaTime?: number;
  /**
   * When the entry was made and when it died (`-o ktimestamp`). conntrack prints whole seconds of
   * local time without a zone, so in the hour that the clocks are set back, they can be an hour early.
   */
  readonly start?: number;
  readonly stop?: number;
  /** Name of the helper module (`ftp`, `sip`). */
  readonly helper?: string;
  /** References to the entry, in a dump. */
  readonly use?: number;
  /** The kernel's id of the entry: a hash, nearly always its own among the flows of the moment. */
  readonly id?: number;
  /** Names of the connection labels, from connlabel.conf. */
  readonly labels?: readonly string[];
  readonly userspace?: FlowOriginator;
}
