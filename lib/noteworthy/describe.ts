/** Records in a few words, for reasons and examples. */
import type { Connection } from "../connection.ts";
import { escapeMessage } from "../formats/escape.ts";
import { baseName, livePath } from "../executable_path.ts";
import { servicePort } from "../service_port.ts";

/** Characters that are enough to recognise a name. */
const ENOUGH = 80;

function shown(text: string): string {
  return escapeMessage(text.length > ENOUGH ? text.slice(0, ENOUGH) + "..." : text);
}

/** `curl`, or `an unknown process`. */
function who({ process }: Connection): string {
  const { executable, name } = process ?? {};
  const found = executable === undefined ? name : baseName(livePath(executable));
  return found === undefined || found === "" ? "an unknown process" : shown(found);
}

/** `example.org:443`, `203.0.113.7:8443`, `[2001:db8::1]:443` or `192.0.2.1` with the protocol. */
function where(place: string | undefined, port: number | undefined, protocol: string): string {
  const host = place === undefined ? "an unknown address" : shown(place);
  if (port === undefined) return `${host}${protocol}`;
  const end = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return end + (protocol === " by tcp" ? "" : protocol);
}

/** `curl to reach 203.0.113.7:8443`, `sshd to be reached by 203.0.113.9 on port 22`, ... */
export function describe(connection: Connection): string {
  const { direction, remote, local } = connection;
  const protocol = connection.protocol === undefined ? "" : ` by ${shown(connection.protocol)}`;
  const port = servicePort(connection);
  const name = remote?.name ?? remote?.ip;
  if (remote === undefined) {
    return `${who(connection)} to listen on ${where(local.ip, port, protocol)}`;
  }
  const inward = direction === "ingress" ||
    (direction !== "egress" && connection.initiator === "remote");
  if (!inward) return `${who(connection)} to reach ${where(name, port, protocol)}`;
  const from = name === undefined ? "an unknown address" : shown(name);
  const at = port === undefined ? "" : ` on port ${port}`;
  const by = port !== undefined && protocol === " by tcp" ? "" : protocol;
  return `${who(connection)} to be reached by ${from}${at}${by}`;
}
