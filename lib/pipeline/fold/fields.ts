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

function isCoarselySame(a: Connection, b: Connection): boolean {
  return a.direction === b.direction && a.initiator === b.initiator &&
    a.protocolNumber === b.protocolNumber && a.ipVersion === b.ipVersion &&
    a.host?.id === b.host?.id;
}

/** Ends the number that a short key begins with; no {@linkcode part} has it there. */
const END = ";";

/**
 * Keys of records by these fields, besides the {@linkcode coarseKey}. Most of them begin with the same few
 * texts, up to the first field: in their place stands a number, because short keys are found sooner and
 * take less room. So they mean something only to their maker.
 */
export class Keys {
  readonly #first: Getter | undefined;
  readonly #others: readonly Getter[];
  readonly #beginnings: string[] = [];
  /** Numbers of beginnings by the first field, by the coarse key. */
  readonly #numbers = new Map<string, Map<ReturnType<Getter>, number>>();
  /** Those of the record before. */
  #latest = new Map<ReturnType<Getter>, number>();
  #before: Connection | undefined;

  constructor(fields: readonly FoldField[]) {
    [this.#first, ...this.#others] = fields.map((field): Getter => FOLD_FIELDS[field]);
  }

  /** The key of a record. */
  of(record: Connection): string {
    if (this.#first === undefined) return coarseKey(record);
    if (this.#before === undefined || !isCoarselySame(record, this.#before)) {
      const coarse = coarseKey(record);
      this.#latest = this.#numbers.get(coarse) ?? new Map();
      this.#numbers.set(coarse, this.#latest);
    }
    this.#before = record;
    const value = this.#first(record);
    let number = this.#latest.get(value);
    if (number === undefined) {
      number = this.#beginnings.push(coarseKey(record) + part(value)) - 1;
      this.#latest.set(value, number);
    }
    let key = number + END;
    for (const getter of this.#others) key += part(getter(record));
    return key;
  }

  /** What the key stands for: the same for the same fields on every run. */
  text(key: string): string {
    const end = key.search(/[^0-9]/);
    return key[end] === END
      ? this.#beginnings[Number(key.slice(0, end))] + key.slice(end + 1)
      : key;
  }
}
