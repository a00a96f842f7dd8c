/**
 * The record: one event in the life of one network connection or listening socket.
 * Every collector yields it, every format renders it, and nothing else is shared between them.
 *
 * Times are integer microseconds since the Unix epoch, UTC. An unknown field is absent: never
 * guessed, never an empty string. Strings that come from a process are kept as they are, control
 * characters included; a format escapes them.
 */

/** What happened: `summary` stands for several connections folded into one record. */
export type ConnectionEvent = "open" | "update" | "close" | "listen" | "summary";

/**
 * `egress` and `ingress` as seen by this host; `local` when both ends are on this host; `unknown`
 * for listeners and for sockets without a peer.
 */
export type Direction = "egress" | "ingress" | "local" | "unknown";

/** How the attempt to connect ended, as far as the collector can see. */
export type Outcome =
  | "established"
  | "refused"
  | "reset"
  | "timeout"
  | "unreachable"
  | "denied"
  | "unknown";

/**
 * How the process was found. `exact`: it was seen to hold the socket. `late`: found after the
 * connection had been reported first. `inferred`: follows from other facts. `none`: not known, and
 * {@linkcode Connection.attributionReason} says why.
 */
export type Attribution = "exact" | "late" | "inferred" | "none";

/** One end of a connection, as its packets have it. */
export interface Endpoint {
  /** Textual address; IPv4-mapped IPv6 is IPv4; IPv6 as in RFC 5952. */
  readonly ip: string;
  /** Absent for protocols without ports. */
  readonly port?: number;
}

/** One end as a record has it. Of one that another program told of, there may be only a name, or a port. */
export interface RecordedEndpoint extends Partial<Endpoint> {
  /** Host name, where one is known. */
  readonly name?: string;
  /** Where {@linkcode name} comes from. */
  readonly nameSource?: string;
}

/** What is kept of a parent process. */
export interface ParentProcess {
  readonly pid?: number;
  /** Start time, microseconds since the epoch. */
  readonly start?: number;
  readonly name?: string;
  readonly executable?: string;
  readonly entityId?: string;
}

/** A process as a record has it. Of one that another program told of, not all is known. */
export interface RecordedProcess {
  /** Thread group id, as seen in the pid namespace of the proc file system that was read. */
  readonly pid?: number;
  /** Start time, microseconds since the epoch (resolution: one clock tick, 10 ms). */
  readonly start?: number;
  /**
   * `comm`, or the base name of `argv[0]` where the kernel has cut `comm` at 15 bytes
   * (the rule of psutil's `Process.name()`).
   */
  readonly name?: string;
  /** Path of the executable; a trailing ` (deleted)` is the kernel's. */
  readonly executable?: string;
  /** `argv`, cut at 4 KiB: see {@linkcode commandLineBytes}. */
  readonly commandLine?: readonly string[];
  /** Full length of the command line in bytes; present only where {@linkcode commandLine} is cut. */
  readonly commandLineBytes?: number;
  /** Effective user id. */
  readonly uid?: number;
  /** Effective group id. */
  readonly gid?: number;
  /** Name of {@linkcode uid}. */
  readonly user?: string;
  readonly parent?: ParentProcess;
  /** systemd system unit (`ssh.service`, `session-2.scope`). */
  readonly unit?: string;
  /** systemd user unit, below the user's own service manager. */
  readonly userUnit?: string;
  /** Control group path: v2, else that of v1's `name=systemd` hierarchy. */
  readonly cgroup?: string;
  /** 64 hexadecimal digits. */
  readonly containerId?: string;
  /** Inode number of the process's network namespace. */
  readonly netns?: number;
  /** Stable over restarts of connscribe and safe against pid reuse: see `lib/id.ts`. */
  readonly entityId?: string;
}

/** A process as it was when the connection was attributed to it, by a collector that saw it itself. */
export interface ProcessIdentity extends RecordedProcess {
  readonly pid: number;
  readonly start: number;
  readonly name: string;
  readonly entityId: string;
}

