/** Formats of one line of names and values a record: what they have in common. */
import type { Connection } from "../connection.ts";
import { type Column, columnsOf, type Kind, type Schema } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import type { Report } from "../report.ts";
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedTextWriter, textCell, type TextValues } from "./mapped_text.ts";
import { reportFacts } from "./report_facts.ts";

/** What a format of pairs is made of. */
export interface PairSyntax {
  readonly schema: Schema;
  readonly values: TextValues;
  /** What stands between two pairs. */
  readonly separator: string;
  /** What stands at both ends of values of a kind; absent for nothing. */
  readonly quote?: (kind: Kind) => string;
  /** What stands before the value of a column. */
  readonly before: (column: Column) => string;
  /** The name of what only reports say, made of its words, which are apart by `_`. */
  readonly reportName: (name: string) => string;
  /** What a line begins with; absent for nothing. */
  readonly head?: {
    readonly ofRecord: (record: Connection) => string;
    readonly ofReport: (report: Report) => string;
  };
}

/** The name, as nearly every format has it. */
export function nameAndEquals({ name }: { readonly name: string }): string {
  return `${name}=`;
}

/** The columns of a schema by what `plain` calls their facts. */
function byPlainName(schema: Schema): ReadonlyMap<string, Column> {
  const columns = new Map<string, Column>();
  for (const column of columnsOf(FIELDS, schema)) {
    const [plain] = columnsOf([column.field], "plain");
    if (plain !== undefined && !columns.has(plain.name)) columns.set(plain.name, column);
  }
  return columns;
}

/** Makes the function that gives the line of a report: what records say, too, has the name that it has there. */
function reportLine(
  { schema, values, separator, quote, before, reportName, head }: PairSyntax,
): (report: Report) => string {
  const columns = byPlainName(schema);
  return (report) => {
    const pairs: string[] = [];
    for (const { name, kind, value } of reportFacts(report)) {
      const text = (values[kind] as (value: unknown) => string)(value);
      if (text === "") continue;
      const column = columns.get(name);
      const mark = quote?.(kind) ?? "";
      const start = column === undefined ? `${reportName(name)}=` : before(column);
      pairs.push(start + mark + text + mark);
    }
    return `${head?.ofReport(report) ?? ""}${pairs.join(separator)}\n`;
  };
}

/** Creates a format of a syntax. A text that is empty is as good as none. */
export function createPairsFormat(
  syntax: PairSyntax,
  { communityIdSeed }: Pick<FormatContext, "communityIdSeed">,
): Format {
  const { schema, values, separator, quote, before, head } = syntax;
  const write = mappedTextWriter(
    columnsOf(FIELDS, schema),
    {
      cell: (column, index) => {
        const mark = quote?.(column.kind) ?? "";
        const start = (index === 0 ? "" : separator) + before(column) + mark;
        return textCell(column, values, start, "", mark);
      },
      ...(head && { head: head.ofRecord }),
      end: "\n",
    },
    communityIdSeed,
  );
  return { line: lineFrom(write), write, report: reportLine(syntax) };
}

/** `a_name` as `aName`. */
export function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function escapeBlank(blank: string): string {
  const code = blank.charCodeAt(0);
  return code <= 0xff
    ? "\\x" + code.toString(16).padStart(2, "0")
    : "\\u" + code.toString(16).padStart(4, "0");
}

/**
 * {@linkcode escapeControl}, and a blank at either end escaped likewise: readers cut them off. The same
 * unescaping undoes it.
 */
export function escapeEnds(text: string): string {
  return escapeControl(text).replace(/^\s|\s$/g, escapeBlank);
}
