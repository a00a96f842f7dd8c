/** The port that says what a connection is for. */
import type { Connection } from "./connection.ts";

/**
 * The port that tells what service is used: the remote one of a connection that this host opened, the
 * local one where this host is the server or listens.
 */
export function servicePort(connection: Connection): number | undefined {
  const { direction, initiator, local, remote } = connection;
  if (direction === "ingress") return local.port;
  if (direction === "egress") return remote?.port;
  return initiator === "remote" ? local.port : remote?.port ?? local.port;
}
