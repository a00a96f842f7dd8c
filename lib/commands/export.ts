/** `export`: connections as statistics, for a SIEM. */
import type { CollectorRow } from "../../collectors/registry.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { System } from "../system.ts";
import type { TimeSpan } from "../windows/windows.ts";
import { statusOf } from "../open_files.ts";
import { formatName } from "./chosen_format.ts";
import { collectorPlace, logFormatOf } from "./options.ts";
import { outSpecs } from "./outputs.ts";
import { type Prepared, runCollector, type RunMode } from "./run.ts";
import { refuse } from "./refuse.ts";
import { namesOf } from "./same_file.ts";
import { namedRows } from "./sources.ts";
import {
  connectionsStage,
  type FoldMode,
  foldStage,
  judgement,
  sayOverflow,
  type StageContext,
} from "./stages.ts";

/** The format if no other is asked for. It tells of no ids. */
const USUAL_FORMAT = "littlesnitch-stats";

/** Length of windows if no other is asked for; of one look at the past, it is the whole of it. */
const WINDOW_MS = 300_000;

/** How far logs are out of order by their nature, besides --lateness: Zeek writes of what has ended. */
const MOST_DISORDER_MS = 3_660_000;

/** Runs until all that is asked for is summed up; what happens now, until a signal or `--for`. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values } = invocation;
  const from = await sourceOf(values);
  const [row] = namedRows(from, collectorPlace(values));
  const source = { from, name: row?.name ?? from, isPast: isOfPast(row) && !values.flag("stream") };
  const { isPast } = source;
  checkOptions(values, source.name);
  const path = seriesPath(values, isPast);
  if (path !== undefined && !values.flag("dry-run")) {
    return await runSeries(invocation, system, path, source);
  }
  const isAll = values.text("input") !== undefined && !values.given("minutes");
  const now = system.now();
  const span = isPast && !isAll
    ? { start: now - Number(values.text("minutes")) * 60e6, end: now }
    : undefined;
  const amountsOnly = !tellsIds(values);
  const fold: FoldMode = isPast
    ? { clock: "records", ...(span && { span }), ...settling(values, source), amountsOnly }
    : { clock: "host", windowMs: WINDOW_MS, amountsOnly };
  const forMs = values.duration("for");
  const statsMs = values.flag("no-reports") || isPast ? undefined : values.duration("stats");
  try {
    return await runCollector(invocation, system, {
      ...modeOf(invocation, source, fold, span),
      ...(forMs !== undefined && { forMs }),
      ...(statsMs !== undefined && { statsMs }),
    });
  } catch (error) {
    if (!(error instanceof ExitError) || error.code !== EXIT.data || !isGuessed(values)) {
      throw error;
    }
    const remedy = "name the format of another log with --log-format";
    throw new ExitError(error.code, `${error.message}; ${remedy}`);
  }
}

/** Whether standard input is taken to be what Little Snitch has printed, though nobody has said so. */
function isGuessed(values: OptionValues): boolean {
  const inputs = values.texts("input");
  return inputs.length === 1 && inputs[0] === "-" && values.text("from") === "auto" &&
    values.text("log-format") === undefined;
}

/** Sums up the windows that have ended since the run before. */
async function runSeries(
  invocation: Invocation,
  system: System,
  path: string,
  source: ExportSource,
): Promise<number> {
  const { values } = invocation;
  const { Series } = await import("./series.ts");
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  const windowMs = values.duration("window") ?? WINDOW_MS;
  const key = `${source.name} ${values.texts("input").join(" ")}`;
  const settleMs = await settleMsOf(values, source);
  using series = Series.open(values, system, diag, { path, key, windowMs, settleMs });
  const { span } = series;
  if (span === undefined) return EXIT.ok;
  const amountsOnly = !tellsIds(values);
  const fold: FoldMode = { clock: "records", windowMs, ...settling(values, source), amountsOnly };
  return await runCollector(invocation, system, {
    ...modeOf(invocation, source, fold, span),
    series,
  });
}

/** What is summed up. */
interface ExportSource {
  /** As `--from` takes it, and what that comes to. */
  readonly from: string;
  readonly name: string;
  /** Whether it is what has been. */
  readonly isPast: boolean;
}

/** Whether a collector tells of what has been. */
function isOfPast(row: CollectorRow | undefined): boolean {
  return row?.readsInput === true;
}

/** What `--from` says; of an input, where it says nothing, what its first lines say. */
async function sourceOf(values: OptionValues): Promise<string> {
  const from = values.text("from") ?? "auto";
  const inputs = values.texts("input");
  const [input] = inputs;
  if (from !== "auto" || input === undefined) return from;
  const format = values.text("log-format");
  if (inputs.length > 1 || (format !== undefined && format !== "littlesnitch")) return "files";
  if (input === "-" || format !== undefined) return "littlesnitch";
  const { isTrafficLog } = await import("../../collectors/files/traffic_log.ts");
  return await isTrafficLog(input) ? "littlesnitch" : "files";
}

