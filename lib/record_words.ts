/** The words that a record takes. */
import type { Attribution, ConnectionEvent, Direction, Outcome, SocketInfo } from "./connection.ts";

/** Of {@linkcode ConnectionEvent}. */
export const EVENTS: readonly ConnectionEvent[] = ["open", "update", "close", "listen", "summary"];

/** Of {@linkcode Direction}. */
export const DIRECTIONS: readonly Direction[] = ["egress", "ingress", "local", "unknown"];

/** Of {@linkcode Outcome}. */
export const OUTCOMES: readonly Outcome[] = [
  "established",
  "refused",
  "reset",
  "timeout",
  "unreachable",
  "denied",
  "unknown",
];

/** Of {@linkcode Attribution}. */
export const ATTRIBUTIONS: readonly Attribution[] = ["exact", "late", "inferred", "none"];

/** Of the initiator of a connection. */
export const INITIATORS: readonly ("local" | "remote")[] = ["local", "remote"];

/** Of {@linkcode SocketInfo}. */
export const SOCKET_TYPES: readonly SocketInfo["type"][] = ["stream", "dgram", "raw", "seqpacket"];