/** The host that the record was made on. */
export interface HostIdentity {
  /** Derived from the machine id, never the machine id itself (machine-id(5)). */
  readonly id: string;
  readonly name: string;
  /** `linux` or `macos`, as ECS has it; absent where it is not known. */
  readonly os?: string;
}

/** What the kernel says of the socket itself. */
export interface SocketInfo {
  /** Inode number on sockfs; absent when the kernel gives 0 (no file refers to the socket). */
  readonly inode?: number;
  readonly type: "stream" | "dgram" | "raw" | "seqpacket";
  /** Owner of the socket, known also where the process is not; absent for sockets without an inode. */
  readonly uid?: number;
}

/** One event in the life of a connection. */
export interface Connection {
  /**
   * The same for every event of one connection, and the same again on another run: `lib/id.ts`. Empty in
   * summaries of a run of which no output tells of ids.
   */
  readonly id: string;
  readonly event: ConnectionEvent;
  /** When the event was observed. */
  readonly time: number;
  /** When the connection began; for a polling collector, when it was first seen. */
  readonly start?: number;
  /** When it ended; for a polling collector, when it was first missed. */
  readonly end?: number;
  /** `end - start`, where both are known. */
  readonly durationUs?: number;
  /** It was there already when the collector started, so its true start is not known. */
  readonly preexisting?: true;
  readonly direction: Direction;
  /** Which end opened the connection; absent where that is not known. */
  readonly initiator?: "local" | "remote";
  readonly outcome: Outcome;
  /** State of the socket in lower case, as in RFC 9293 (`established`, `time_wait`, `listen`). */
  readonly state?: string;
  /**
   * IANA keyword in lower case: `tcp`, `udp`, `icmp`, `ipv6-icmp`, `sctp`, ... or the number. Absent where a
   * log of another program does not tell, and so are the two that follow.
   */
  readonly protocol?: string;
  /** IANA protocol number. */
  readonly protocolNumber?: number;
  readonly ipVersion?: 4 | 6;
  readonly local: RecordedEndpoint;
  /** Absent for listeners and for sockets without a peer. */
  readonly remote?: RecordedEndpoint;
  /** Addresses on the wire where the reply tuple differs from the original one. */
  readonly nat?: { readonly source?: Endpoint; readonly destination?: Endpoint };
  /**
   * The message of ICMP or ICMPv6 with which {@linkcode initiator} began; the code is absent where a log of
   * another program does not tell.
   */
  readonly icmp?: { readonly type: number; readonly code?: number };
  /** Protocol of the application, as a log of another program calls it (`http`); several apart by commas. */
  readonly application?: string;
  /** Community ID v1, where a log has one; those of other records are made as they are written. */
  readonly communityId?: string;
  /** Counters from this host's point of view. */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly packetsIn?: number;
  readonly packetsOut?: number;
  /**
   * Of a summary: how many connections it stands for, denied ones included, how many of them were denied,
   * and the times of the first and the last event in it. `start` and `end` are those of its window; what
   * its connections do not have in common is absent.
   */
  readonly count?: number;
  readonly denied?: number;
  readonly first?: number;
  readonly last?: number;
  /** How many records it was made of. */
  readonly records?: number;
  /** How many remote addresses it stands for. */
  readonly remotes?: number;
  /** Ids of some of its connections. */
  readonly samples?: readonly string[];
  /** It stands for all for which there was no room of their own. */
  readonly other?: true;
  readonly socket?: SocketInfo;
  /** Inode number of the network namespace that holds the socket. */
  readonly netns?: number;
  readonly process?: RecordedProcess;
  readonly attribution: Attribution;
  /** Why there is no process, or why it is not `exact`. */
  readonly attributionReason?: string;
  readonly noteworthy?: readonly { readonly rule: string; readonly reason: string }[];
  /** Name of the collector that saw it. */
  readonly collector: string;
  /** Absent where a log of another program does not tell. */
  readonly host?: HostIdentity;
}
