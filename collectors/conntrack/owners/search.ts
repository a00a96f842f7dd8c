/** Which sockets of a network namespace can be one end of a flow. */
import type { FlowEvent, FlowTuple } from "../flow.ts";
import { boundKeys, connectedKeys, rawKeys, type RowKey, type SocketEnds } from "./keys.ts";
import type { TableNames } from "./keys.ts";
import type { SocketRow, Sockets } from "./look.ts";
import type { NetNamespace } from "./netns.ts";

/** What a search has found. */
export interface Found {
  /** The sockets that fit, all with an inode; if one process holds them all, it is the one. */
  readonly sockets: readonly SocketRow[];
  /** What that process would be. */
  readonly attribution: "exact" | "inferred";
  /** Why it is inferred; why there is no socket; "" where it is exact. */
  readonly reason: string;
  /** Whether another look a little later can find more. */
  readonly again: boolean;
  /** Whether the sockets have the peer in their tuple. */
  readonly connected: boolean;
}

/** Who opened the flow, or who was asked. */
export type Role = "initiator" | "responder";

const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;
/** A raw socket of this protocol sends what it likes and receives nothing (raw(7)). */
const IPPROTO_RAW = 255;

const ECHO_REQUEST: Readonly<Record<number, number>> = { [ICMP]: 8, [ICMPV6]: 128 };

const STREAMS: Readonly<Record<number, { connected: TableNames; listening: TableNames }>> = {
  [TCP]: {
    connected: { ipv4: "tcp", ipv6: "tcp6" },
    listening: { ipv4: "tcp", ipv6: "tcp6" },
  },
  132: {
    connected: { ipv4: "sctp/assocs", ipv6: "sctp/assocs" },
    listening: { ipv4: "sctp/eps", ipv6: "sctp/eps" },
  },
};

const DATAGRAMS: Readonly<Record<number, TableNames>> = {
  17: { ipv4: "udp", ipv6: "udp6" },
  136: { ipv4: "udplite", ipv6: "udplite6" },
};

/** DCCP has sockets that no table lists. */
const UNLISTED = new Set([33]);

const RAW: TableNames = { ipv4: "raw", ipv6: "raw6" };
const PING: TableNames = { ipv4: "icmp", ipv6: "icmp6" };

const NONE: readonly SocketRow[] = [];

/** Nothing was found. */
export function missing(reason: string, again: boolean): Found {
  return { sockets: NONE, attribution: "exact", reason, again, connected: false };
}

/** The sockets are the flow's beyond doubt. */
export function connectedTo(sockets: readonly SocketRow[]): Found {
  return { sockets, attribution: "exact", reason: "", again: false, connected: true };
}

const GONE = missing("gone: no socket has its addresses and ports any more", true);
const ORPHANED = missing("gone: its process has closed its socket", false);
const NO_LISTENER = missing("no socket: its port is closed, or its socket is gone", false);
const NO_TABLE = missing("the kernel lists no sockets of its protocol", false);
const NO_RAW = missing("no raw socket of its protocol: it is the kernel's, or gone", true);
const KERNEL = missing("answered by the kernel", false);

function boundTo(sockets: readonly SocketRow[]): Found {
  return { sockets, attribution: "exact", reason: "", again: false, connected: false };
}

function inferred(sockets: readonly SocketRow[], reason: string, again: boolean): Found {
  return { sockets, attribution: "inferred", reason, again, connected: false };
}

/** What the socket that sends the packets of a tuple has at its ends. */
export function endsOf(tuple: FlowTuple): SocketEnds {
  const { src, dst, sport = 0, dport = 0 } = tuple;
  return { localIp: src, localPort: sport, remoteIp: dst, remotePort: dport };
}

/** Sockets of a namespace, as far as they are known. */
export class Searcher {
  constructor(readonly namespace: NetNamespace, readonly sockets: Sockets) {}

