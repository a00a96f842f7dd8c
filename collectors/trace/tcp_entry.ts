/** What is kept of one connection, and the happenings that are made of it. */
import type { Endpoint, Outcome } from "../../lib/connection.ts";
import type { SocketEnds, StateEvent } from "./event.ts";
import type { Happening, Owner } from "./happening.ts";
import { outcomeOfEnding } from "./tcp_outcome.ts";

/** One connection or listener of the trace, while its socket lives. */
export interface Entry {
  readonly socket: number;
  readonly key: string;
  readonly protocol: number;
  /** Boot time of its first event, microseconds. */
  readonly since: number;
  /** Absent where its beginning was not seen. */
  readonly start?: number;
  /** It was there before the trace began. */
  readonly preexisting: boolean;
  readonly initiator?: "local" | "remote";
  /**
   * The event that has its ends, until they are decoded. At CLOSE>SYN_SENT the local port is 0, or
   * one left from the socket's last connection: it counts from the next event on.
   */
  ends: SocketEnds | undefined;
  portKnown: boolean;
  ipVersion: 4 | 6;
  local: Required<Endpoint>;
  remote: Required<Endpoint>;
  netns?: number;
  owner: Owner;
  /** Whether a process that closes the socket is its owner, rather than {@linkcode owner}. */
  readonly holderCounts: boolean;
  state: number;
  established: boolean;
  /** Whether an `open` was given. */
  opened: boolean;
  ended: boolean;
  resetReceived: boolean;
  /** Boot time of the last reset that this host sent for it; -Infinity: none. */
  resetSent: number;
  error: number;
}

/** The owner of what was not seen to begin. */
export const UNSEEN: Owner = {
  attribution: "none",
  attributionReason: "its beginning was not seen",
};

/** The owner of what an interrupted thread seems to have begun. */
export const INTERRUPTED: Owner = {
  attribution: "none",
  attributionReason: "it began in an interrupt",
};

/** The owner of what may be one of several connections that were there before. */
export const AMBIGUOUS: Owner = {
  attribution: "none",
  attributionReason: "ambiguous: several network namespaces have a connection with these ends",
};

/** Where the ends of an entry are not decoded yet. */
const NOWHERE: Required<Endpoint> = { ip: "", port: 0 };

/** Decodes the ends, once. */
export function settleEnds(entry: Entry): void {
  const { ends } = entry;
  if (ends === undefined) return;
  entry.ends = undefined;
  entry.ipVersion = ends.ipVersion;
  entry.remote = ends.remote;
  const { local } = ends;
  entry.local = entry.portKnown ? local : { ip: local.ip, port: 0 };
}

/**
 * Unique while the host is up: no thread, and no CPU in its name, does two things in one nanosecond. The
 * socket's address would do too, but kernel addresses have no place in a log.
 */
export function keyOf({ boot, tid }: StateEvent): string {
  return `${Math.round(boot * 1000).toString(36)}-${tid.toString(36)}`;
}

/** What all entries begin with. */
export function blank(event: StateEvent) {
  return {
    socket: event.socket,
    protocol: event.protocol,
    since: event.boot,
    ends: event,
    portKnown: false,
    ipVersion: 4,
    local: NOWHERE,
    remote: NOWHERE,
    state: event.newState,
    established: false,
    opened: false,
    ended: false,
    resetReceived: false,
    resetSent: -Infinity,
    error: 0,
  } as const;
}

/** Whether an event in an unexpected state has the ends of that connection all the same. */
export function isSame(entry: Entry, { local, remote }: SocketEnds): boolean {
  settleEnds(entry);
  return entry.remote.port === remote.port && entry.remote.ip === remote.ip &&
    (!entry.portKnown || entry.local.port === local.port);
}

/** Name of the state in a record that opens or updates a connection. */
function stateName(entry: Entry): string {
  if (entry.established) return "established";
  return entry.initiator === "local" ? "syn_sent" : "syn_received";
}

function happening(
  entry: Entry,
  event: Happening["event"],
  time: number,
  outcome: Outcome,
  state: string,
  end?: number,
): Happening {
  settleEnds(entry);
  return {
    event,
    time,
    ...entry.start !== undefined && { start: entry.start },
    ...end !== undefined && { end },
    ...entry.preexisting && { preexisting: true },
    key: entry.key,
    protocolNumber: entry.protocol,
    ipVersion: entry.ipVersion,
    local: entry.local,
    remote: entry.remote,
    ...entry.initiator !== undefined && { initiator: entry.initiator },
    outcome,
    state,
    ...entry.netns !== undefined && { netns: entry.netns },
    owner: entry.owner,
  };
}

/** Says that a connection is there: `open` for the first time, `update` later. */
export function opening(entry: Entry, time: number): Happening {
  const event = entry.opened ? "update" : "open";
  entry.opened = true;
  return happening(
    entry,
    event,
    time,
    entry.established ? "established" : "unknown",
    stateName(entry),
  );
}

/** How long before its end a reset was sent that belongs to the end, microseconds. */
const RESET_BEFORE_END = 10_000;

/**
 * Says that a connection ended.
 *
 * @param endBoot Boot time of the end.
 * @param end Absent: it ended unseen.
 */
export function closing(entry: Entry, time: number, endBoot: number, end?: number): Happening {
  const outcome = outcomeOfEnding({
    established: entry.established,
    error: entry.error,
    resetReceived: entry.resetReceived,
    resetSent: endBoot - entry.resetSent < RESET_BEFORE_END,
  });
  return {
    ...happening(entry, "close", time, outcome, "close", end),
    socket: entry.socket,
  };
}
