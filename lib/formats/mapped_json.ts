/**
 * Formats of one JSON object a line, made of the mapping table. What is the same for all records of a process,
 * of a host or of the program is put together once.
 */
import type { Connection } from "../connection.ts";
import type { Column, Field, Kind, KindValues, Scope } from "../mapping/field.ts";
import { flowOf, flowReader } from "../mapping/flow.ts";
import type { Identity } from "../mapping/identity.ts";
import { JsonWriter, type Member, memberName, memberOf } from "./json_writer.ts";
import { LineCode, type WritePart } from "./line_code.ts";
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

/** What writes a member of an object, or nothing: statements of a {@linkcode LineCode}. */
type Statement = string;

/** @param isAlone Whether it is the one member of an object, which the name begins. */
function leafPart(
  code: LineCode,
  member: Member,
  { kind, value }: Column,
  values: JsonValues,
  isAlone = false,
): Statement {
  const [valueOf, name, write] = [value, member, values[kind]].map((each) => code.name(each));
  const close = isAlone ? "to.close();" : "";
  return `{
    const known = ${valueOf}(flow);
    if (known !== undefined) {
      to.member(${name});
      ${write}(to, known);
      ${close}
    }
  }`;
}

function objectPart(code: LineCode, name: string, parts: readonly Statement[]): Statement {
  const [member, write] = [memberName(name, "{"), code.compile(parts)].map((each) =>
    code.name(each)
  );
  return `{
    const begun = to.end;
    to.member(${member});
    ${write}(to, flow);
    to.closeUnlessEmpty(begun);
  }`;
}

const scratch = new JsonWriter();
let scratchBytes = new Uint8Array(4096);

/** The members that the parts write, each behind a comma. */
function render(write: WritePart, record: Connection): Uint8Array {
  const flow = flowOf(record);
  for (;;) {
    scratch.begin(scratchBytes, 0);
    write(scratch, flow);
    if (scratch.end <= scratchBytes.length) return scratchBytes.slice(0, scratch.end);
    scratchBytes = new Uint8Array(scratch.end);
  }
}

function rememberedPart(
  code: LineCode,
  scope: SharedScope,
  parts: readonly Statement[],
): Statement {
  const write = code.compile(parts);
  const membersOf = remembered(scope, (record) => memberOf(render(write, record)));
  return `to.member(${code.name(membersOf)}(flow.record));`;
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

/** What writes the members of an object. */
type PartsOf = (code: LineCode, tree: Tree, values: JsonValues) => readonly Statement[];

function nodePart(
  code: LineCode,
  name: string,
  node: Tree | Column,
  values: JsonValues,
  partsOf: PartsOf,
): Statement {
  if (!(node instanceof Map)) return leafPart(code, memberName(name), node, values);
  const [[leafName, leaf] = ["", node]] = node;
  return node.size === 1 && !(leaf instanceof Map)
    ? leafPart(code, memberName(name, `{"${leafName}":`), leaf, values, true)
    : objectPart(code, name, partsOf(code, node, values));
}

/** All in their order. */
function plainParts(code: LineCode, tree: Tree, values: JsonValues): readonly Statement[] {
  return [...tree].map(([name, node]) => nodePart(code, name, node, values, plainParts));
}

/** Parts of which a record has all or none. */
function onlyPart(
  code: LineCode,
  only: NonNullable<Field["only"]>,
  parts: readonly Statement[],
): Statement {
  return `if (${code.name(only)}(flow.record)) ${code.name(code.compile(parts))}(to, flow);`;
}

/** In their order; those that stand together and are rare are asked for together. */
function recordParts(
  code: LineCode,
  nodes: readonly [string, Tree | Column][],
  values: JsonValues,
): Statement[] {
  const groups: { only: Field["only"]; parts: Statement[] }[] = [];
  for (const [name, node] of nodes) {
    const only = onlyOf(node);
    let group = groups.at(-1);
    if (group === undefined || group.only !== only) groups.push(group = { only, parts: [] });
    group.parts.push(nodePart(code, name, node, values, partsOf));
  }
  return groups.flatMap(({ only, parts }) =>
    only === undefined ? parts : [onlyPart(code, only, parts)]
  );
}

/** What is of each record first, in its order; then what is remembered. */
function partsOf(code: LineCode, tree: Tree, values: JsonValues): readonly Statement[] {
  const nodes = Map.groupBy(tree, ([, node]) => scopeOf(node));
  const ofRecords = recordParts(code, nodes.get("record") ?? [], values);
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
      rememberedPart(code, scope as SharedScope, plainParts(code, new Map(nodes), values))
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
  const code = new LineCode();
  const write = code.compile(partsOf(code, treeOf(columns, pathOf), values));
  const writer = new JsonWriter();
  const read = flowReader(communityIdSeed);
  return (record, into, at) => {
    const flow = read(record);
    writer.begin(into, at);
    writer.plain("{");
    write(writer, flow);
    writer.close();
    writer.plain("\n");
    return writer.end;
  };
}
