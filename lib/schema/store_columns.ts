/** The flat columns of stores: one for each field of a connection in the format `ndjson`. */
import { type Column, columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { connectionFields } from "./native_field.ts";

/** A column of a store. */
export interface StoreColumn {
  /** Name of the column. */
  readonly name: string;
  /** The path of the field in a line of ndjson, with dots. */
  readonly path: string;
  /** Whether every record has it. */
  readonly isRequired: boolean;
  /** What the value is, and how it is taken from a record. */
  readonly column: Column;
}

/** Name of the column of a field: `source.ip` is `source_ip`, `@timestamp` is `timestamp`. */
export function storeName(path: string): string {
  return path.replace("@", "").replaceAll(".", "_");
}

/** All columns, in the order of the lines. */
export function storeColumns(): readonly StoreColumn[] {
  const required = new Set(
    connectionFields().filter(({ isRequired }) => isRequired).map(({ name }) => name),
  );
  return columnsOf(FIELDS, "ecs").map((column) => ({
    name: storeName(column.name),
    path: column.name,
    isRequired: required.has(column.name),
    column,
  }));
}
