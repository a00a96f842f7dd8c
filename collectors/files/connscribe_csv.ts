/**
 * The log format `connscribe-csv`: what the format `csv` writes. Columns go by their names in the header,
 * which may come again, with other columns too; the time is the first column.
 *
 * What the columns do not tell is lost: where the name of the local end comes from. An empty text is an absent
 * one, an object with nothing in it too, and a host has both an id and a name.
 */
import { type Column, columnOf, type Draft, finish } from "./connscribe_csv_columns.ts";
import { splitCsvLine } from "./csv_line.ts";
import { parseIsoTime } from "./iso_time.ts";
import { type Header, type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";

/** Columns by which a header is known, besides the first. */
const KNOWN_BY: readonly string[] = ["event", "connection_id", "collector"];

function isHeader(cells: readonly string[]): boolean {
  return cells[0] === "time" && KNOWN_BY.every((name) => cells.includes(name));
}

/** The cells of a line, where it is a header. */
function headerIn(line: string): string[] | undefined {
  if (!line.startsWith("time") && !line.startsWith('"time"')) return undefined;
  const cells = splitCsvLine(line);
  return cells !== undefined && isHeader(cells) ? cells : undefined;
}

class CsvReader implements LogReader {
  #columns: readonly (Column | undefined)[] = [];
  header: Header = { lines: [], isWhole: false };

  constructor(head: readonly string[]) {
    for (const line of head) this.#takesHeader(line);
  }

  #takesHeader(line: string): boolean {
    const header = headerIn(line);
    if (header === undefined) return false;
    this.#columns = header.map(columnOf);
    this.header = { lines: [line], isWhole: true };
    return true;
  }

  read(line: string): ReturnType<LogReader["read"]> {
    if (line.trim() === "" || this.#takesHeader(line)) return undefined;
    const cells = splitCsvLine(line);
    const columns = this.#columns;
    if (cells === undefined || cells.length !== columns.length) return MALFORMED;
    const draft: Draft = { local: {} };
    try {
      for (let i = 0; i < cells.length; i++) {
        const cell = cells[i];
        if (cell) columns[i]?.(draft, cell);
      }
      return finish(draft);
    } catch {
      return MALFORMED;
    }
  }
}

function written(line: string): number | undefined {
  if (line.startsWith('"')) return parseIsoTime(line, 1, line.indexOf('"', 1));
  return parseIsoTime(line, 0, line.indexOf(","));
}

/** connscribe's own `csv`. */
export const CONNSCRIBE_CSV: LogFormat = {
  name: "connscribe-csv",
  summary: "what connscribe writes with --format csv",
  recognises: (lines) => lines.some((line) => headerIn(line) !== undefined),
  reader: (head) => new CsvReader(head),
  written,
  isPrompt: true,
  // As for `connscribe-ndjson`.
  disorderUs: 60_000_000,
  seekable: true,
  escapes: ["\\"],
  marks: ["connection_id"],
};
