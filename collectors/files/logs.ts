/** Finds what is to be read: logs, their formats, and the parts of them that a question is about. */
import { detectFormat, logFormat } from "./formats.ts";
import { headerAt } from "./header_at.ts";
import { headLines } from "./head_lines.ts";
import { expandInputs } from "./inputs.ts";
import type { LogRange } from "./line_blocks.ts";
import { HEAD_BYTES, LogFile } from "./log_file.ts";
import { LOG_FORMAT_NAMES, type LogFormat, type LogFormatName } from "./log_format.ts";
import { seekRange } from "./seek.ts";
import { inputName } from "../input_name.ts";

/** Bytes of a part of a large log. */
const PART_BYTES = 16 * 1024 * 1024;

/** A part of a log: all lines that begin in it. */
export interface Part {
  readonly path: string;
  readonly format: LogFormatName;
  /**
   * What the headers of the log say where it begins, as a `Header` has it; where it is not the first part of
   * its log, they may say something else by then.
   */
  readonly head: readonly string[];
  /** Bytes from the beginning of the log; absent where it can only be read as a whole. */
  readonly range?: LogRange;
  /** Which file it was when it was found, see `LogFile`, and its size: to know it again. */
  readonly identity: string | undefined;
  readonly size: number;
}

/** What is asked about the logs themselves. */
export interface LogsOptions {
  /** Their format; absent: by their first lines. */
  readonly format?: LogFormatName;
  /** Half open range of time, microseconds since the epoch. */
  readonly question: { readonly since?: number; readonly until?: number };
  /** How late lines may be, microseconds. */
  readonly lateUs: number;
  /** Whether logs are searched for the range of time. */
  readonly seeks: boolean;
  /** Size of the parts of a large log. Absent: 16 MiB. */
  readonly partBytes?: number;
}

/** What there is to read. */
export interface Logs {
  /** In the order of the logs' first times. */
  readonly parts: readonly Part[];
  /** What can be opened only once, and is open. */
  readonly kept: ReadonlyMap<string, LogFile>;
  /** Bytes of all parts, as far as that is known. */
  readonly bytes: number;
  /** Why others cannot be read: sentences for people. */
  readonly problems: readonly string[];
  /** How many of those can be read, and are of no known format. */
  readonly unknown: number;
}

/** That a log is of no known format. */
class UnknownFormat extends Error {}

/** A log whose format is known. */
interface KnownLog {
  readonly file: LogFile;
  readonly format: LogFormat;
  readonly head: readonly string[];
  /** When its first line was written. */
  readonly first: number;
}

/** @throws Error with a sentence where the log is of no known format, or breaks off before its first line. */
async function know(
  file: LogFile,
  wanted: LogFormatName | undefined,
): Promise<KnownLog | undefined> {
  const bytes = await file.head();
  const head = headLines(bytes);
  if (head.length === 0 && file.problem !== undefined) throw new Error(file.problem);
  if (head.length === 0 && wanted === undefined && bytes.includes(0)) {
    throw new Error(
      `cannot read ${
        inputName(file.path)
      }: it is no text: if it is a log, name its format with --log-format`,
    );
  }
  if (head.length === 0 && bytes.length < HEAD_BYTES && !bytes.includes(0)) return undefined;
  const format = await (wanted === undefined ? detectFormat(head) : logFormat(wanted));
  if (format === undefined) {
    if (file.problem !== undefined) throw new Error(file.problem);
    throw new UnknownFormat(
      `cannot tell the format of ${inputName(file.path)}: name it with --log-format, one of ${
        LOG_FORMAT_NAMES.join(", ")
      }`,
    );
  }
  const times = head.map((line) => format.written(line)).filter((time) => time !== undefined);
  return { file, format, head, first: times[0] ?? Infinity };
}

async function partsOf(
  log: KnownLog,
  { question, lateUs, seeks, partBytes = PART_BYTES }: LogsOptions,
): Promise<Part[]> {
  const { file, format, head } = log;
  const { path, identity, size } = file;
  const part = { path, format: format.name, identity, size };
  if (!file.seekable || !format.seekable) {
    return [{ ...part, head: await headerAt(file, format, head, 0) }];
  }
  const { begin, end } = seeks
    ? seekRange(file, format, { ...question, lateUs })
    : { begin: 0, end: file.size };
  const holding = await headerAt(file, format, head, begin);
  const parts: Part[] = [];
  for (let at = begin; at < end; at += partBytes) {
    parts.push({
      ...part,
      head: holding,
      range: { begin: at, end: Math.min(at + partBytes, end) },
    });
  }
  return parts;
}

/** Whether a file can be opened only by a thread that may do everything: so Deno has it. */
function isGuarded(path: string): boolean {
  return path.startsWith("/dev/") || path.startsWith("/proc/");
}

/**
 * Opens the logs that operands name. Whoever calls closes those that are kept. What is added to a log from
 * here on is not read.
 */
export async function findLogs(operands: readonly string[], options: LogsOptions): Promise<Logs> {
  const { inputs, problems } = expandInputs(operands);
  const known: {
    readonly log: Omit<KnownLog, "file">;
    path: string;
    parts: Part[];
    size: number;
  }[] = [];
  let unknown = 0;
  const kept = new Map<string, LogFile>();
  for (const { path } of inputs) {
    let file: LogFile | undefined;
    try {
      file = await LogFile.open(path);
      const log = await know(file, options.format);
      if (log === undefined) continue;
      known.push({ log, path, parts: await partsOf(log, options), size: file.size });
      if (file.size === 0 || isGuarded(path)) kept.set(path, file);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.push(error.message);
      if (error instanceof UnknownFormat) unknown++;
    } finally {
      if (!kept.has(path)) file?.[Symbol.dispose]();
    }
  }
  known.sort((a, b) => a.log.first - b.log.first || (a.path < b.path ? -1 : 1));
  let bytes = 0;
  for (const { parts, size } of known) {
    for (const { range } of parts) {
      bytes += range === undefined ? size : range.end - range.begin;
    }
  }
  return { parts: known.flatMap(({ parts }) => parts), kept, bytes, problems, unknown };
}

/**
 * Opens the log of a part anew.
 *
 * @throws Error with a sentence where it cannot be read, or is not what was found.
 */
export async function openLogOf({ path, identity, size }: Part): Promise<LogFile> {
  const file = await LogFile.open(path);
  if (file.identity === identity && file.size >= size) return file;
  file[Symbol.dispose]();
  throw new Error(`${inputName(path)} was replaced while it was read`);
}
