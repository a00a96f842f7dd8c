/** `watch`: connections as they come and go. */
import type { Invocation } from "../cli/spec.ts";
import type { System } from "../system.ts";
import { refuse } from "./refuse.ts";
import { type Prepared, runCollector } from "./run.ts";
import type { StageContext } from "./stages.ts";

/** Length of the windows of `--fold`, if no other is asked for. */
const FOLD_WINDOW_MS = 60_000;

/** What only folding needs. */
const FOLDING = ["window", "by", "max-keys"];

/** Runs until a signal, `--for`, or the end of its reader. */
export function run(invocation: Invocation, system: System): Promise<number> {
  const { values } = invocation;
  const forMs = values.duration("for");
  const statsMs = values.flag("no-reports") ? undefined : values.duration("stats");
  const isFolding = values.flag("fold");
  if (!isFolding) refuse(values, FOLDING, 'goes with "--fold" only');
  const needsStages = isFolding || values.flag("noteworthy") || values.given("rules") ||
    values.given("explain");
  return runCollector(invocation, system, {
    once: false,
    ...(forMs !== undefined && { forMs }),
    ...(statsMs !== undefined && { statsMs }),
    // Loaded only where it is needed: most runs begin sooner without.
    ...(needsStages && { prepare: (context: StageContext) => prepare(invocation, context) }),
  });
}

async function prepare({ values }: Invocation, context: StageContext): Promise<Prepared> {
  const { foldStage, judgement, sayOverflow } = await import("./stages.ts");
  const judged = await judgement(values, context, "linux");
  const stages = judged === undefined ? [] : [judged.stage];
  if (values.flag("fold")) {
    const mode = { clock: "host", windowMs: FOLD_WINDOW_MS, firstThrough: true } as const;
    stages.push(foldStage(values, context, mode));
  }
  const atEnd = () => {
    sayOverflow(context);
    judged?.explain();
  };
  return { stages, atEnd };
}
