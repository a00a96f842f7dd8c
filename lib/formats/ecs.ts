/**
 * The words of the Elastic Common Schema 9 for what a record says
 * (field reference: `event`, `network`, `source` and `destination`).
 * `event.action` takes the words that published detection rules match, and own words where ECS and
 * those rules have none.
 */
import type { Connection, Outcome } from "../connection.ts";

/** `ecs.version`: the oldest version that has every field used here. */
export const ECS_VERSION = "9.0.0";

/**
 * Whether `source` is the local end. ECS: the source opens the connection. Where that is not known, a
 * connection that is not `ingress` counts as opened here. A socket without a remote end waits for one:
 * it is a `destination`, and there is no source.
 */
export function localIsSource(connection: Connection): boolean {
  const { initiator, remote, direction } = connection;
  if (initiator !== undefined) return initiator === "local";
  return remote !== undefined && direction !== "ingress";
}

/** `event.outcome`. */
export function eventOutcome(outcome: Outcome): "success" | "failure" | "unknown" {
  if (outcome === "unknown") return "unknown";
  return outcome === "established" ? "success" : "failure";
}

/** `event.action`. */
export function eventAction(connection: Connection): string {
  const { event, remote } = connection;
  switch (event) {
    case "open":
      return localIsSource(connection) ? "connection_attempted" : "connection_accepted";
    case "close":
      return remote === undefined ? "port_closed" : "disconnect_received";
    case "listen":
      return "port_listening";
    case "update":
      return "connection_updated";
    case "summary":
      return "connection_summary";
  }
}

const STARTED = ["connection", "start"];
const ALLOWED = ["connection", "start", "allowed"];
const DENIED = ["connection", "start", "denied"];
const ENDED = ["connection", "end"];
const ENDED_DENIED = ["connection", "end", "denied"];
const GOES_ON = ["connection", "info"];
const GOES_ON_DENIED = ["connection", "info", "denied"];
const LISTENS = ["info", "start"];
const LISTENED = ["info", "end"];

/** `event.type`: values that ECS expects for `event.category` network. */
export function eventTypes({ event, outcome, remote }: Connection): readonly string[] {
  const isDenied = outcome === "denied";
  switch (event) {
    case "open":
      return outcome === "established" ? ALLOWED : isDenied ? DENIED : STARTED;
    case "close":
      return remote === undefined ? LISTENED : isDenied ? ENDED_DENIED : ENDED;
    case "listen":
      return LISTENS;
    case "update":
    case "summary":
      return isDenied ? GOES_ON_DENIED : GOES_ON;
  }
}

/** `network.direction` as seen by a host; absent where the direction is not known. */
export function networkDirection(
  connection: Connection,
): "egress" | "ingress" | "internal" | undefined {
  const { direction } = connection;
  if (direction === "unknown") return undefined;
  return direction === "local" ? "internal" : direction;
}

/** Whether an address names no host: `0.0.0.0`, `::`. */
export function isUnspecified(ip: string): boolean {
  return ip === "0.0.0.0" || ip === "::";
}
