/** Which column of the CSV is which: by the names in its first row. */
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { CsvRow } from "./csv_row.ts";

/** Names of the columns, as Little Snitch 5 and 6 write them. */
export const COLUMN_NAMES = [
  "date",
  "direction",
  "uid",
  "ipAddress",
  "remoteHostname",
  "protocol",
  "port",
  "connectCount",
  "denyCount",
  "byteCountIn",
  "byteCountOut",
  "connectingExecutable",
  "parentAppExecutable",
] as const;

/** One of {@linkcode COLUMN_NAMES}. */
export type ColumnName = typeof COLUMN_NAMES[number];

/** Without one of these, a row tells nothing. */
const REQUIRED: readonly ColumnName[] = ["date", "direction", "ipAddress"];

/** Longest part of a wrong header that is quoted, characters. */
const QUOTED = 100;

/** Where the columns are. */
export interface Columns {
  /** Number of each column, from 0; -1 where it is missing. */
  readonly of: Readonly<Record<ColumnName, number>>;
  /** How many fields a row has. */
  readonly width: number;
  readonly missing: readonly ColumnName[];
}

/** The columns that the row names; undefined where it is no header. Of two of the same name, the first counts. */
export function columnsOf(row: CsvRow): Columns | undefined {
  const names: string[] = [];
  // A file that was edited on another system may begin with a byte order mark, which is trimmed too.
  for (let i = 0; i < row.length; i++) names.push(row.text(i).trim());
  const missing = COLUMN_NAMES.filter((name) => !names.includes(name));
  if (REQUIRED.some((name) => missing.includes(name))) return undefined;
  const at = (name: ColumnName) => names.indexOf(name);
  return {
    of: {
      date: at("date"),
      direction: at("direction"),
      uid: at("uid"),
      ipAddress: at("ipAddress"),
      remoteHostname: at("remoteHostname"),
      protocol: at("protocol"),
      port: at("port"),
      connectCount: at("connectCount"),
      denyCount: at("denyCount"),
      byteCountIn: at("byteCountIn"),
      byteCountOut: at("byteCountOut"),
      connectingExecutable: at("connectingExecutable"),
      parentAppExecutable: at("parentAppExecutable"),
    },
    width: row.length,
    missing,
  };
}

/**
 * There is no header where one was expected.
 *
 * @param source What was read, for people.
 * @param first What stands in its place; empty where there is nothing.
 */
export function noHeader(source: string, first: string): ExitError {
  const found = first === "" ? "is empty" : `begins with ${JSON.stringify(first.slice(0, QUOTED))}`;
  return new ExitError(
    EXIT.data,
    `${source} ${found}: expected the CSV of "littlesnitch log-traffic", whose first row names ` +
      `at least ${REQUIRED.map((name) => `"${name}"`).join(", ")}`,
  );
}
