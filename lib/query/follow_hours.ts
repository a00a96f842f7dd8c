/** `hourly --tail`: opens the log, follows it until a signal comes, and says what was wrong. */
import type { ByteSource } from "../../collectors/files/byte_source.ts";
import { LogFile } from "../../collectors/files/log_file.ts";
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { Tail } from "../../collectors/files/tail.ts";
import type { OptionValues } from "../cli/spec.ts";
import { StopSignal } from "../commands/stop_signal.ts";
import { counted } from "../counted.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { dropPermissions } from "../permissions.ts";
import type { System } from "../system.ts";
import type { AnswerOutput } from "./answer_output.ts";
import { HoursFollower } from "./hours_follower.ts";
import { OpenSpans } from "./open_spans.ts";
import { STATUS } from "./search_logs.ts";
import type { HoursSpec } from "./task.ts";
import { inputName } from "../../collectors/input_name.ts";

/** Where the answer goes, and what tells how. */
export interface FollowContext {
  readonly values: OptionValues;
  readonly system: System;
  readonly diag: Diag;
  readonly answers: AnswerOutput;
}

/** A log that is open: a file that is followed, or standard input, which is read to its end. */
type Log = ByteSource & Disposable;

/** A log that has ended before it began. */
const NOTHING: Log = { read: () => 0, [Symbol.dispose]() {} };

/** Gives up waiting when the signal aborts. `Promise.race` would keep all results until then. */
class Interruption {
  #giveUp: (() => void) | undefined;
  /** Whether the signal has aborted. */
  isOver = false;

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => {
      this.isOver = true;
      this.#giveUp?.();
    }, { once: true });
  }

  /** What is waited for; undefined where it is given up. One at a time. */
  of<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(undefined);
      if (this.isOver) this.#giveUp();
      promise.then(resolve, reject);
    });
  }
}

/** Standard input, which ends when it is interrupted. */
class Interruptible implements Log {
  readonly #log: LogFile;
  readonly #interruption: Interruption;

  constructor(log: LogFile, interruption: Interruption) {
    this.#log = log;
    this.#interruption = interruption;
  }

  get problem(): string | undefined {
    // Then the last line may be torn.
    return this.#log.problem ?? (this.#interruption.isOver ? "it was interrupted" : undefined);
  }

  read(into: Uint8Array): number | Promise<number> {
    const reading = this.#log.read(into);
    return typeof reading === "number" ? reading : this.#waited(reading);
  }

  async #waited(reading: Promise<number>): Promise<number> {
    return await this.#interruption.of(reading) ?? 0;
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

/** Whether nothing stands at a path. */
async function isMissing(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return false;
  } catch (error) {
    // Any other reason is said when it is opened.
    return error instanceof Deno.errors.NotFound;
  }
}

/**
 * Opens a log; waits for the first bytes of standard input.
 *
 * @throws Error with a sentence where it cannot be read.
 */
async function openLog(
  path: string,
  signal: AbortSignal,
  { system, diag }: Pick<FollowContext, "system" | "diag">,
): Promise<Log> {
  if (path === "-") {
    // It waits for the first bytes, which may never come.
    const interruption = new Interruption(signal);
    const log = await interruption.of(LogFile.open(path));
    return log === undefined ? NOTHING : new Interruptible(log, interruption);
  }
  if (await isMissing(path)) {
    diag.say("notice", `${inputName(path)} is not there yet: waiting for it`);
  }
  return new Tail(path, { signal, sleep: system.sleep });
}

/**
 * Follows the log that is named, and prints each span of time when the log has passed it by `latenessUs` of
 * the spec; at the end, which is a signal or that of standard input, the others. Gives up all permissions but
 * to read.
 *
 * @param runBytes Runs that are kept in memory.
 * @returns The exit status.
 * @throws ExitError 64 where not one log is named; 74 where there is more than fits into memory and on disk.
 */
export async function followHours(
  operands: readonly string[],
  spec: HoursSpec,
  runBytes: number,
  context: FollowContext,
): Promise<number> {
  const { values, system, diag, answers } = context;
  const [path, ...others] = operands;
  if (path === undefined || others.length > 0) {
    throw new ExitError(EXIT.usage, "--tail follows one FILE: name one, or - for standard input");
  }
  using spans = OpenSpans.open(runBytes);
  using stop = new StopSignal(system);
  await dropPermissions(["read"]);
  const format = LOG_FORMAT_NAMES.find((name) => name === values.text("log-format"));
  const follower = new HoursFollower({
    ...{ path, spec, spans, diag, answers, errors: values.flag("errors") },
    ...(format !== undefined && { format }),
  });
  const { signal } = stop;
  let problem: string | undefined;
  try {
    using log = await openLog(path, signal, context);
    await follower.follow(log);
    problem = log.problem;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ExitError) throw error;
    problem = error.message;
  }
  if (!values.flag("only-complete") && !answers.closed) follower.print(Infinity);
  answers.end();
  const isTroubled = problem !== undefined && !signal.aborted;
  if (isTroubled) diag.say("error", problem ?? "");
  report(follower, diag, values.flag("errors"));
  const status = statusOf(follower, answers, isTroubled);
  // A read of standard input that waits cannot be called back, and would keep the program from ending.
  if (path === "-" && signal.aborted) Deno.exit(status);
  return status;
}

function statusOf(follower: HoursFollower, answers: AnswerOutput, isTroubled: boolean): number {
  if (answers.lost > 0) return EXIT.io;
  if (isTroubled && !answers.closed) return STATUS.trouble;
  return follower.counted > 0 ? STATUS.found : STATUS.notFound;
}

function report(
  { counted: found, malformed, tooLong, late }: HoursFollower,
  diag: Diag,
  errors: boolean,
) {
  if (late > 0) {
    diag.say("warning", `${late} lines came later than --lateness allows: they are not counted`);
  }
  diag.say(
    malformed + tooLong > 0 ? "warning" : "debug",
    `${counted(found, "record")} found; ${
      counted(malformed, "line")
    } malformed, ${tooLong} too long` +
      (malformed > 0 && !errors ? " (--errors shows them)" : ""),
  );
}
