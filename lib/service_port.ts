/** The port that says what a connection is for. */
import type { Connection } from "./connection.ts";

/** The port that is asked for: the remote one of what this host opens, else its own. */
export function servicePort(
  { direction, initiator, local, remote }: Connection,
): number | undefined {
  const isServer = initiator === undefined ? direction === "ingress" : initiator === "remote";
  return isServer ? local.port : remote?.port;
}
