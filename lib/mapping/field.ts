/**
 * What a row of the mapping table is. A row is one fact of a record; its cells say what each schema calls it.
 * From the table come the formats, their documentation and the schemas of the stores.
 */
import type { Connection } from "../connection.ts";
import type { Flow } from "./flow.ts";
import type { Identity } from "./identity.ts";

/** Values of a kind, as the record has them. */
export interface KindValues {
  /** Whatever a process, a log or the network says. */
  text: string;
  /** One of some words of this program's own: printable ASCII that no format has to quote. */
  word: string;
  /** The text of an address; another program's log may have anything in its place. */
  ip: string;
  integer: number;
  /** Microseconds since the epoch. */
  time: number;
  /** Microseconds. */
  duration: number;
  boolean: boolean;
  texts: readonly string[];
  identity: Identity;
}

/** What a value is. Each format has its own way of writing each kind. */
export type Kind = keyof KindValues;

/** A value of a kind, and where it comes from; undefined where it is not known. */
export type Reading = {
  readonly [K in Kind]: {
    readonly kind: K;
    readonly value: (flow: Flow) => KindValues[K] | undefined;
  };
}[Kind];

/** What a schema calls a fact, where its name does not say all. */
export interface Cell {
  /** Name of the field; in schemas of objects with dots. */
  readonly name: string;
  /** What it says, without a full stop, where that is not what the fact says. */
  readonly summary?: string;
  /** How this schema says it where it does not say it as the others do. */
  readonly reading?: Reading;
  /** What that depends on, where it is not what the fact depends on. */
  readonly scope?: Scope;
  /** What becomes of the value, for the documentation: absent where it is taken over as it is. */
  readonly note?: string;
  /** The type in the index of a store, where its kind does not tell. */
  readonly type?: string;
  /** All words that it may be, where they are no others. */
  readonly words?: readonly string[];
}

/** The schemas that the table maps to. `plain` names the columns of csv and the keys of logfmt. */
export const SCHEMAS = ["plain", "ecs", "ocsf", "cim", "zeek", "cef", "leef"] as const;

/** One of {@linkcode SCHEMAS}. */
export type Schema = typeof SCHEMAS[number];

/**
 * What a fact depends on: what is the same for many records is written once for all of them. `words` are those
 * that {@linkcode Words} names.
 */
export type Scope = "record" | "words" | "process" | "host" | "program";

/** A row of the table. */
export type Field = Reading & {
  /** What it says, without a full stop. */
  readonly summary: string;
  readonly scope: Scope;
  /** Where this is false, none of its cells has anything to say: of most records no more need be asked. */
  readonly only?: (record: Connection) => boolean;
  /** All words that it may be, where they are no others. */
  readonly words?: readonly string[];
  readonly cells: Readonly<Partial<Record<Schema, string | Cell | readonly (string | Cell)[]>>>;
};

/** A field as one schema has it. */
export type Column = Reading & {
  readonly name: string;
  readonly scope: Scope;
  readonly field: Field;
  /** What it says, without a full stop. */
  readonly summary: string;
  readonly note?: string;
  readonly type?: string;
  readonly words?: readonly string[];
};

/** The fields of one schema, in the order of the table. */
export function columnsOf(fields: readonly Field[], schema: Schema): readonly Column[] {
  return fields.flatMap((field) => {
    const { scope, kind, value, words, summary } = field;
    const cells = [field.cells[schema] ?? []].flat();
    return cells.map((cellOrName): Column => {
      const named = typeof cellOrName === "string" ? { name: cellOrName } : cellOrName;
      const { reading, ...cell }: Cell = named;
      const shared = reading ?? { kind, value } as Reading;
      const taken = reading === undefined && words !== undefined ? { words } : {};
      return { ...shared, scope, summary, ...taken, ...cell, field };
    });
  });
}

/**
 * Those parts of a record that are one of a few words: many records have all of them in common. Of a remote end
 * it counts only whether there is one, of a socket only its type, of what is noteworthy only whether it is.
 */
export type Words = Pick<
  Connection,
  | "event"
  | "direction"
  | "initiator"
  | "outcome"
  | "state"
  | "preexisting"
  | "protocol"
  | "protocolNumber"
  | "ipVersion"
  | "application"
  | "attribution"
  | "collector"
  | "other"
>;
