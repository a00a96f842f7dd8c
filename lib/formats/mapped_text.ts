/**
 * Formats of one line of text a record, made of the mapping table: each column adds its part, in the order of
 * the table. What is the same for all records of a process, of a host or of the program is put together once.
 */
import type { Connection } from "../connection.ts";
import type { Column, Kind, KindValues, Scope } from "../mapping/field.ts";
import { type Flow, flowOf, flowReader } from "../mapping/flow.ts";
import { identityText } from "../mapping/identity.ts";
import { isoTime } from "../time.ts";
import { JsonWriter, utf8 } from "./json_writer.ts";
import type { WriteLine } from "./line_bytes.ts";
import { remembered } from "./remembered.ts";

/** How a format writes values of each kind as text. */
export type TextValues = { readonly [K in Kind]: (value: KindValues[K]) => string };

/** What most formats write alike, with their own way of writing any text. */
export function textValues(textOf: (text: string) => string): TextValues {
  return {
    text: textOf,
    word: (word) => word,
    ip: textOf,
    integer: String,
    time: isoTime,
    duration: String,
    boolean: String,
    texts: (texts) => textOf(texts.join(", ")),
    identity: (identity) => textOf(identityText(identity)),
  };
}

/** Writes what a column adds to the line of a record. */
export type TextCell = (to: JsonWriter, flow: Flow) => void;

/** How numbers of a kind are written without a string on the way; undefined where a format has a way of its own. */
function numberWriter(
  kind: Kind,
  values: TextValues,
): ((to: JsonWriter, value: number) => void) | undefined {
  if (kind === "integer" && values.integer === String) return (to, value) => to.integer(value);
  return kind === "time" && values.time === isoTime
    ? (to, value) => to.plainTime(value)
    : undefined;
}

/**
 * What a column adds: what stands before its value, the value, and what stands behind it.
 *
 * @param absent What it adds where the value is not known, or an empty text.
 */
export function textCell(
  { kind, value }: Column,
  values: TextValues,
  before: string,
  absent: string,
  behind = "",
): TextCell {
  const beforeBytes = utf8(before);
  const absentBytes = utf8(absent);
  const writeNumber = numberWriter(kind, values);
  if (writeNumber !== undefined) {
    return (to, flow) => {
      const known = value(flow);
      if (known === undefined) return to.json(absentBytes);
      to.json(beforeBytes);
      writeNumber(to, Number(known));
      to.plain(behind);
    };
  }
  const write = values[kind] as (value: unknown) => string;
  return (to, flow) => {
    const known = value(flow);
    const text = known === undefined ? "" : write(known);
    if (text === "") return to.json(absentBytes);
    to.json(beforeBytes);
    to.plain(text);
    to.plain(behind);
  };
}

/** Columns that stand together and depend on the same. */
interface Run {
  readonly scope: Scope;
  readonly cells: TextCell[];
}

function runsOf(
  columns: readonly Column[],
  cellOf: (column: Column, index: number) => TextCell,
): Run[] {
  const runs: Run[] = [];
  for (const [index, column] of columns.entries()) {
    const { scope } = column;
    let run = runs.at(-1);
    if (run?.scope !== scope) runs.push(run = { scope, cells: [] });
    run.cells.push(cellOf(column, index));
  }
  return runs;
}

const scratch = new JsonWriter();
let scratchBytes = new Uint8Array(4096);

function render(cells: readonly TextCell[], record: Connection): Uint8Array {
  const flow = flowOf(record);
  for (;;) {
    scratch.begin(scratchBytes, 0);
    for (const cell of cells) cell(scratch, flow);
    if (scratch.end <= scratchBytes.length) return scratchBytes.slice(0, scratch.end);
    scratchBytes = new Uint8Array(scratch.end);
  }
}

function partsOf({ scope, cells }: Run): readonly TextCell[] {
  if (scope === "record") return cells;
  const bytesOf = remembered(scope, (record) => render(cells, record));
  return [(to, { record }) => to.json(bytesOf(record))];
}

/** What a line is made of, besides what the table says. */
export interface TextLine {
  /** What a column adds. */
  readonly cell: (column: Column, index: number) => TextCell;
  /** What the line begins with; absent for nothing. */
  readonly head?: (record: Connection) => string;
  /** What it ends with. */
  readonly end: string;
}

/**
 * Makes {@linkcode Format.write} of columns.
 *
 * @param communityIdSeed See `FormatContext.communityIdSeed`.
 */
export function mappedTextWriter(
  columns: readonly Column[],
  { cell, head, end }: TextLine,
  communityIdSeed?: number,
): WriteLine {
  const parts = runsOf(columns, cell).flatMap(partsOf);
  const writer = new JsonWriter();
  const read = flowReader(communityIdSeed);
  return (record, into, at) => {
    const flow = read(record);
    writer.begin(into, at);
    if (head !== undefined) writer.plain(head(record));
    for (const part of parts) part(writer, flow);
    writer.plain(end);
    return writer.end;
  };
}
