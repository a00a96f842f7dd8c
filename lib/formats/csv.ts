/**
 * The format `csv`: RFC 4180 with a header, one physical line a record; a column for each fact that the mapping
 * table has a plain name for. It has no place for reports on the run.
 *
 * Text goes through {@linkcode escapeControl} first, so no reader sees a line break inside a value.
 * A value that a spreadsheet would take for a formula has its first character written as `\xHH`: the
 * same unescaping undoes it. Lists are JSON arrays with escapes of their own, and not escaped again.
 */
import { columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { csvText, jsonList } from "./csv_text.ts";
import type { Format, FormatContext } from "./format.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedTextWriter, textCell, type TextValues, textValues } from "./mapped_text.ts";

const COLUMNS = columnsOf(FIELDS, "plain");

/** Names of the columns, in their order. */
export const CSV_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name);

/** Values with these are put in quotation marks. There are no line breaks. */
const SPECIAL = /[",]/;

function cell(text: string): string {
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(text: string): string {
  return cell(csvText(text));
}

const VALUES: TextValues = {
  ...textValues(textOf),
  texts: (texts) => cell(jsonList(texts)),
};

const END = "\r\n";

/** Creates the format. Lines end in CR LF, as RFC 4180 has it. */
export function createCsvFormat(
  { communityIdSeed }: Pick<FormatContext, "communityIdSeed"> = {},
): Format {
  const write = mappedTextWriter(
    COLUMNS,
    {
      cell: (column, index) => {
        const before = index === 0 ? "" : ",";
        return textCell(column, VALUES, before, before);
      },
      end: END,
    },
    communityIdSeed,
  );
  return { header: CSV_COLUMNS.join(",") + END, line: lineFrom(write), write };
}
