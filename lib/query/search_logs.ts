/** Searches logs and says on stderr what goes wrong: what `query` and `hourly` have in common. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import { nameOf } from "../../collectors/files/log_file.ts";
import type { Logs, Part } from "../../collectors/files/logs.ts";
import type { OptionValues } from "../cli/spec.ts";
import type { Diag } from "../diag.ts";
import { dropPermissions } from "../permissions.ts";
import type { System } from "../system.ts";
import { Crew } from "./crew.ts";
import { Progress } from "./progress.ts";
import type { PartResult, Task } from "./task.ts";

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
  /** Whether not all could be read. */
  isTroubled: boolean;
  /** The latest time that was counted by hours, microseconds since the epoch. */
  latest: number;
}

/** How many threads search. */
export function threadsFor(values: OptionValues, { bytes, parts }: Logs): number {
  const cores = Number(values.text("threads") ?? navigator.hardwareConcurrency);
  const isWorth = bytes >= WORTH_THREADS || values.given("threads");
  return isWorth ? Math.max(1, Math.min(cores, parts.length)) : 1;
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
    isTroubled: problems.length > 0,
    latest: 0,
  };
  for (const problem of problems) diag.say("error", problem);
  const progress = new Progress(system, bytes, isQuiet);
  function onResult(part: Part, result: PartResult): void {
    totals.matched += result.matched;
    totals.malformed += result.malformed;
    totals.tooLong += result.tooLong;
    totals.latest = Math.max(totals.latest, result.latest ?? 0);
    progress.add(result.bytes);
    for (const { at, text } of result.errors) {
      diag.say(
        "warning",
        `${nameOf(part.path)} at byte ${at} is malformed: ${JSON.stringify(text)}`,
      );
    }
    if (result.problem !== undefined) {
      totals.isTroubled = true;
      diag.say("error", result.problem);
    }
  }
  using crew = new Crew({
    task,
    parts,
    kept,
    threads,
    onLines: (lines) => options.onLines?.(lines) === false && crew.stop(),
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
  const { matched, malformed, tooLong } = totals;
  diag.say(
    malformed + tooLong > 0 ? "warning" : "debug",
    `${matched} records found; ${malformed} lines malformed, ${tooLong} too long` +
      (malformed > 0 && !task.errors ? " (--errors shows them)" : ""),
  );
  return totals;
}

function closeAll(files: Iterable<LogFile>): void {
  for (const file of files) file[Symbol.dispose]();
}
