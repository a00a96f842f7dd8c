/**
 * The format `table`: aligned columns for a terminal. Widths follow from the width of the terminal
 * alone, never from the rows, so that rows stream; what does not fit ends in `…`.
 */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { createPaint, SGR } from "./ansi.ts";
import { cutText, fitText } from "./cell.ts";
import { endpointText, stateText } from "./endpoint.ts";
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";

/** Least, usual and greatest useful width of each column. */
const COLUMNS = [
  { name: "PROTO", least: 4, usual: 5, most: 9 },
  { name: "DIRECTION", least: 7, usual: 9, most: 9 },
  { name: "LOCAL", least: 14, usual: 21, most: 47 },
  { name: "REMOTE", least: 15, usual: 21, most: 47 },
  { name: "STATE", least: 6, usual: 11, most: 12 },
  { name: "PID", least: 6, usual: 7, most: 7 },
  { name: "USER", least: 5, usual: 8, most: 16 },
  { name: "PROCESS", least: 8, usual: 15, most: 24 },
  { name: "UNIT", least: 7, usual: 20, most: 40 },
] as const;

const LOCAL = 2;
const REMOTE = 3;
const STATE = 4;

/** Places in {@linkcode COLUMNS}, in the order in which they are given more room. */
const BY_NEED = [REMOTE, 7, LOCAL, STATE, 5, 6, 8, 1, 0];

const STATE_COLOR: ReadonlyMap<string, number> = new Map([
  ["established", SGR.green],
  ["listen", SGR.blue],
  ["closed", SGR.red],
]);

/** Widths of the columns on a terminal of so many columns; one blank stands between two columns. */
export function columnWidths(columns: number): number[] {
  const widths: number[] = COLUMNS.map((column) => column.least);
  let spare = columns - widths.reduce((sum, width) => sum + width, COLUMNS.length - 1);
  for (const goal of ["usual", "most"] as const) {
    for (const index of BY_NEED) {
      const more = Math.max(
        0,
        Math.min(spare, (COLUMNS[index]?.[goal] ?? 0) - (widths[index] ?? 0)),
      );
      widths[index] = (widths[index] ?? 0) + more;
      spare -= more;
    }
  }
  return widths;
}

/** The port stays whole where the address is cut. */
function endpointCell(endpoint: RecordedEndpoint | undefined, width: number): string {
  if (endpoint === undefined) return "*";
  const { ip, name } = endpoint;
  // Of an end in a log there may be only the name, which must not pass for an address.
  const isNamed = ip === undefined && name !== undefined;
  const text = escapeControl(endpointText(isNamed ? { ...endpoint, ip: `(${name})` } : endpoint));
  if (text.length <= width || endpoint.port === undefined) return text;
  const tail = `${endpoint.ip?.includes(":") ? "]:" : ":"}${endpoint.port}`;
  return cutText(text.slice(0, -tail.length), width - tail.length) + tail;
}

function stateCell(connection: Connection): string {
  if (connection.event === "close") return "closed";
  return stateText(connection) ?? (connection.outcome === "unknown" ? "-" : connection.outcome);
}

function cells(connection: Connection, widths: { local: number; remote: number }): string[] {
  const { process, socket } = connection;
  const uid = process?.uid ?? socket?.uid;
  return [
    escapeControl(connection.protocol ?? "-"),
    connection.direction,
    endpointCell(connection.local, widths.local),
    endpointCell(connection.remote, widths.remote),
    escapeControl(stateCell(connection)),
    process === undefined ? "-" : String(process.pid ?? "-"),
    escapeControl(process?.user ?? (uid === undefined ? "-" : String(uid))),
    escapeControl(process?.name ?? "-"),
    escapeControl(process?.userUnit ?? process?.unit ?? "-"),
  ];
}

/** Creates the format. Without a width of the terminal nothing is cut, and long values push the rest. */
export function createTableFormat(context: FormatContext): Format {
  const paint = createPaint(context.color);
  const { columns } = context;
  const widths = columnWidths(columns ?? 132);
  const ends = {
    local: columns === undefined ? Infinity : widths[LOCAL] ?? 0,
    remote: columns === undefined ? Infinity : widths[REMOTE] ?? 0,
  };

  function row(texts: readonly string[], stateColor?: number): string {
    let line = "";
    let left = columns ?? Infinity;
    for (let i = 0; i < texts.length && left > 0; i++) {
      const text = texts[i] ?? "";
      const width = Math.min(widths[i] ?? 0, left);
      let cell = columns === undefined ? text.padEnd(width) : fitText(text, width);
      if (i === texts.length - 1) cell = cell.trimEnd();
      line += (i === 0 ? "" : " ") +
        (i === STATE && stateColor !== undefined ? paint(stateColor, cell) : cell);
      left -= width + 1;
    }
    return line;
  }

  return {
    header: paint(SGR.bold, row(COLUMNS.map((column) => column.name))) + "\n",
    line(connection) {
      const texts = cells(connection, ends);
      return row(texts, STATE_COLOR.get(texts[STATE] ?? "")) + "\n";
    },
  };
}
