/**
 * The fields of the format `ndjson`, of connections and of reports, as the schemas of stores and validators are
 * made of them.
 */
import { columnsOf, type Kind } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { flowOf, NOTHING } from "../mapping/flow.ts";

/** What a value is; `counts` are numbers by names that others choose. */
export type NativeKind = Kind | "counts";

/** A field of a line. */
export interface NativeField {
  /** Its path, with dots; `[]` behind a name says that it is a list of objects. */
  readonly name: string;
  /** What it says, without a full stop. */
  readonly summary: string;
  /** What becomes of the value. */
  readonly note?: string;
  readonly kind: NativeKind;
  /** The type in an index, where its kind does not tell. */
  readonly type?: string;
  /** All words that it may be, where they are no others. */
  readonly words?: readonly string[];
  /** Its value, where all lines of its kind have the same. */
  readonly constant?: string;
  /** Whether it may be less than nothing. */
  readonly isSigned?: true;
  /** Whether the object that it stands in always has it. */
  readonly isRequired: boolean;
}

/** By these a line is known as one of a connection. */
const CONSTANTS = ["event.dataset", "event.module"];

/** The fields of a connection's line. */
export function connectionFields(): readonly NativeField[] {
  // A listener says least of all: it has no end to talk to.
  const least = flowOf({ ...NOTHING, event: "listen" });
  return columnsOf(FIELDS, "ecs").map((column): NativeField => {
    const { name, summary, kind, note, type, words } = column;
    const value = column.value(least);
    return {
      name,
      summary,
      kind,
      ...(note !== undefined && { note }),
      ...(type !== undefined && { type }),
      ...(words !== undefined && { words }),
      ...(CONSTANTS.includes(name) && typeof value === "string" && { constant: value }),
      isRequired: value !== undefined,
    };
  });
}

/** Fields in their objects: by the names of the members, in their order. */
export type NativeTree = ReadonlyMap<string, NativeTree | NativeField>;

/** Whether it is an object. */
export function isTree(node: NativeTree | NativeField): node is NativeTree {
  return node instanceof Map;
}

/** Puts fields into their objects. The first field of a name counts. */
export function treeOf(fields: readonly NativeField[]): NativeTree {
  type Tree = Map<string, NativeTree | NativeField>;
  const root: Tree = new Map();
  const trees = new Map<string, Tree>([["", root]]);
  function treeAt(path: string): Tree {
    const known = trees.get(path);
    if (known !== undefined) return known;
    const tree: Tree = new Map();
    trees.set(path, tree);
    const dot = path.lastIndexOf(".");
    treeAt(path.slice(0, Math.max(dot, 0))).set(path.slice(dot + 1), tree);
    return tree;
  }
  for (const field of fields) {
    const dot = field.name.lastIndexOf(".");
    const parent = treeAt(field.name.slice(0, Math.max(dot, 0)));
    const last = field.name.slice(dot + 1);
    if (!parent.has(last)) parent.set(last, field);
  }
  return root;
}
