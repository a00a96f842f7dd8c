/** Runs connscribe in every format of records and reads what it writes back with Python. */
import { Program, PYTHON, type Result, ROOT, run, type StartOptions, TempDir } from "./program.ts";
import { missing, testUnless } from "./skip.ts";

/** A test with Python, as the reader of what connscribe writes or as a terminal; skipped without. */
export function pythonTest(name: string, test: () => Promise<void>): void {
  testUnless(missing([PYTHON]), name, test);
}

/** Formats of one record a line. */
export const RECORD_FORMATS = ["text", "ndjson", "csv", "lognet"] as const;

/** One of {@linkcode RECORD_FORMATS}. */
export type RecordFormat = typeof RECORD_FORMATS[number];

/** What every format says of a record; `lognet` lacks some of it. */
export interface Row {
  readonly event?: string;
  readonly direction?: string;
  readonly protocol: string;
  readonly local: readonly [string | null, number | null];
  readonly remote: readonly [string, number | null] | null;
  readonly initiator?: string | null;
  readonly state: string | null;
  readonly name: string | null;
  readonly pid: number | null;
  readonly argv: readonly string[];
  readonly user?: string | null;
  readonly unit?: string | null;
  readonly preexisting?: boolean;
  /** Of `text`: what stands in parentheses. */
  readonly asides?: readonly string[];
  /** Of `lognet`: the process's start as psutil prints it. */
  readonly start?: string | null;
  /** Of `csv` and `ndjson`: all there is. */
  readonly whole?: Readonly<Record<string, unknown>>;
}

/** Where records went, as a report says. */
export interface ReportedCounts {
  readonly read: number;
  readonly emitted: number;
  readonly folded: number;
  readonly filtered: number;
  readonly dropped: { readonly total: number; readonly reasons: Readonly<Record<string, number>> };
  readonly degraded: { readonly total: number; readonly reasons: Readonly<Record<string, number>> };
}

/** A record about the run itself, as `ndjson` has it; each kind has some of the fields. */
export interface ReportRow {
  readonly kind: "stats" | "coverage";
  /** How many records of connections are above it. */
  readonly before: number;
  readonly whole: { readonly event: Readonly<Record<string, unknown>> };
  readonly why: string;
  readonly total: ReportedCounts;
  readonly delta: ReportedCounts;
  readonly underWay: number;
  readonly memoryBytes: number;
  readonly collectors: readonly (string | ReportedCollector)[];
}

/** What is said of a collector in a coverage record. */
export interface ReportedCollector {
  readonly name: string;
  readonly usable: boolean;
  readonly reason: string;
  readonly sees?: string;
  readonly misses: readonly string[];
  readonly remedies: readonly string[];
}

/** Reads the records about the run itself back from ndjson. Throws where they are none. */
export async function readReports(records: string): Promise<ReportRow[]> {
  const reports: ReportRow[] = JSON.parse(await pythonReading("reports", records));
  return reports;
}

/** Reads records back. `processes` is lognet's second file. Throws where they do not fit the format. */
export async function readBack(
  format: RecordFormat,
  records: string,
  processes?: string,
): Promise<Row[]> {
  const more = processes === undefined ? [] : [processes];
  const rows: Row[] = JSON.parse(await pythonReading(format, records, more));
  return rows;
}

async function pythonReading(
  format: string,
  records: string,
  more: readonly string[] = [],
): Promise<string> {
  const words = [PYTHON, "-I", `${ROOT}tests/read_back.py`, format, ...more];
  await using reader = new Program(words, { stdin: true });
  await reader.write(records).catch(() => {});
  await reader.closeInput();
  const { code, stdout, stderr } = await reader.ended();
  if (code !== 0) throw new Error(`${format} cannot be read back: ${stderr}`);
  return stdout;
}

/** A snapshot in one format. */
export interface Snapshot extends Result {
  readonly format: RecordFormat;
  readonly rows: readonly Row[];
}

/** Takes a snapshot in one format. */
export async function snapshot(
  format: RecordFormat,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<Snapshot> {
  await using directory = new TempDir();
  const processes = format === "lognet" ? `${directory.path}/processes.log` : undefined;
  const more = processes === undefined ? [] : ["--processes", processes];
  const result = await run(["snapshot", "--format", format, ...more, ...args], options);
  if (result.code !== 0) throw new Error(`snapshot ended with ${result.code}: ${result.stderr}`);
  return { ...result, format, rows: await readBack(format, result.stdout, processes) };
}

/** Takes a snapshot in every format. */
export async function snapshots(
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<Snapshot[]> {
  const all: Snapshot[] = [];
  for (const format of RECORD_FORMATS) all.push(await snapshot(format, args, options));
  return all;
}
