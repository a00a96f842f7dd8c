/** `hourly`: who connected to whom, hour by hour, and who most. */
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { findLogs } from "../../collectors/files/logs.ts";
import { describeInvocation } from "../cli/describe.ts";
import { print } from "../cli/print.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { Diag } from "../diag.ts";
import { EXIT } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { AnswerOutput } from "../query/answer_output.ts";
import { hourLines, HOURS } from "../query/hours.ts";
import { searchLogs, STATUS, threadsFor } from "../query/search_logs.ts";
import { Spill } from "../query/spill.ts";
import type { HoursSpec, Task } from "../query/task.ts";
import { parseSize } from "../size.ts";
import type { System } from "../system.ts";

/** Nothing but the logs themselves is asked about. */
const ALL = { to: [], from: [], host: [], filters: {} } as const;

/** Text is written in pieces of about so many characters. */
const PIECE = 65_536;

/** The smallest table that is worth having, bytes. */
const LEAST_TABLE = 512 * 1024;

/**
 * What tables and kept runs may take of `--memory`. The rest is for runs on their way: what each table holds
 * becomes a run when the table is full.
 */
const TABLE_SHARE = 1 / 6;
const KEPT_SHARE = 1 / 8;

/** Prints the answer for each span of time. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values, operands } = invocation;
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  if (values.flag("dry-run")) {
    const lines = ["hourly", ...describeInvocation(invocation).map((line) => `  ${line}`)];
    print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
    return EXIT.ok;
  }
  const memory = parseSize(values.text("memory") ?? "256M");
  const answers = await AnswerOutput.open(system.stdout, "text", {
    diag,
    context: { color: false, now: system.now() },
    isRecords: false,
    hasHeader: false,
  });
  const context = { values, system, diag, answers };
  if (values.flag("tail")) {
    const { followHours } = await import("../query/follow_hours.ts");
    const spec = hoursSpec(values, Math.max(LEAST_TABLE, memory * TABLE_SHARE));
    const patient = { ...spec, latenessUs: latenessUs(values) };
    return await followHours(operands, patient, memory * KEPT_SHARE, context);
  }
  const wanted = LOG_FORMAT_NAMES.find((name) => name === values.text("log-format"));
  const logs = await findLogs(operands.length > 0 ? operands : ["-"], {
    question: {},
    seeks: false,
    lateUs: 0,
    ...(wanted !== undefined && { format: wanted }),
  });
  const threads = threadsFor(values, logs);
  const spec = hoursSpec(values, Math.max(LEAST_TABLE, memory * TABLE_SHARE / threads));
  const task: Task = { question: ALL, answer: spec, errors: values.flag("errors") };
  using runs = Spill.open(memory * KEPT_SHARE);
  const totals = await searchLogs({
    system,
    diag,
    logs,
    task,
    threads,
    isQuiet: values.flag("quiet"),
    onRun: (run) => runs.add(run),
  });
  // What comes before this is whole: nothing that belongs there can be late any more.
  const whole = values.flag("only-complete") ? totals.latest - latenessUs(values) : Infinity;
  let text = "";
  const items = runs.merge(HOURS.decode, HOURS.compare, HOURS.combine);
  for (const line of hourLines(within(items, whole, spec.spanUs))) {
    text += line;
    if (text.length < PIECE) continue;
    answers.text(text);
    text = "";
    if (answers.closed) break;
  }
  answers.text(text);
  answers.end();
  if (answers.lost > 0) return EXIT.io;
  if (totals.isTroubled && !answers.closed) return STATUS.trouble;
  return totals.matched > 0 ? STATUS.found : STATUS.notFound;
}

/** Items of spans that end at or before a time, microseconds since the epoch. */
function* within<Item extends { readonly span: number }>(
  items: Iterable<Item>,
  time: number,
  spanUs: number,
): Generator<Item> {
  for (const item of items) if (item.span + spanUs <= time) yield item;
}

function latenessUs(values: OptionValues): number {
  return (values.duration("lateness") ?? 0) * 1000;
}

function hoursSpec(values: OptionValues, maxBytes: number): HoursSpec {
  const [to, from] = [values.text("to"), values.text("from")];
  return {
    kind: "hours",
    spanUs: (values.duration("every") ?? 0) * 1000,
    maxBytes,
    ...(to !== undefined && { to }),
    ...(from !== undefined && { from }),
  };
}
