/** `query`: answers from logs. */
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { describeInvocation } from "../cli/describe.ts";
import { FILTER_OPTIONS } from "../cli/filter_options.ts";
import { print } from "../cli/print.ts";
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { findLogs, type Logs } from "../../collectors/files/logs.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { AnswerOutput, checkNameFormat } from "../query/answer_output.ts";
import { checkOwnOutput } from "../query/own_output.ts";
import type { Question } from "../query/question.ts";
import { firstSeen, most } from "../query/ranking.ts";
import { searchLogs, STATUS, threadsFor } from "../query/search_logs.ts";
import { Spill } from "../query/spill.ts";
import type { AnswerSpec } from "../query/task.ts";
import { parseSize } from "../size.ts";
import type { FormatName } from "../formats/names.ts";
import type { System } from "../system.ts";
import { chosenFormat, formatContext } from "./chosen_format.ts";
import { openForAppending } from "../sinks/open_file.ts";
import { refuse } from "./refuse.ts";
import { askedSpan } from "./time_span.ts";

/** What the options ask. @throws ExitError 64 when times do not go together. */
function questionOf(values: OptionValues, now: number): Question {
  const filters = FILTER_OPTIONS.map(({ name, type }) =>
    [name, type === "flag" ? (values.flag(name) ? [""] : []) : values.texts(name)] as const
  );
  return {
    to: values.texts("to"),
    from: values.texts("from"),
    host: values.texts("host"),
    ...askedSpan(values, now),
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
  if (values.given("count")) {
    refuse(values, ["format", "template"], 'does not go with "--count": that is a bare number');
  }
}

/** @throws ExitError 64 where the format tells only of what was summed up. */
function checkRecordFormat(format: FormatName): void {
  if (format !== "littlesnitch-stats") return;
  throw new ExitError(
    EXIT.usage,
    `"--format ${format}" tells of sums and of when they were made: use "connscribe export --input LOG --format ${format}"`,
  );
}

/** Answers a question. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values, operands } = invocation;
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  checkAnswer(values);
  const format = chosenFormat(values, "text");
  const isNames = values.given("unique") || values.given("top");
  if (isNames) checkNameFormat(format);
  checkRecordFormat(format);
  const question = questionOf(values, system.now());
  if (values.flag("dry-run")) {
    const lines = ["query", ...describeInvocation(invocation).map((line) => `  ${line}`)];
    print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
    return EXIT.ok;
  }
  const path = values.text("out");
  const output = path === undefined ? system.stdout : openForAppending(system, path);
  const context = formatContext(values, output, system);
  const wanted = LOG_FORMAT_NAMES.find((name) => name === values.text("log-format"));
  const logs = await findLogs(operands.length > 0 ? operands : ["-"], {
    question,
    seeks: !values.flag("no-seek"),
    lateUs: (values.duration("lateness") ?? 0) * 1000,
    ...(wanted !== undefined && { format: wanted }),
  });
  checkOwnOutput(logs, path);
  const memory = parseSize(values.text("memory") ?? "256M");
  const threads = threadsFor(values, logs);
  const answer: AnswerSpec = isNames
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
  const isNames = answer.kind === "names";
  using runs = Spill.open(isNames ? memory / 4 : 0, isNames);
  using ordered = Spill.open(isNames ? memory / 4 : 0, isNames);
  let isFound = false;
  const { matched, isTroubled } = await searchLogs({
    system,
    diag,
    logs,
    task: { question, answer, errors: values.flag("errors") },
    threads,
    isQuiet: values.flag("quiet"),
    onLines(lines) {
      isFound = true;
      answers.write(lines);
      return !answers.closed;
    },
    onRun: (run) => runs.add(run),
  });
  if (answer.kind === "count") answers.text(`${matched}\n`);
  if (values.given("top")) answers.names(most(runs, ordered, Number(values.text("top"))), true);
  if (values.flag("unique")) answers.names(firstSeen(runs, ordered), false);
  answers.end();
  if (answers.lost > 0) return EXIT.io;
  if (isTroubled && !answers.closed) return STATUS.trouble;
  return isFound || matched > 0 ? STATUS.found : STATUS.notFound;
}
