/**
 * The log format `littlesnitch`: the CSV of `littlesnitch log-traffic`, a line a row. A row whose fields have
 * line breaks is malformed here; the collector `littlesnitch` reads those too.
 */
import type { HostIdentity } from "../../lib/connection.ts";
import { type Columns, columnsOf } from "../littlesnitch/columns.ts";
import { CsvReader } from "../littlesnitch/csv.ts";
import type { CsvRow } from "../littlesnitch/csv_row.ts";
import { TrafficRows } from "../littlesnitch/rows.ts";
import { parseDate } from "../littlesnitch/values.ts";
import { lineId } from "./line_id.ts";
import { type Header, type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";

/** `2021-01-02 12:10:35`. */
const DATE_LENGTH = 19;

/** The log does not say whose it is. */
const NOBODY: HostIdentity = { id: "", name: "" };

const encoder = new TextEncoder();

/** Gives what `take` makes of the row that the line is; undefined where it is none. */
function withRow<T>(line: string, take: (row: CsvRow) => T): T | undefined {
  let taken: T | undefined;
  const reader = new CsvReader({ row: (row) => taken = take(row), dropped() {} });
  reader.push(encoder.encode(line + "\n"));
  return taken;
}

function headerOf(line: string): Columns | undefined {
  return line.includes("ipAddress") ? withRow(line, columnsOf) : undefined;
}

class TrafficLines implements LogReader {
  #rows: TrafficRows | undefined;
  header: Header = { lines: [], isWhole: false };

  constructor(head: readonly string[]) {
    for (const line of head) this.#takesHeader(line);
  }

  #takesHeader(line: string): boolean {
    const columns = headerOf(line);
    if (columns === undefined) return false;
    this.#rows = new TrafficRows(NOBODY, columns);
    this.header = { lines: [line], isWhole: true };
    return true;
  }

  read(line: string, at: number): ReturnType<LogReader["read"]> {
    if (line.trim() === "" || this.#takesHeader(line)) return undefined;
    const rows = this.#rows;
    const record = rows && withRow(line, (row) => rows.record(row));
    if (record === undefined) return MALFORMED;
    const { host: _host, ...rest } = record;
    return { ...rest, id: lineId("littlesnitch", line, at) };
  }
}

/** What `littlesnitch log-traffic` prints. */
export const LITTLESNITCH: LogFormat = {
  name: "littlesnitch",
  summary: "the CSV of littlesnitch log-traffic",
  recognises: ([first = ""]) => headerOf(first) !== undefined,
  reader: (head) => new TrafficLines(head),
  written(line) {
    const bytes = encoder.encode(line.slice(0, DATE_LENGTH));
    const time = parseDate(bytes, 0, bytes.length);
    return isNaN(time) ? undefined : time;
  },
  isPrompt: true,
  disorderUs: 0,
  // Nobody has said that its rows are in order.
  seekable: false,
  escapes: [],
  marks: ["ipAddress"],
};
