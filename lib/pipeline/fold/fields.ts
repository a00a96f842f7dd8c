/** By what connections are folded: the fields that a summary's connections have in common. */
import type { Connection } from "../../connection.ts";
import { servicePort } from "../../service_port.ts";

/** What a field takes from a record; undefined where it is not known. */
type Getter = (connection: Connection) => string | number | undefined;

/** Whether a filter or firewall refused it, or all that it stands for. */
export function isDenied({ outcome, denied = 0, count = 0 }: Connection): boolean {
  return outcome === "denied" || (denied > 0 && denied >= count);
}

/** By name, as `--by` takes them. */
export const FOLD_FIELDS = {
  action: (connection) => isDenied(connection) ? "denied" : "allowed",
  container: ({ process }) => process?.containerId,
  executable: ({ process }) => process?.executable ?? process?.name,
  ip: ({ remote }) => remote?.ip,
  local: ({ local }) => local.ip,
  name: ({ remote }) => remote?.name,
  // What is summed up already has no outcome of its own.
  outcome: ({ event, outcome }) => event === "summary" ? undefined : outcome,
  parent: ({ process }) => process?.parent?.executable ?? process?.parent?.name,
  pid: ({ process }) => process?.entityId ?? process?.pid,
  port: servicePort,
  process: ({ process }) => process?.name,
  unit: ({ process }) => process?.userUnit ?? process?.unit,
  user: ({ process, socket }) => process?.user ?? process?.uid ?? socket?.uid,
} as const satisfies Readonly<Record<string, Getter>>;

/** Name of a field. */
export type FoldField = keyof typeof FOLD_FIELDS;

/** What connections are folded by unless the user says otherwise. */
export const DEFAULT_FOLD_FIELDS: readonly FoldField[] = [
  "executable",
  "ip",
  "name",
  "port",
  "outcome",
  "action",
];

/** Whether there is such a field. */
export function isFoldField(name: string): name is FoldField {
  return Object.hasOwn(FOLD_FIELDS, name);
}

/** A part of a key. No two lists of parts give the same text, whatever a process calls itself. */
function part(value: string | number | undefined): string {
  if (value === undefined) return "-,";
  const text = String(value);
  return `${text.length}:${text},`;
}

/** What a record must have in any case: what is folded together always has the same of it. */
export function coarseKey(connection: Connection): string {
  const { host, direction, initiator, protocolNumber, ipVersion } = connection;
  return part(host?.id) + part(direction) + part(initiator) + part(protocolNumber) +
    part(ipVersion);
}

/** Makes the key of a record by these fields, besides the {@linkcode coarseKey}. */
export function keyMaker(fields: readonly FoldField[]): (connection: Connection) => string {
  const getters: readonly Getter[] = fields.map((field) => FOLD_FIELDS[field]);
  return (connection) => {
    let key = coarseKey(connection);
    for (const getter of getters) key += part(getter(connection));
    return key;
  };
}
