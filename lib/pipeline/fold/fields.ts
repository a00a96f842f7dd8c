/** By what connections are folded: the fields that a summary's connections have in common. */
import type { Connection } from "../../connection.ts";
import { isDenied } from "../../denied.ts";
import { servicePort } from "../../service_port.ts";

/** What a record has of a field; undefined where it is not known. */
export type FieldValue = string | number | undefined;

/** Takes it from the record. */
export type Getter = (connection: Connection) => FieldValue;

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
