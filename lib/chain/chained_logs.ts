/** Finds the logs of a chain, and reads their lines in the order in which they were written. */
import { expandInputs } from "../../collectors/files/inputs.ts";
import { LineBlocks } from "../../collectors/files/line_blocks.ts";
import { LogFile } from "../../collectors/files/log_file.ts";
import { anchorNameOf } from "./anchor.ts";
import { parseLink } from "./link.ts";

const LINE_FEED = 0x0a;

/** The longest line that is read, bytes: a record takes some KiB. */
const LONGEST_LINE = 4 * 1024 * 1024;

/** A log, and where in the chain it begins. */
export interface ChainedLog {
  readonly path: string;
  /** Number of its first line of the chain; 0 where its beginning has none. */
  readonly first: number;
}

/** Logs in the order of the chain, and why others cannot be read: sentences for people. */
export interface ChainedLogs {
  readonly logs: readonly ChainedLog[];
  readonly problems: readonly string[];
}

/** A line of a log. */
export interface LogLine {
  /** Counted from 1. */
  readonly number: number;
  /** Without its line feed; valid until the next line is asked for. */
  readonly bytes: Uint8Array;
}

/** Files of a directory that may be logs. */
function logsIn(directory: string): string[] {
  const base = directory.endsWith("/") ? directory : `${directory}/`;
  return [...Deno.readDirSync(directory)]
    .filter(({ name, isDirectory }) => /^[^.].*ndjson/.test(name) && !isDirectory)
    .map(({ name }) => base + name).sort();
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/**
 * Finds the logs that operands name: files, patterns of them, and directories of segments. Each is read a
 * little, to know where it belongs.
 */
export async function findChainedLogs(operands: readonly string[]): Promise<ChainedLogs> {
  const paths = operands.flatMap((path) => isDirectory(path) ? logsIn(path) : [path]);
  const { inputs, problems } = expandInputs(paths);
  const logs: ChainedLog[] = [];
  for (const { path } of inputs) {
    try {
      using file = await LogFile.open(path);
      logs.push({ path, first: firstNumber(await file.head()) });
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  logs.sort((a, b) => a.first - b.first);
  return { logs, problems };
}

/** Number of the first line of a chain in some bytes; 0 where there is none. */
function firstNumber(bytes: Uint8Array): number {
  for (let begin = 0; begin < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, begin);
    const link = parseLink(bytes.subarray(begin, end < 0 ? bytes.length : end));
    if (link !== undefined) return link.n;
    if (end < 0) return 0;
    begin = end + 1;
  }
  return 0;
}

/** Path of the anchor of a log; undefined where there is none. */
export function anchorPathOf(log: string): string | undefined {
  const slash = log.lastIndexOf("/") + 1;
  const directory = log.slice(0, slash);
  try {
    const names = [...Deno.readDirSync(directory || ".")].map(({ name }) => name);
    const name = anchorNameOf(log.slice(slash), names);
    return name === undefined ? undefined : directory + name;
  } catch {
    return undefined;
  }
}

/**
 * Gives all lines of a log to a function, until that returns true.
 *
 * @returns Why not all could be read: a sentence. Undefined where all was, or the function has had enough.
 * @throws Error with a sentence where it cannot be opened.
 */
export async function eachLine(
  path: string,
  take: (line: LogLine) => boolean,
): Promise<string | undefined> {
  using file = await LogFile.open(path);
  const buffer = new Uint8Array(LONGEST_LINE);
  const blocks = new LineBlocks(file, buffer, { begin: 0 });
  let number = 0;
  for (let block = await blocks.next(); block !== undefined; block = await blocks.next()) {
    for (let begin = block.start; begin < block.end;) {
      const found = buffer.indexOf(LINE_FEED, begin);
      const end = found >= 0 && found < block.end ? found : block.end;
      number++;
      if (take({ number, bytes: buffer.subarray(begin, end) })) return undefined;
      begin = end + 1;
    }
  }
  if (blocks.tooLong > 0) {
    return `cannot read all of ${JSON.stringify(path)}: it has a line of more than 4 MiB`;
  }
  return file.problem;
}
