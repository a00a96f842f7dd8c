/**
 * Formats of one JSON object a line, made of the mapping table. What is the same for all records of a process,
 * of a host or of the program is put together once.
 */
import type { Connection } from "../connection.ts";
import type { Column, Field, Kind, KindValues, Scope } from "../mapping/field.ts";
import { type Flow, flowOf, flowReader } from "../mapping/flow.ts";
import type { Identity } from "../mapping/identity.ts";
import { JsonWriter, type Member, memberName, memberOf } from "./json_writer.ts";
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
  boolean: (to: JsonWriter, is: boolean) => to.plain(is ? "true" : "false"),
  texts: (to: JsonWriter, texts: readonly string[]) => to.list(texts),
  identity: (to: JsonWriter, identity: Identity) => to.identity(identity),
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

/** @param isAlone Whether it is the one member of an object, which the name begins. */
function leafPart(member: Member, column: Column, values: JsonValues, isAlone = false): Part {
  const { value } = column;
  const write = values[column.kind] as (to: JsonWriter, value: unknown) => void;
  return (to, flow) => {
    const known = value(flow);
    if (known === undefined) return;
    to.member(member);
    write(to, known);
    if (isAlone) to.close();
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

/** The members that the parts write, each behind a comma. */
function render(parts: readonly Part[], record: Connection): Uint8Array {
  const flow = flowOf(record);
  for (;;) {
    scratch.begin(scratchBytes, 0);
    for (const part of parts) part(scratch, flow);
    if (scratch.end <= scratchBytes.length) return scratchBytes.slice(0, scratch.end);
    scratchBytes = new Uint8Array(scratch.end);
  }
}

function rememberedPart(scope: SharedScope, parts: readonly Part[]): Part {
  const membersOf = remembered(scope, (record) => memberOf(render(parts, record)));
  return (to, { record }) => to.member(membersOf(record));
}

/** The scope of all columns below; `record` where they are of several. */
function scopeOf(node: Tree | Column): Scope {
  if (!(node instanceof Map)) return node.scope;
  const scopes = new Set([...node.values()].map(scopeOf));
  const [scope = "record"] = scopes;
  return scopes.size === 1 ? scope : "record";
}

/** What {@linkcode Field.only} all columns below have in common. */
function onlyOf(node: Tree | Column): Field["only"] {
  if (!(node instanceof Map)) return node.field.only;
  const all = new Set([...node.values()].map(onlyOf));
  const [only] = all;
  return all.size === 1 ? only : undefined;
}

function nodePart(
  name: string,
  node: Tree | Column,
  values: JsonValues,
  partsOf: (tree: Tree, values: JsonValues) => readonly Part[],
): Part {
  if (!(node instanceof Map)) return leafPart(memberName(name), node, values);
  const [[leafName, leaf] = ["", node]] = node;
  return node.size === 1 && !(leaf instanceof Map)
    ? leafPart(memberName(name, `{"${leafName}":`), leaf, values, true)
    : objectPart(name, partsOf(node, values));
}

/** All in their order. */
function plainParts(tree: Tree, values: JsonValues): readonly Part[] {
  return [...tree].map(([name, node]) => nodePart(name, node, values, plainParts));
}

/** Parts of which a record has all or none. */
function onlyPart(only: NonNullable<Field["only"]>, parts: readonly Part[]): Part {
  return (to, flow) => {
    if (!only(flow.record)) return;
    for (const part of parts) part(to, flow);
  };
}

/** In their order; those that stand together and are rare are asked for together. */
function recordParts(nodes: readonly [string, Tree | Column][], values: JsonValues): Part[] {
  const groups: { only: Field["only"]; parts: Part[] }[] = [];
  for (const [name, node] of nodes) {
    const only = onlyOf(node);
    let group = groups.at(-1);
    if (group === undefined || group.only !== only) groups.push(group = { only, parts: [] });
    group.parts.push(nodePart(name, node, values, partsOf));
  }
  return groups.flatMap(({ only, parts }) => only === undefined ? parts : [onlyPart(only, parts)]);
}

/** What is of each record first, in its order; then what is remembered. */
function partsOf(tree: Tree, values: JsonValues): readonly Part[] {
  const nodes = Map.groupBy(tree, ([, node]) => scopeOf(node));
  const ofRecords = recordParts(nodes.get("record") ?? [], values);
  nodes.delete("record");
  // What is always the same goes along with what is nearly so.
  const program = nodes.get("program");
  const [, shared] = [...nodes].find(([scope]) => scope !== "program") ?? [];
  if (program !== undefined && shared !== undefined) {
    shared.push(...program);
    nodes.delete("program");
  }
  return [
    ...ofRecords,
    ...[...nodes].map(([scope, nodes]) =>
      rememberedPart(scope as SharedScope, plainParts(new Map(nodes), values))
    ),
  ];
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
  const read = flowReader(communityIdSeed);
  return (record, into, at) => {
    const flow = read(record);
    writer.begin(into, at);
    writer.plain("{");
    for (const part of parts) part(writer, flow);
    writer.close();
    writer.plain("\n");
    return writer.end;
  };
}
