/** Searches logs and says on stderr what goes wrong: what `query` and `hourly` have in common. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import type { Logs, Part } from "../../collectors/files/logs.ts";
import { MAX_THREADS } from "../cli/query_options.ts";
import type { OptionValues } from "../cli/spec.ts";
import type { Level } from "../collector.ts";
import { counted } from "../counted.ts";
import type { Diag } from "../diag.ts";
import { dropPermissions } from "../permissions.ts";
import type { System } from "../system.ts";
import { Crew } from "./crew.ts";
import { malformedText } from "./malformed.ts";
import { Progress } from "./progress.ts";
import type { PartResult, Task } from "./task.ts";
import { inputName } from "../../collectors/input_name.ts";

/** Exit statuses of grep(1). */
export const STATUS = { found: 0, notFound: 1, trouble: 2 } as const;

/** With less than this, other threads come too late to help. */
const WORTH_THREADS = 48 * 1024 * 1024;

/** What is searched, and how. */
export interface SearchOptions {
  readonly system: System;
  readonly diag: Diag;
  readonly logs: Logs;
  readonly task: Task;
  readonly threads: number;
  readonly isQuiet: boolean;
  /** Takes whole lines of UTF-8, in their order. Returns whether anybody wants more. */
  readonly onLines?: (lines: Uint8Array) => boolean;
  /** Takes sorted runs, in any order. */
  readonly onRun?: (run: Uint8Array<ArrayBuffer>) => void;
}

/** What a search has come to. */
export interface SearchTotals {
  matched: number;
  malformed: number;
  tooLong: number;
  /** Records that the format of the answer cannot tell of. */
  untold: number;
  /** Whether not all could be read. */
  isTroubled: boolean;
  /** The latest time that was counted by hours, microseconds since the epoch. */
  latest: number;
}

/** How many threads search. */
export function threadsFor(values: OptionValues, { bytes, parts }: Logs): number {
  const cores = Number(values.text("threads") ?? navigator.hardwareConcurrency);
  const isWorth = bytes >= WORTH_THREADS || values.given("threads");
  return isWorth ? Math.max(1, Math.min(cores, parts.length, MAX_THREADS)) : 1;
}

/**
 * Searches all parts. Gives up all permissions but to read. Closes the logs that are kept open.
 *
 * @throws ExitError where a thread fails.
 */
export async function searchLogs(options: SearchOptions): Promise<SearchTotals> {
  const { system, diag, logs, task, threads, isQuiet } = options;
  const { parts, kept, bytes, problems } = logs;
  const totals = {
    matched: 0,
    malformed: 0,
    tooLong: 0,
    untold: 0,
    isTroubled: problems.length > 0,
    latest: 0,
  };
  const progress = new Progress(system, bytes, isQuiet);
  function say(level: Level, message: string): void {
    progress.clear();
    diag.say(level, message);
  }
  for (const problem of problems) say("error", problem);
  const told = new Set<string>();
  function onResult(part: Part, result: PartResult): void {
    totals.matched += result.matched;
    totals.malformed += result.malformed;
    totals.tooLong += result.tooLong;
    totals.latest = Math.max(totals.latest, result.latest ?? 0);
    totals.untold += result.untold;
    for (const { at, text } of result.errors) {
      say("warning", malformedText(inputName(part.path), at, text));
    }
    const hidden = result.malformed - result.errors.length;
    if (task.errors && hidden > 0) say("warning", `and ${hidden} more in ${inputName(part.path)}`);
    if (result.problem !== undefined) {
      totals.isTroubled = true;
      // Of each part of a log it may be the same.
      if (!told.has(result.problem)) say("error", result.problem);
      told.add(result.problem);
    }
  }
  using crew: Crew = new Crew({
    task,
    parts,
    kept,
    threads,
    onLines(lines) {
      // They may go to the same terminal, as may what is said of them.
      progress.clear();
      if (options.onLines?.(lines) === false) crew.stop();
    },
    ...(progress.isShown && { onRead: (bytes: number) => progress.add(bytes) }),
    onResult,
    onRun: (run) => options.onRun?.(run),
  });
  await dropPermissions(["read"]);
  try {
    await crew.run();
  } finally {
    progress.clear();
    closeAll(kept.values());
  }
  const { matched, malformed, tooLong, untold } = totals;
  if (untold > 0 && task.answer.kind === "lines") {
    diag.say(
      "warning",
      `${counted(untold, "record")} cannot be told in the format ${task.answer.format}`,
    );
  }
  diag.say(
    malformed + tooLong > 0 ? "warning" : "debug",
    `${counted(matched, "record")} found; ${
      counted(malformed, "line")
    } malformed, ${tooLong} too long` +
      (malformed > 0 && !task.errors ? " (--errors shows them)" : ""),
  );
  return totals;
}

function closeAll(files: Iterable<LogFile>): void {
  for (const file of files) file[Symbol.dispose]();
}
