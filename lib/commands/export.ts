/** `export`: connections as statistics, for a SIEM. */
import type { Invocation } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { System } from "../system.ts";
import { namedRows } from "./sources.ts";
import { collectorPlace } from "./options.ts";
import { type Prepared, runCollector } from "./run.ts";
import { connectionsStage, foldStage, judgement, type StageContext } from "./stages.ts";

/** Windows of what happens while it is watched, if no other length is asked for. */
const LIVE_WINDOW_MS = 300_000;

/** What of the past is asked for, microseconds since the epoch. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Runs until all that is asked for is summed up; what happens now, until a signal or `--for`. */
export function run(invocation: Invocation, system: System): Promise<number> {
  const { values } = invocation;
  const [row] = namedRows(values.text("from") ?? "auto", collectorPlace(values));
  const isPast = row?.name === "littlesnitch" && !values.flag("stream");
  const isAll = values.text("input") !== undefined && !values.given("minutes");
  if (!isPast && values.given("minutes")) {
    throw new ExitError(EXIT.usage, `the option "--minutes" is for what has been: littlesnitch`);
  }
  const now = system.now();
  const span = isPast && !isAll
    ? { start: now - Number(values.text("minutes")) * 60e6, end: now }
    : undefined;
  const forMs = values.duration("for");
  const statsMs = values.flag("no-reports") || isPast ? undefined : values.duration("stats");
  return runCollector(invocation, system, {
    once: false,
    format: "littlesnitch-stats",
    ...(forMs !== undefined && { forMs }),
    ...(statsMs !== undefined && { statsMs }),
    ...(span !== undefined && { span: { begin: span.start, end: span.end } }),
    prepare: (context) => prepare(invocation, context, isPast, span),
  });
}

async function prepare(
  { values }: Invocation,
  context: StageContext,
  isPast: boolean,
  span: Span | undefined,
): Promise<Prepared> {
  const isMac = isPast || Deno.build.os === "darwin";
  const judged = await judgement(values, context, isMac ? "macos" : "linux");
  const mode = isPast
    ? { clock: "records", ...(span !== undefined && { span }) } as const
    : { clock: "host", windowMs: LIVE_WINDOW_MS } as const;
  const stages = [connectionsStage(context.ledger)];
  if (judged !== undefined) stages.push(judged.stage);
  stages.push(foldStage(values, context, mode));
  return { stages, ...(judged && { atEnd: () => judged.explain() }) };
}
