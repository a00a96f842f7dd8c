/** The JSON Schema (draft 2020-12) of the format `ndjson`. */
import { REPORT_KINDS } from "../report.ts";
import {
  connectionFields,
  isTree,
  type NativeField,
  type NativeKind,
  type NativeTree,
  treeOf,
} from "./native_field.ts";
import { REPORT_SUMMARIES, reportFields } from "./report_fields.ts";

/** What a schema is made of. */
export type Json = string | number | boolean | readonly Json[] | {
  readonly [name: string]: Json;
};

type JsonObject = { readonly [name: string]: Json };

const COUNT: JsonObject = { type: "integer", minimum: 0 };
const TEXT: JsonObject = { type: "string" };

/** What values of a kind are. An address is a text: in another program's log anything may be in its place. */
const VALUES: Readonly<Record<NativeKind, JsonObject>> = {
  text: TEXT,
  word: TEXT,
  identity: TEXT,
  ip: TEXT,
  integer: COUNT,
  duration: COUNT,
  time: {
    type: "string",
    format: "date-time",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
  },
  boolean: { type: "boolean" },
  texts: { type: "array", items: TEXT },
  counts: { type: "object", additionalProperties: COUNT },
};

function fieldSchema(field: NativeField): JsonObject {
  const { summary, note, kind, words, constant, isSigned } = field;
  const description = note === undefined ? summary : `${summary} (${note})`;
  if (constant !== undefined) return { description, const: constant };
  if (words !== undefined) return { description, enum: words };
  return { description, ...(isSigned ? { type: "integer" } : VALUES[kind]) };
}

function isRequired(node: NativeTree | NativeField): boolean {
  return isTree(node) ? [...node.values()].some(isRequired) : node.isRequired;
}

function objectSchema(tree: NativeTree): JsonObject {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const [nameInPath, node] of tree) {
    const isList = nameInPath.endsWith("[]");
    const name = isList ? nameInPath.slice(0, -2) : nameInPath;
    const schema = isTree(node) ? objectSchema(node) : fieldSchema(node);
    properties[name] = isList ? { type: "array", items: schema } : schema;
    if (isRequired(node)) required.push(name);
  }
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

function lineSchema(description: string, fields: readonly NativeField[]): JsonObject {
  return { description, ...objectSchema(treeOf(fields)) };
}

const DESCRIPTION = [
  "A line of a log of connscribe in the format ndjson: an event in the life of a connection, or a report on the run;",
  "event.dataset tells which. Within version 1 fields are only ever added: none is taken away, renamed or given",
  "another type or meaning, and where all words of a field are listed, no other word is added. So readers have to",
  "pass over fields that they do not know, and this schema allows them.",
].join(" ");

/** The schema, as text with a line feed at its end. */
export function jsonSchema(): string {
  const names = ["connection", ...REPORT_KINDS];
  const definitions: Record<string, Json> = {
    connection: lineSchema(
      "An event of a connection or of a listening socket, or a summary of several",
      connectionFields(),
    ),
  };
  for (const kind of REPORT_KINDS) {
    definitions[kind] = lineSchema(REPORT_SUMMARIES[kind], reportFields(kind));
  }
  const schema: JsonObject = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:connscribe:schema:v1",
    title: "connscribe ndjson, version 1",
    description: DESCRIPTION,
    oneOf: names.map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: definitions,
  };
  return JSON.stringify(schema, null, 2) + "\n";
}
