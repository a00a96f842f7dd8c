/** `export`: connections as statistics, for a SIEM. */
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { System } from "../system.ts";
import type { TimeSpan } from "../windows/windows.ts";
import { collectorPlace } from "./options.ts";
import { type Prepared, runCollector, type RunMode } from "./run.ts";
import { refuse } from "./refuse.ts";
import { namedRows } from "./sources.ts";
import {
  connectionsStage,
  type FoldMode,
  foldStage,
  judgement,
  sayOverflow,
  type StageContext,
} from "./stages.ts";

/** Length of windows if no other is asked for; of one look at the past, it is the whole of it. */
const WINDOW_MS = 300_000;

/** Runs until all that is asked for is summed up; what happens now, until a signal or `--for`. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values } = invocation;
  const [row] = namedRows(values.text("from") ?? "auto", collectorPlace(values));
  const isPast = row?.name === "littlesnitch" && !values.flag("stream");
  checkOptions(values, row?.name);
  const path = seriesPath(values, isPast);
  if (path !== undefined && !values.flag("dry-run")) {
    return await runSeries(invocation, system, path);
  }
  const isAll = values.text("input") !== undefined && !values.given("minutes");
  const now = system.now();
  const span = isPast && !isAll
    ? { start: now - Number(values.text("minutes")) * 60e6, end: now }
    : undefined;
  const fold: FoldMode = isPast
    ? { clock: "records", ...(span !== undefined && { span }) }
    : { clock: "host", windowMs: WINDOW_MS };
  const forMs = values.duration("for");
  const statsMs = values.flag("no-reports") || isPast ? undefined : values.duration("stats");
  return await runCollector(invocation, system, {
    ...modeOf(invocation, isPast, fold, span),
    ...(forMs !== undefined && { forMs }),
    ...(statsMs !== undefined && { statsMs }),
  });
}

/** Sums up the windows that have ended since the run before. */
async function runSeries(invocation: Invocation, system: System, path: string): Promise<number> {
  const { values } = invocation;
  const { Series } = await import("./series.ts");
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  const windowMs = values.duration("window") ?? WINDOW_MS;
  const key = `littlesnitch ${values.text("input") ?? ""}`;
  using series = Series.open(values, system, diag, { path, key, windowMs });
  const { span } = series;
  if (span === undefined) return EXIT.ok;
  const fold: FoldMode = { clock: "records", windowMs };
  return await runCollector(invocation, system, {
    ...modeOf(invocation, true, fold, span),
    series,
  });
}

function modeOf(
  invocation: Invocation,
  isPast: boolean,
  fold: FoldMode,
  span: TimeSpan | undefined,
): RunMode {
  const windowMs = invocation.values.duration("window") ?? fold.windowMs ?? 0;
  return {
    once: false,
    foldUs: windowMs * 1000,
    format: "littlesnitch-stats",
    ...(span !== undefined && { span: { begin: span.start, end: span.end } }),
    prepare: (context) => prepare(invocation, context, isPast, fold),
  };
}

async function prepare(
  { values }: Invocation,
  context: StageContext,
  isPast: boolean,
  fold: FoldMode,
): Promise<Prepared> {
  const isMac = isPast || Deno.build.os === "darwin";
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
  const input = values.text("input");
  if (input === "-") {
    throw new ExitError(EXIT.usage, "with --since-last, --input takes a file, not standard input");
  }
  for (const name of ["input", "out", "log"]) {
    if (values.text(name) !== path) continue;
    throw new ExitError(
      EXIT.usage,
      `the options "--since-last" and "--${name}" name the same file`,
    );
  }
  return path;
}

/** @throws ExitError 64 when options do not go together. */
function checkOptions(values: OptionValues, collector: string | undefined): void {
  if (collector !== "littlesnitch") {
    refuse(values, ["input", "littlesnitch", "stream"], 'goes with "--from littlesnitch" only');
  }
  if (["lognet", "table"].includes(values.text("format") ?? "")) {
    throw new ExitError(
      EXIT.usage,
      `the format "${values.text("format")}" cannot tell of summaries`,
    );
  }
  for (const name of ["out", "log"]) {
    if (values.text("input") === undefined || values.text("input") !== values.text(name)) continue;
    throw new ExitError(EXIT.usage, `the options "--input" and "--${name}" name the same file`);
  }
}
