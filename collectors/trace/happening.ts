/** What the tables of connections make of the trace; `records.ts` makes records of it. */
import type { Attribution, Endpoint, Outcome, RecordedProcess } from "../../lib/connection.ts";

/** Whose a connection is, and how that is known. */
export interface Owner {
  readonly process?: RecordedProcess;
  readonly attribution: Attribution;
  /** Why there is no process, or why it is not `exact`. */
  readonly attributionReason?: string;
}

/** Tells whose a thread is, at the place in the trace where it is asked. */
export interface Owners {
  of(tid: number): Owner;
}

/** An event in the life of one connection. Times are microseconds since the epoch. */
export interface Happening {
  readonly event: "open" | "update" | "close" | "listen";
  readonly time: number;
  readonly start?: number;
  readonly end?: number;
  /** It was there before the trace began. */
  readonly preexisting?: true;
  /** The same for all events of one connection and for no other: its id is made of it. */
  readonly key: string;
  readonly protocolNumber: number;
  readonly ipVersion: 4 | 6;
  /** Port 0 is one that is not known (or a protocol without ports). */
  readonly local: Required<Endpoint>;
  readonly remote?: Required<Endpoint>;
  readonly initiator?: "local" | "remote";
  readonly outcome: Outcome;
  /** State of the socket as in RFC 9293, in lower case. */
  readonly state?: string;
  /** Payload and packets, from this host's point of view. */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly packetsIn?: number;
  readonly packetsOut?: number;
  /** Of a connection's end: the kernel's address of the socket, as in the events. Not to be told. */
  readonly socket?: number;
  /** Inode number of the network namespace, where it is known. */
  readonly netns?: number;
  readonly owner: Owner;
}