/** How long after its end a window is complete: if nobody says so, when lines in disorder have come, too. */
async function settleMsOf(values: OptionValues, { name }: ExportSource): Promise<number> {
  const settleMs = values.duration("settle") ?? 0;
  if (values.given("settle") || name !== "files") return settleMs;
  const { format } = logFormatOf(values);
  const { disorderOf, disorderOfFormat } = await import("../../collectors/files/traffic_log.ts");
  const disorders = await Promise.all(
    format === undefined ? inputsOf(values).map(disorderOf) : [disorderOfFormat(format)],
  );
  const disorderMs = Math.max(0, ...disorders) / 1000;
  if (disorderMs === 0) return settleMs;
  return Math.max(settleMs, disorderMs + (values.duration("lateness") ?? 0));
}

function inputsOf(values: OptionValues): readonly string[] {
  return collectorPlace(values).files?.inputs ?? [];
}

/** Times of other logs are in no strict order, and several logs may tell of the same time. */
function settling(values: OptionValues, { name }: ExportSource): { settleMs?: number } {
  if (name !== "files") return {};
  if (inputsOf(values).length !== 1) return { settleMs: Infinity };
  return { settleMs: (values.duration("lateness") ?? 0) + MOST_DISORDER_MS };
}

function modeOf(
  invocation: Invocation,
  source: ExportSource,
  fold: FoldMode,
  span: TimeSpan | undefined,
): RunMode {
  const windowMs = invocation.values.duration("window") ?? fold.windowMs ?? 0;
  return {
    once: false,
    from: source.from,
    isPast: source.isPast,
    foldUs: windowMs * 1000,
    amountsOnly: fold.amountsOnly ?? false,
    format: USUAL_FORMAT,
    ...(span !== undefined && { span: { begin: span.start, end: span.end } }),
    prepare: (context) => prepare(invocation, context, source, fold),
  };
}

async function prepare(
  { values }: Invocation,
  context: StageContext,
  { name }: ExportSource,
  fold: FoldMode,
): Promise<Prepared> {
  const isMac = name === "littlesnitch" || Deno.build.os === "darwin";
  const judged = await judgement(values, context, isMac ? "macos" : "linux");
  const stages = [connectionsStage(context.ledger)];
  if (judged !== undefined) stages.push(judged.stage);
  stages.push(foldStage(values, context, fold));
  const atEnd = () => {
    sayOverflow(context);
    judged?.explain();
  };
  return { stages, atEnd };
}

/**
 * The state of the series that the run is of; undefined where it is of none. That of a configuration file
 * gives way to what the command line asks for.
 *
 * @throws ExitError 64 when options do not go together.
 */
function seriesPath(values: OptionValues, isPast: boolean): string | undefined {
  if (!isPast) {
    refuse(
      values,
      ["minutes", "since-last"],
      "is for what has been: littlesnitch, or --input FILE",
    );
    return undefined;
  }
  const path = values.text("since-last");
  const isAsked = values.source("since-last") === "command line";
  const isOther = ["minutes", "for"].some((name) => values.source(name) === "command line");
  if (path === undefined || (isOther && !isAsked)) {
    if (path === undefined) {
      refuse(values, ["settle", "max-catchup"], 'goes with "--since-last" only');
    }
    return undefined;
  }
  refuse(values, ["minutes", "for"], 'does not go with "--since-last"');
  const inputs = values.texts("input");
  if (inputs.includes("-")) {
    throw new ExitError(EXIT.usage, "with --since-last, --input takes a file, not standard input");
  }
  for (const name of ["input", "out", "log"]) refuseSameFile(values, "since-last", name);
  return path;
}

/** Whether any output tells of the ids of summaries. */
function tellsIds(values: OptionValues): boolean {
  const usual = formatName(values, USUAL_FORMAT);
  const formats = outSpecs(values, { stat: statusOf }).map(({ format }) => format ?? usual);
  return formats.some((format) => format !== USUAL_FORMAT);
}

/** @throws ExitError 64 when options do not go together. */
function checkOptions(values: OptionValues, collector: string | undefined): void {
  if (collector !== "littlesnitch") {
    refuse(values, ["littlesnitch", "stream"], 'goes with "--from littlesnitch" only');
  }
  if (collector !== "files") {
    refuse(values, ["lateness"], "goes with logs of other programs only: --input FILE");
  }
  if (collector !== "littlesnitch" && collector !== "files") {
    refuse(values, ["input", "log-format"], `does not go with "--from ${collector}"`);
  }
  refuse(values, ["community-id"], "is for single connections: a sum has no Community ID");
  const formats = outSpecs(values, { stat: statusOf }).map(({ format }) => format);
  for (const format of [values.text("format"), ...formats]) {
    if (format !== "lognet" && format !== "table") continue;
    throw new ExitError(EXIT.usage, `the format "${format}" cannot tell of summaries`);
  }
  for (const name of ["out", "log"]) refuseSameFile(values, "input", name);
}

/** @throws ExitError 64 when both options name one file, however it is spelled. */
function refuseSameFile(values: OptionValues, one: string, other: string): void {
  const names = new Set(pathsOf(values, one).flatMap(namesOf));
  if (!pathsOf(values, other).flatMap(namesOf).some((name) => names.has(name))) return;
  throw new ExitError(EXIT.usage, `the options "--${one}" and "--${other}" name the same file`);
}

function pathsOf(values: OptionValues, option: string): readonly string[] {
  if (option === "input") return inputsOf(values);
  if (option !== "out") return values.texts(option);
  return outSpecs(values, { stat: statusOf }).flatMap(({ target }) => {
    return target.kind === "file" ? [target.path] : [];
  });
}
