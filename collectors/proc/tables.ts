/** The socket tables of a network namespace, and what their columns mean. */
import type { ConnectionEvent, Outcome, SocketInfo } from "../../lib/connection.ts";
import { type NetRow, scanNetTable, type ScanResult } from "../../lib/procfs/net_table.ts";
import { STATE } from "../../lib/tcp_states.ts";
import { scanSctpAssociations, scanSctpEndpoints } from "../../lib/procfs/sctp.ts";

/** One file below /proc/PID/net. */
export interface SocketTable {
  readonly file: string;
  /** 0 for raw sockets: there the local "port" is the protocol number. */
  readonly protocolNumber: number;
  readonly type: SocketInfo["type"];
  /** Visits its rows; see `scanNetTable`. */
  readonly scan: (bytes: Uint8Array, visit: (row: NetRow) => void) => ScanResult;
  /** Whether a socket in this state has a peer. */
  readonly isConnected: (state: number) => boolean;
  /** Whether its sockets have ports: for others the column holds something else. */
  readonly hasPorts: boolean;
  /** Whether no two sockets with a peer have the same addresses and ports. */
  readonly uniqueTuples: boolean;
}

const STATE_NAMES = [
  "",
  "established",
  "syn_sent",
  "syn_recv",
  "fin_wait1",
  "fin_wait2",
  "time_wait",
  "close",
  "close_wait",
  "last_ack",
  "listen",
  "closing",
];

/** The state's name in lower case; undefined for a number that the kernel does not use. */
export function stateName(state: number): string | undefined {
  return STATE_NAMES[state] || undefined;
}

/** What the first sight of a socket is: a listener, a connection, or one that is over already. */
export function firstEvent(state: number, connected: boolean): ConnectionEvent {
  if (!connected) return "listen";
  return state === STATE.timeWait ? "close" : "open";
}

/** Outcome of the attempt, by protocol and state. Only a stream is ever established. */
export function outcomeOf(type: SocketInfo["type"], state: number, connected: boolean): Outcome {
  if (type === "dgram" || type === "raw" || !connected) return "unknown";
  return state === STATE.synSent || state === STATE.synRecv || state === STATE.close
    ? "unknown"
    : "established";
}

/** Why a socket without an inode has no process. */
export function ownerlessReason(state: number): string {
  switch (state) {
    case STATE.timeWait:
      return "closed already";
    case STATE.established:
    case STATE.synRecv:
      return "not accepted yet";
    default:
      return "orphaned";
  }
}

/** A stream has a peer unless it listens. */
function stream(file: string): SocketTable {
  return {
    file,
    protocolNumber: 6,
    type: "stream",
    scan: scanNetTable,
    isConnected: (state) => state !== STATE.listen,
    hasPorts: true,
    uniqueTuples: true,
  };
}

/** Other sockets have a peer once they are connected to one; several may share all addresses and ports. */
function datagram(
  file: string,
  protocolNumber: number,
  type: SocketInfo["type"] = "dgram",
): SocketTable {
  return {
    file,
    protocolNumber,
    type,
    scan: scanNetTable,
    isConnected: (state) => state === STATE.established,
    hasPorts: protocolNumber === 17 || protocolNumber === 136,
    uniqueTuples: false,
  };
}

/** The listeners of SCTP; its other endpoints stand in the table of associations. */
const SCTP_LISTENERS: SocketTable = {
  file: "sctp/eps",
  protocolNumber: 132,
  type: "seqpacket",
  scan: (bytes, visit) =>
    scanSctpEndpoints(bytes, (row) => {
      if (row.state === STATE.listen) visit(row);
    }),
  isConnected: () => false,
  hasPorts: true,
  uniqueTuples: false,
};

const SCTP_ASSOCIATIONS: SocketTable = {
  file: "sctp/assocs",
  protocolNumber: 132,
  type: "seqpacket",
  scan: scanSctpAssociations,
  isConnected: () => true,
  hasPorts: true,
  uniqueTuples: true,
};

/** All tables that hold Internet sockets. Those of a module that is not loaded do not exist. */
export const SOCKET_TABLES: readonly SocketTable[] = [
  stream("tcp"),
  stream("tcp6"),
  datagram("udp", 17),
  datagram("udp6", 17),
  datagram("udplite", 136),
  datagram("udplite6", 136),
  datagram("raw", 0, "raw"),
  datagram("raw6", 0, "raw"),
  datagram("icmp", 1),
  datagram("icmp6", 58),
  SCTP_LISTENERS,
  SCTP_ASSOCIATIONS,
];
