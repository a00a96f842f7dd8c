/** The columns of a Parquet file: the flat columns of a store, as Parquet has them. */
import type { Connection } from "../connection.ts";
import type { Kind } from "../mapping/field.ts";
import { type Flow, flowOf } from "../mapping/flow.ts";
import { identityText } from "../mapping/identity.ts";
import { type StoreColumn, storeColumns } from "../schema/store_columns.ts";

/** An element of the schema, as far as it is used here (parquet-format, `SchemaElement`). */
export interface SchemaElement {
  name: string;
  type?: "BOOLEAN" | "INT64" | "BYTE_ARRAY";
  "converted_type"?: "UTF8" | "LIST" | "TIMESTAMP_MICROS";
  "repetition_type"?: "OPTIONAL" | "REPEATED";
  "num_children"?: number;
}

/** A value; null where it is not known. */
type Cell = string | bigint | boolean | readonly string[] | null;

/** Values of one column, as the writer takes them. */
export interface ColumnSource {
  name: string;
  data: Cell[];
  statistics: boolean;
  offsetIndex: boolean;
}

const TEXT = { type: "BYTE_ARRAY", "converted_type": "UTF8" } as const;
const INTEGER = { type: "INT64" } as const;

const TYPES: Readonly<Record<Exclude<Kind, "texts">, Omit<SchemaElement, "name">>> = {
  text: TEXT,
  word: TEXT,
  ip: TEXT,
  identity: TEXT,
  integer: INTEGER,
  duration: INTEGER,
  time: { type: "INT64", "converted_type": "TIMESTAMP_MICROS" },
  boolean: { type: "BOOLEAN" },
};

const COLUMNS = storeColumns();

/** The schema of all files. */
export function parquetSchema(): SchemaElement[] {
  const root: SchemaElement = { name: "connections", "num_children": COLUMNS.length };
  return [root, ...COLUMNS.flatMap(elementsOf)];
}

function elementsOf({ name, column: { kind } }: StoreColumn): SchemaElement[] {
  if (kind !== "texts") return [{ name, ...TYPES[kind], "repetition_type": "OPTIONAL" }];
  return [
    { name, "converted_type": "LIST", "repetition_type": "OPTIONAL", "num_children": 1 },
    { name: "list", "repetition_type": "REPEATED", "num_children": 1 },
    { name: "element", ...TEXT, "repetition_type": "OPTIONAL" },
  ];
}

/** By the bounds of what is asked for, readers pass over row groups; of other columns they would cost time. */
function hasBounds({ path, column: { kind } }: StoreColumn): boolean {
  return kind === "time" || kind === "ip" || /\.(domain|port)$|^process\.name$/.test(path);
}

/** What makes a cell of a value. */
function cellOf({ kind, value }: StoreColumn["column"]): (flow: Flow) => Cell {
  switch (kind) {
    case "integer":
    case "time":
      return (flow) => {
        const number = value(flow);
        return number === undefined ? null : BigInt(number);
      };
    case "duration":
      // Nanoseconds, as in ndjson.
      return (flow) => {
        const microseconds = value(flow);
        return microseconds === undefined ? null : BigInt(microseconds) * 1000n;
      };
    case "identity":
      return (flow) => {
        const identity = value(flow);
        return identity === undefined ? null : identityText(identity);
      };
    default:
      return (flow) => value(flow) ?? null;
  }
}

const CELLS = COLUMNS.map(({ column }) => cellOf(column));
const EVENT_ID = COLUMNS.findIndex(({ path }) => path === "event.id");

/** What a cell takes besides its characters, bytes, about. */
const CELL_BYTES = 16;

/** After so many texts it is seen whether they repeat. */
const TRIAL = 1024;

/** The cells of a column. Texts that repeat are kept once: of records from another thread each has its own. */
class CellList {
  readonly #cells: Cell[] = [];
  #known: Map<string, string> | undefined = new Map();

  get cells(): Cell[] {
    return this.#cells;
  }

  /** Returns what it takes of memory, bytes, about. */
  add(cell: Cell): number {
    if (typeof cell === "string") return this.#addText(cell);
    this.#cells.push(cell);
    let bytes = CELL_BYTES;
    if (cell !== null && typeof cell === "object") {
      for (const text of cell) bytes += 2 * CELL_BYTES + text.length;
    }
    return bytes;
  }

  #addText(text: string): number {
    const known = this.#known;
    const same = known?.get(text);
    this.#cells.push(same ?? text);
    if (same !== undefined) return CELL_BYTES;
    if (known !== undefined && known.size >= TRIAL && known.size > this.#cells.length / 2) {
      this.#known = undefined;
    } else known?.set(text, text);
    return 2 * CELL_BYTES + text.length;
  }
}

function emptyLists(): CellList[] {
  return COLUMNS.map(() => new CellList());
}

/** Records as columns. */
export class ColumnBuffer {
  #lists = emptyLists();
  #rows = 0;
  #bytes = 0;

  /** How many records there are. */
  get rows(): number {
    return this.#rows;
  }

  /** How much memory they take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param seed Of Community IDs; undefined: there are none. */
  add(records: readonly Connection[], seed: number | undefined): void {
    const flows = records.map((record) => flowOf(record, seed));
    for (const [i, list] of this.#lists.entries()) {
      const take = CELLS[i];
      if (take === undefined) continue;
      for (const flow of flows) this.#bytes += list.add(take(flow));
    }
    this.#rows += records.length;
  }

  /** Ids of the events, in their order. */
  get eventIds(): readonly string[] {
    return (this.#lists[EVENT_ID]?.cells ?? []).map(String);
  }

  /** Gives all columns out, and is empty. */
  take(): ColumnSource[] {
    const lists = this.#lists;
    this.#lists = emptyLists();
    this.#rows = 0;
    this.#bytes = 0;
    return COLUMNS.map((column, i) => ({
      name: column.name,
      data: lists[i]?.cells ?? [],
      statistics: hasBounds(column),
      offsetIndex: false,
    }));
  }
}
