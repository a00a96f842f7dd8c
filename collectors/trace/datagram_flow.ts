/** A stream of datagrams to one peer, and what is told of it. */
import type { Endpoint, Outcome } from "../../lib/connection.ts";
import type { Happening, Owner } from "./happening.ts";
import { isGroup } from "./group.ts";
import { isUnspecified } from "./route_bursts.ts";
import type { Sent, Tally } from "./sizes/datagram_sizes.ts";

/** What several streams may have in common: only the process tells them apart. */
export interface Tuple {
  readonly protocol: number;
  readonly ipVersion: 4 | 6;
  readonly local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
}

/** A stream of datagrams; or of attempts to send some, all of which failed. */
export interface Flow {
  /** Where it stands in the table. */
  readonly place: string;
  /** Who sends: the same for all threads of a process. */
  readonly who: string;
  readonly owner: Owner;
  readonly protocol: number;
  readonly ipVersion: 4 | 6;
  readonly localPort: number;
  readonly remote: Required<Endpoint>;
  /** Microseconds since the epoch. */
  readonly start: number;
  /** As {@linkcode start}, microseconds since the boot. */
  readonly startBoot: number;
  /** Unspecified as long as no lookup has told it. */
  localIp: string;
  last: number;
  /** As {@linkcode last}, microseconds since the boot. */
  lastBoot: number;
  /** Lookups that may be those of datagrams; see {@linkcode packetsOut}. */
  sends: number;
  /** Whether one of {@linkcode sends} may be that of connect(2), after which datagrams need none. */
  uncounted: boolean;
  connected: boolean;
  initiator: "local" | "remote" | undefined;
  outcome: Outcome;
  opened: boolean;
  /** Was told of already, or never will be: the table has forgotten it, or it is failures only. */
  over: boolean;
  /** Kept by {@linkcode DatagramSizes}. */
  tally: Tally | undefined;
  older: Flow | undefined;
  newer: Flow | undefined;
}

const ICMP = 1;
const ICMPV6 = 58;

/** Ports below are given to servers, those from the second on to sockets that ask for any (ip(7)). */
const PRIVILEGED = 1_024;
const EPHEMERAL = 32_768;

/** Text that is the same for all datagrams with these ports to this peer. */
export function tuplePlace(protocol: number, localPort: number, ip: string, port: number): string {
  return protocol + " " + localPort + " " + ip + " " + port;
}

/**
 * Which end began, as far as the ports tell. A socket that was bound before the trace began may answer, or
 * ask; only a privileged port that talks to one that is not is surely a server's.
 */
export function initiatorOf(flow: Flow, isBound: boolean): "local" | "remote" | undefined {
  const { protocol, localPort, remote } = flow;
  if (isGroup(remote.ip, flow.ipVersion)) return "local";
  if (protocol === ICMP || protocol === ICMPV6) return "local";
  if (localPort === 0) return undefined;
  if (isBound) {
    return localPort < PRIVILEGED && remote.port >= PRIVILEGED ? "remote" : undefined;
  }
  if (remote.port < PRIVILEGED && localPort >= PRIVILEGED) return "local";
  return flow.connected && localPort >= EPHEMERAL ? "local" : undefined;
}

/**
 * Where the other direction of a conversation on this host would stand: it has the ports swapped and sends
 * to this one's source. A socket that sends to an address of its own host does so from the same address.
 */
export function answerPlace({ protocol, localPort, remote, localIp }: Flow): string | undefined {
  if (localPort === 0 || remote.port === 0) return undefined;
  if (!isUnspecified(localIp)) return tuplePlace(protocol, remote.port, localIp, localPort);
  if (localPort === remote.port) return undefined;
  return tuplePlace(protocol, remote.port, remote.ip, localPort);
}

/** Whether the flow that stands at {@linkcode answerPlace} is the other direction. */
export function isAnswer(flow: Flow, other: Flow): boolean {
  return other !== flow && (isUnspecified(other.localIp) || other.localIp === flow.remote.ip);
}

/** How a datagram without a route failed. The man page of ip-route(8) lists the types with their errors. */
export function failedOutcome(error: number): Outcome {
  return error === -13 || error === -1 ? "denied" : "unreachable";
}

/** What an error that the socket is told says of its datagrams, by positive errno. */
export function toldOutcome(error: number): Outcome | undefined {
  switch (error) {
    case 111: // ECONNREFUSED: no such port
      return "refused";
    case 101: // ENETUNREACH
    case 112: // EHOSTDOWN
    case 113: // EHOSTUNREACH
      return "unreachable";
    case 1: // EPERM
    case 13: // EACCES: administratively prohibited
      return "denied";
    default:
      return undefined;
  }
}

/**
 * Datagrams sent, counted as connection tracking does: before they are cut into fragments or segments.
 * Absent where the trace does not tell: a socket with a peer sends without a lookup. A single lookup on IPv6,
 * or of an IPv4 group, may be that of connect(2); a second one from an unspecified address cannot follow a
 * connect(2).
 */
export function packetsOut(flow: Flow): number | undefined {
  const isVague = flow.ipVersion === 6 || isGroup(flow.remote.ip, 4);
  if (flow.uncounted || (isVague && flow.sends < 2)) return undefined;
  return flow.sends;
}

/** Whether its silence is seen: the one lookup of a connect(2) may be followed by datagrams without any. */
function isSeen(flow: Flow): boolean {
  return !flow.connected && (flow.sends > 1 || packetsOut(flow) !== undefined);
}

/**
 * What the flow has to tell now. Its end is absent where it is not seen, its bytes where its datagrams are not
 * counted.
 *
 * @param sent What it has carried, where that is known.
 */
export function happening(
  flow: Flow,
  event: "open" | "close",
  time: number,
  sent?: Sent,
): Happening {
  const packets = packetsOut(flow);
  const isClose = event === "close";
  return {
    event,
    time,
    start: flow.start,
    ...(isClose && (isSeen(flow) || flow.over) ? { end: flow.last } : {}),
    key: `${flow.place} ${flow.start}`.replaceAll(" ", "-"),
    protocolNumber: flow.protocol,
    ipVersion: flow.ipVersion,
    local: { ip: flow.localIp, port: flow.localPort },
    remote: flow.remote,
    ...(flow.initiator === undefined ? {} : { initiator: flow.initiator }),
    outcome: flow.outcome,
    ...(flow.connected ? { state: "established" } : {}),
    ...(isClose && packets !== undefined && !flow.over
      ? sent === undefined
        ? { packetsOut: packets }
        : { packetsOut: sent.datagrams, bytesOut: sent.bytes }
      : {}),
    owner: flow.owner,
  };
}
