/** `query`: answers from logs. */
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { describeInvocation } from "../cli/describe.ts";
import { FILTER_OPTIONS } from "../cli/filter_options.ts";
import { print } from "../cli/print.ts";
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { nameOf } from "../../collectors/files/log_file.ts";
import { findLogs, type Logs, type Part } from "../../collectors/files/logs.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { dropPermissions } from "../permissions.ts";
import { AnswerOutput } from "../query/answer_output.ts";
import { Crew } from "../query/crew.ts";
import { parseMoment } from "../query/moment.ts";
import { Progress } from "../query/progress.ts";
import type { Question } from "../query/question.ts";
import { firstSeen, most } from "../query/ranking.ts";
import { Spill } from "../query/spill.ts";
import type { AnswerSpec, PartResult } from "../query/task.ts";
import { parseSize } from "../size.ts";
import type { System } from "../system.ts";
import { chosenFormat, formatContext } from "./outputs.ts";
import { openForAppending } from "../sinks/open_file.ts";
import { refuse } from "./refuse.ts";

/** Exit statuses of grep(1). */
const FOUND = 0;
const NOT_FOUND = 1;
const TROUBLE = 2;

/** With less than this, other threads come too late to help. */
const WORTH_THREADS = 48 * 1024 * 1024;

/** What the options ask. @throws ExitError 64 when times do not go together. */
function questionOf(values: OptionValues, now: number): Question {
  const moment = (name: string) => {
    const text = values.text(name);
    return text === undefined ? undefined : parseMoment(text, now);
  };
  const [since, until] = [moment("since"), moment("until")];
  if (since !== undefined && until !== undefined && since >= until) {
    throw new ExitError(EXIT.usage, "--since is not before --until: there is no time between them");
  }
  const filters = FILTER_OPTIONS.map(({ name, type }) =>
    [name, type === "flag" ? (values.flag(name) ? [""] : []) : values.texts(name)] as const
  );
  return {
    to: values.texts("to"),
    from: values.texts("from"),
    host: values.texts("host"),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    filters: Object.fromEntries(filters),
  };
}

/** @throws ExitError 64 when options do not go together. */
function checkAnswer(values: OptionValues): void {
  const kinds = ["unique", "count", "top"].filter((name) => values.given(name));
  if (kinds.length > 1) {
    throw new ExitError(EXIT.usage, `"--${kinds[0]}" does not go with "--${kinds[1]}"`);
  }
  if (!values.given("top")) refuse(values, ["by"], 'goes with "--top" only');
}

/** Answers a question. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values, operands } = invocation;
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  checkAnswer(values);
  const question = questionOf(values, system.now());
  if (values.flag("dry-run")) {
    const lines = ["query", ...describeInvocation(invocation).map((line) => `  ${line}`)];
    print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
    return EXIT.ok;
  }
  const path = values.text("out");
  const output = path === undefined ? system.stdout : openForAppending(system, path);
  const format = chosenFormat(values, "text");
  const context = formatContext(values, output, system);
  const wanted = LOG_FORMAT_NAMES.find((name) => name === values.text("log-format"));
  const logs = await findLogs(operands.length > 0 ? operands : ["-"], {
    question,
    seeks: !values.flag("no-seek"),
    lateUs: (values.duration("lateness") ?? 0) * 1000,
    ...(wanted !== undefined && { format: wanted }),
  });
  const memory = parseSize(values.text("memory") ?? "256M");
  const threads = threadsFor(values, logs);
  const answer: AnswerSpec = values.given("unique") || values.given("top")
    ? {
      kind: "names",
      by: values.flag("unique") ? "unique" : values.text("by") ?? "host",
      maxBytes: memory / 2 / threads,
    }
    : values.flag("count")
    ? { kind: "count" }
    : { kind: "lines", format, context };
  const answers = await AnswerOutput.open(output, answer.kind === "count" ? "text" : format, {
    diag,
    context,
    isRecords: answer.kind === "lines",
    hasHeader: !values.flag("no-header"),
    ...(path !== undefined && { path }),
  });
  return await search({ values, system, diag, logs, answer, answers, question, memory, threads });
}

function threadsFor(values: OptionValues, { bytes, parts }: Logs): number {
  const cores = Number(values.text("threads") ?? navigator.hardwareConcurrency);
  const isWorth = bytes >= WORTH_THREADS || values.given("threads");
  return isWorth ? Math.max(1, Math.min(cores, parts.length)) : 1;
}

/** What a search needs. */
interface Search {
  readonly values: OptionValues;
  readonly system: System;
  readonly diag: Diag;
  readonly logs: Logs;
  readonly answer: AnswerSpec;
  readonly answers: AnswerOutput;
  readonly question: Question;
  readonly memory: number;
  readonly threads: number;
}

async function search(
  { values, system, diag, logs, answer, answers, question, memory, threads }: Search,
): Promise<number> {
  const { parts, kept, bytes, problems } = logs;
  const isNames = answer.kind === "names";
  using runs = Spill.open(isNames ? memory / 4 : 0, isNames);
  using ordered = Spill.open(isNames ? memory / 4 : 0, isNames);
  let isTroubled = problems.length > 0;
  for (const problem of problems) diag.say("error", problem);
  let matched = 0;
  let malformed = 0;
  let tooLong = 0;
  const progress = new Progress(system, bytes, values.flag("quiet"));
  function onResult(part: Part, result: PartResult): void {
    matched += result.matched;
    malformed += result.malformed;
    tooLong += result.tooLong;
    progress.add(result.bytes);
    for (const { at, text } of result.errors) {
      diag.say("warning", `${nameOf(part.path)} at byte ${at} is malformed: ${JSON.stringify(text)}`);
    }
    if (result.problem !== undefined) {
      isTroubled = true;
      diag.say("error", result.problem);
    }
  }
  function onLines(lines: Uint8Array): void {
    answers.write(lines);
    if (answers.closed) crew.stop();
  }
  using crew = new Crew({
    task: { question, answer, errors: values.flag("errors") },
    parts,
    kept,
    threads,
    onLines,
    onResult,
    onRun: (run) => runs.add(run),
  });
  await dropPermissions(["read"]);
  try {
    await crew.run();
  } finally {
    progress.clear();
    for (const file of kept.values()) file[Symbol.dispose]();
  }
  if (answer.kind === "count") answers.text(`${matched}\n`);
  if (values.given("top")) answers.names(most(runs, Number(values.text("top"))), true);
  if (values.flag("unique")) answers.names(firstSeen(runs, ordered), false);
  answers.end();
  diag.say(
    malformed + tooLong > 0 ? "warning" : "debug",
    `${matched} records found; ${malformed} lines malformed, ${tooLong} too long` +
      (malformed > 0 && !values.flag("errors") ? " (--errors shows them)" : ""),
  );
  if (answers.lost > 0) return EXIT.io;
  return isTroubled && !answers.closed ? TROUBLE : matched > 0 ? FOUND : NOT_FOUND;
}
