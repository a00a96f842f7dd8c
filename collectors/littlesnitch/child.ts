/**
 * The traffic log from a `littlesnitch log-traffic` child, which needs root and access via Terminal. One
 * that streams is started again when it dies.
 */
import type { Level, LittleSnitchOptions } from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { System } from "../../lib/system.ts";
import { Backoff } from "../../lib/child/backoff.ts";
import { withProgram } from "../../lib/child/programs.ts";
import { RunningChild } from "../../lib/child/running_child.ts";
import { LITTLESNITCH_PATHS } from "../registry.ts";
import { trafficArguments } from "./arguments.ts";
import { noHeader } from "./columns.ts";
import { isMessage, Said } from "./said.ts";
import type { TrafficReader, TrafficReaderOptions } from "./traffic_reader.ts";

const INSTALL = "install Little Snitch 5 or later, or name it with --littlesnitch PATH";

/** What {@linkcode childTraffic} needs. */
export interface ChildTrafficOptions {
  readonly system: Pick<System, "spawn" | "sleep" | "now" | "env">;
  readonly options: Pick<LittleSnitchOptions, "program" | "begin" | "end" | "stream">;
  /** Makes the reader of one child's output. */
  readonly reader: (onOther: TrafficReaderOptions["onOther"]) => TrafficReader;
  /** Tells of a child that has died. */
  readonly report: (level: Level, message: string) => void;
}

/** How one child has lived. */
interface Life {
  readonly hasHeader: boolean;
  readonly hasRows: boolean;
  /** Why it has not come to its proper end. */
  readonly failure?: ExitError;
}

/**
 * Yields the records that littlesnitch prints, to its end; with `stream`, until the signal aborts. By then
 * the child is dead and awaited.
 *
 * @throws ExitError 69 when there is no littlesnitch or it fails, 77 when it may not be run or may not
 * read the log, 65 when what it prints is not the traffic log.
 */
export async function* childTraffic(
  context: ChildTrafficOptions,
  signal: AbortSignal,
): AsyncGenerator<Connection[]> {
  const { system, options: { stream }, report } = context;
  const backoff = new Backoff();
  let { options } = context;
  let hasWorked = false;
  while (!signal.aborted) {
    const born = system.now();
    const { failure, hasHeader, hasRows } = yield* live({ ...context, options }, signal);
    if (signal.aborted) return;
    hasWorked ||= hasHeader;
    // One that has never worked will not do so by itself; nor does who is refused get leave.
    const isFinal = !stream || !hasWorked || failure?.code === EXIT.permission;
    if (failure !== undefined && isFinal) throw failure;
    if (!stream) return;
    const waitMs = backoff.next((system.now() - born) / 1000);
    const what = failure?.message ?? "littlesnitch log-traffic ended";
    report(
      "warning",
      `${what}; trying again in ${waitMs / 1000} s, and what comes until then is missed`,
    );
    await system.sleep(waitMs, signal);
    // What is past has been read.
    if (hasRows) options = withoutBegin(options);
  }
}

/** One child, from its start to its end. */
async function* live(
  { system, options, reader: newReader }: ChildTrafficOptions,
  signal: AbortSignal,
): AsyncGenerator<Connection[], Life> {
  const said = new Said();
  let first = "";
  const reader = newReader((line) => {
    if (reader.hasHeader && !isMessage(line)) return false;
    if (!reader.hasHeader) first ||= line;
    said.add(line);
    return true;
  });
  const child = await start(system, options, signal, said);
  if (child instanceof ExitError) return { hasHeader: false, hasRows: false, failure: child };
  let hasRows = false;
  try {
    for await (const chunk of child.chunks()) {
      for (const records of reader.read(chunk)) {
        hasRows = true;
        yield records;
      }
    }
    const status = await child.ended();
    const isWhole = status.code === 0 && !child.cut;
    // What was cut off by ourselves is no torn row.
    for (const records of signal.aborted ? reader.give() : reader.end(isWhole)) {
      hasRows = true;
      yield records;
    }
    const { hasHeader } = reader;
    if (isWhole && hasHeader) return { hasHeader, hasRows };
    const failure = said.refusal(status) ??
      (isWhole
        ? noHeader("what littlesnitch printed", first)
        : broken(said.describe(status), hasHeader));
    return { hasHeader, hasRows, failure };
  } finally {
    await child.stop();
  }
}

/** @param how How it ended, in words. */
function broken(how: string, hasHeader: boolean): ExitError {
  const remedy = hasHeader ? "" : ": it takes Little Snitch 5 or later, and that it runs";
  return new ExitError(EXIT.unavailable, `littlesnitch log-traffic ${how}${remedy}`);
}

/** Starts littlesnitch; or why not, where that may change. */
async function start(
  system: ChildTrafficOptions["system"],
  options: ChildTrafficOptions["options"],
  signal: AbortSignal,
  said: Said,
): Promise<RunningChild | ExitError> {
  const { program } = options;
  try {
    return await withProgram(
      program === undefined ? LITTLESNITCH_PATHS : [program],
      INSTALL,
      (path) => {
        const child = system.spawn(path, trafficArguments(options), timeZone(system));
        return new RunningChild(system, child, signal, (line) => said.add(line));
      },
    );
  } catch (error) {
    if (error instanceof ExitError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return new ExitError(EXIT.unavailable, `cannot run littlesnitch: ${reason}`);
  }
}

/** Its dates are in our time zone, so it must have the same one. */
function timeZone(system: Pick<System, "env">): Record<string, string> {
  try {
    const zone = system.env("TZ");
    return zone === undefined ? {} : { TZ: zone };
  } catch {
    // May not be asked for: then it is that of the system, as it is for nearly everybody.
    return {};
  }
}

function withoutBegin(
  { begin: _begin, ...rest }: ChildTrafficOptions["options"],
): ChildTrafficOptions["options"] {
  return rest;
}
