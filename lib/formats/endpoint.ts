/** Endpoints and states for people. */
import type { Connection, RecordedEndpoint } from "../connection.ts";

/** `192.0.2.1:443`, `[2001:db8::1]:443`; without a port `192.0.2.1`, `[2001:db8::1]`; `*:443` of any address. */
export function endpointText({ ip = "*", port }: RecordedEndpoint): string {
  const address = ip.includes(":") ? `[${ip}]` : ip;
  return port === undefined ? address : `${address}:${port}`;
}

/**
 * Who opened it, as an arrow from the left (local) to the right (remote) end: `->` this host, `<-` the
 * other end, or nobody yet (a socket that waits for a peer), `--` not known.
 */
export function arrow(connection: Connection): "->" | "<-" | "--" {
  const { initiator, direction, remote } = connection;
  if (initiator === "local" || (initiator === undefined && direction === "egress")) return "->";
  if (initiator === "remote" || direction === "ingress" || remote === undefined) return "<-";
  return "--";
}

/**
 * The state of the socket. The kernel calls a datagram or raw socket without a peer `close`, which would
 * read as if it were gone.
 */
export function stateText(connection: Connection): string | undefined {
  const { state, remote } = connection;
  return state === "close" && remote === undefined ? "unconnected" : state;
}
