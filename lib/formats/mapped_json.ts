/**
 * Formats of one JSON object a line, made of the mapping table. What is the same for all records of a process,
 * of a host or of the program is put together once.
 */
import type { Connection } from "../connection.ts";
import type { Column, Kind, KindValues, Scope } from "../mapping/field.ts";
import { type Flow, flowOf } from "../mapping/flow.ts";
import { JsonWriter, memberName } from "./json_writer.ts";
import type { WriteLine } from "./line_bytes.ts";
import { remembered, type SharedScope } from "./remembered.ts";

/** How a format writes values of each kind as JSON. */
export type JsonValues = {
  readonly [K in Kind]: (to: JsonWriter, value: KindValues[K]) => void;
};

/** What all formats write alike. */
export const PLAIN_JSON = {
  text: (to: JsonWriter, text: string) => to.quoted(text),
  word: (to: JsonWriter, word: string) => to.quoted(word),
  ip: (to: JsonWriter, ip: string) => to.quoted(ip),
  integer: (to: JsonWriter, number: number) => to.integer(number),
  boolean: (to: JsonWriter, is: boolean) => to.word(is ? "true" : "false"),
  texts: (to: JsonWriter, texts: readonly string[]) => to.list(texts),
} as const;

/** Writes a part of an object, or nothing. */
type Part = (to: JsonWriter, flow: Flow) => void;

/** An object of the line: its members by name, in the order of the table. */
type Tree = Map<string, Tree | Column>;

/** Takes the name of a column apart: the names of the objects that it is in, and its own. */
type PathOf = (name: string) => string[];

function treeOf(columns: readonly Column[], pathOf: PathOf): Tree {
  const root: Tree = new Map();
  for (const column of columns) {
    let node = root;
    const path = pathOf(column.name);
    const last = path.pop() ?? "";
    for (const name of path) {
      let child = node.get(name);
      if (!(child instanceof Map)) node.set(name, child = new Map());
      node = child;
    }
    node.set(last, column);
  }
  return root;
}

function leafPart(name: string, column: Column, values: JsonValues): Part {
  const member = memberName(name);
  const { value } = column;
  const write = values[column.kind] as (to: JsonWriter, value: unknown) => void;
  return (to, flow) => {
    const known = value(flow);
    if (known === undefined) return;
    to.member(member);
    write(to, known);
  };
}

function objectPart(name: string, parts: readonly Part[]): Part {
  const member = memberName(name, "{");
  return (to, flow) => {
    const begun = to.end;
    to.member(member);
    for (const part of parts) part(to, flow);
    to.closeUnlessEmpty(begun);
  };
}

const scratch = new JsonWriter();
let scratchBytes = new Uint8Array(4096);

/** The members that the parts write, without the braces around them. */
function render(parts: readonly Part[], record: Connection): Uint8Array {
  const flow = flowOf(record);
  for (;;) {
    scratchBytes[0] = "{".charCodeAt(0);
    scratch.begin(scratchBytes, 1);
    for (const part of parts) part(scratch, flow);
    if (scratch.end <= scratchBytes.length) return scratchBytes.slice(1, scratch.end);
    scratchBytes = new Uint8Array(scratch.end);
  }
}

function rememberedPart(scope: SharedScope, parts: readonly Part[]): Part {
  const membersOf = remembered(scope, (record) => render(parts, record));
  return (to, { record }) => {
    const members = membersOf(record);
    if (members.length > 0) to.member(members);
  };
}

/** The scope of all columns below; `record` where they are of several. */
function scopeOf(node: Tree | Column): Scope {
  if (!(node instanceof Map)) return node.scope;
  const scopes = new Set([...node.values()].map(scopeOf));
  const [scope = "record"] = scopes;
  return scopes.size === 1 ? scope : "record";
}

function plainPart(name: string, node: Tree | Column, values: JsonValues): Part {
  if (!(node instanceof Map)) return leafPart(name, node, values);
  return objectPart(name, [...node].map(([name, child]) => plainPart(name, child, values)));
}

/** What is of each record first, in its order; then what is remembered. */
function partsOf(tree: Tree, values: JsonValues): Part[] {
  const parts: Part[] = [];
  const remembered = new Map<SharedScope, Part[]>();
  for (const [name, node] of tree) {
    const scope = scopeOf(node);
    if (scope === "record") {
      parts.push(
        node instanceof Map
          ? objectPart(name, partsOf(node, values))
          : leafPart(name, node, values),
      );
    } else {
      const list = remembered.get(scope) ?? [];
      remembered.set(scope, list);
      list.push(plainPart(name, node, values));
    }
  }
  return [...parts, ...[...remembered].map(([scope, parts]) => rememberedPart(scope, parts))];
}

/**
 * Makes {@linkcode Format.write} of the columns of a schema.
 *
 * @param communityIdSeed See {@linkcode FormatContext.communityIdSeed}.
 * @param pathOf By default, names are paths, with dots.
 */
export function mappedJsonWriter(
  columns: readonly Column[],
  values: JsonValues,
  communityIdSeed?: number,
  pathOf: PathOf = (name) => name.split("."),
): WriteLine {
  const parts = partsOf(treeOf(columns, pathOf), values);
  const writer = new JsonWriter();
  return (record, into, at) => {
    const flow = flowOf(record, communityIdSeed);
    writer.begin(into, at);
    writer.word("{");
    for (const part of parts) part(writer, flow);
    writer.close();
    writer.word("\n");
    return writer.end;
  };
}