  /**
   * Looks for the socket of one end.
   *
   * @param tuple Of the packets that this end sends: the original one for the initiator, else the reply.
   */
  find(flow: FlowEvent, tuple: FlowTuple, role: Role): Found {
    const { protocolNumber } = flow;
    if (STREAMS[protocolNumber] !== undefined) return this.#stream(protocolNumber, tuple, role);
    if (DATAGRAMS[protocolNumber] !== undefined) return this.#datagram(protocolNumber, tuple, role);
    if (UNLISTED.has(protocolNumber)) return NO_TABLE;
    const { icmp } = flow.original;
    const echo = icmp !== undefined && icmp.type === ECHO_REQUEST[protocolNumber];
    if (echo && role === "responder") return KERNEL;
    if (echo) {
      const pinging = this.#all(rawKeys(PING, tuple.src, tuple.dst, icmp.id));
      if (pinging.length > 0) return boundTo(pinging);
    }
    return this.#raw(protocolNumber, tuple, role);
  }

  /** The sockets that are connected to the peer and so are the flow's beyond doubt. */
  connected(protocolNumber: number, tuple: FlowTuple): readonly SocketRow[] {
    const tables = STREAMS[protocolNumber]?.connected ?? DATAGRAMS[protocolNumber];
    return tables === undefined ? NONE : this.#first(connectedKeys(tables, endsOf(tuple)));
  }

  /** Whether a stream socket listens where the tuple comes from. */
  listens(protocolNumber: number, { src, sport = 0 }: FlowTuple): boolean {
    const tables = STREAMS[protocolNumber]?.listening;
    return tables !== undefined && this.#first(boundKeys(tables, src, sport)).length > 0;
  }

  #stream(protocolNumber: number, tuple: FlowTuple, role: Role): Found {
    const tables = STREAMS[protocolNumber];
    if (tables === undefined) return NO_TABLE;
    const connected = this.#first(connectedKeys(tables.connected, endsOf(tuple)));
    const [row] = connected;
    if (row !== undefined && row.inode !== 0) return connectedTo(connected);
    if (role === "initiator") return row === undefined ? GONE : ORPHANED;
    const listening = this.#first(boundKeys(tables.listening, tuple.src, tuple.sport ?? 0));
    if (listening.length === 0) return NO_LISTENER;
    return inferred(listening, "not accepted yet: who listens there", true);
  }

  #datagram(protocolNumber: number, tuple: FlowTuple, role: Role): Found {
    const tables = DATAGRAMS[protocolNumber];
    if (tables === undefined) return NO_TABLE;
    const connected = this.#first(connectedKeys(tables, endsOf(tuple)));
    if (connected.length > 0) return connectedTo(connected);
    const bound = this.#first(boundKeys(tables, tuple.src, tuple.sport ?? 0));
    if (bound.length > 0) return boundTo(bound);
    return role === "initiator" ? GONE : NO_LISTENER;
  }

  #raw(protocolNumber: number, { src, dst }: FlowTuple, role: Role): Found {
    const sockets = [...this.#all(rawKeys(RAW, src, dst, protocolNumber))];
    if (role === "initiator") sockets.push(...this.#all(rawKeys(RAW, src, dst, IPPROTO_RAW)));
    if (sockets.length === 0) return NO_RAW;
    return inferred(sockets, "the only one with raw sockets of its protocol", false);
  }

  /** The rows of the first key that has any. */
  #first(keys: readonly RowKey[]): readonly SocketRow[] {
    for (const key of keys) {
      const rows = this.sockets.rows(this.namespace, key);
      if (rows.length > 0) return rows;
    }
    return NONE;
  }

  /** The rows of all keys. */
  #all(keys: readonly RowKey[]): readonly SocketRow[] {
    const all = new Set<SocketRow>();
    for (const key of keys) {
      for (const row of this.sockets.rows(this.namespace, key)) all.add(row);
    }
    return [...all];
  }
}
