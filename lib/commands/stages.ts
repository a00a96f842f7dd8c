/** The stages behind the filters, as the options ask for them: judge, then fold. */
import { splitNames } from "../cli/fold_options.ts";
import type { OptionValues } from "../cli/spec.ts";
import { counted } from "../counted.ts";
import type { Diag } from "../diag.ts";
import { tableSize } from "../memory.ts";
import { filterStage } from "../pipeline/filter.ts";
import { fold } from "../pipeline/fold.ts";
import { isFoldField } from "../pipeline/fold/fields.ts";
import { MAX_OPEN } from "../pipeline/fold/open_connections.ts";
import { FOLD_ORDERS } from "../pipeline/fold/order.ts";
import type { Ledger, Stage } from "../pipeline/stage.ts";
import type { System } from "../system.ts";
import { refuse } from "./refuse.ts";

/** What stages work with. */
export interface StageContext {
  readonly system: System;
  readonly diag: Diag;
  readonly ledger: Ledger;
  /** Aborts when the run is cut short. */
  readonly signal: AbortSignal;
  /** As in `CollectorOptions`. */
  readonly tables?: number;
}

/** How what runs is folded, besides what the options say. */
export interface FoldMode {
  /** What time it is: see `fold`. */
  readonly clock: "host" | "records";
  /** Length of a window if the options do not tell; absent: all is one window. */
  readonly windowMs?: number;
  /** Of the one window, microseconds since the epoch. */
  readonly span?: { readonly start: number; readonly end: number };
  /** How long after their end windows are given out; absent: as the clock asks for. */
  readonly settleMs?: number;
  /** Give out the first connection of each kind at once. */
  readonly firstThrough?: boolean;
  /** No output tells of the ids of summaries. */
  readonly amountsOnly?: boolean;
}

/** How long a record may be on its way, microseconds: the collectors tell of most within a second. */
const SETTLE = 5_000_000;

/** The stage that folds. */
export function foldStage(
  values: OptionValues,
  { system, ledger, signal, tables }: StageContext,
  { clock, windowMs, span, settleMs, firstThrough = false, amountsOnly = false }: FoldMode,
): Stage {
  const window = values.duration("window") ?? windowMs;
  const order = values.has("sort") ? values.text("sort") : undefined;
  const compare = order === undefined ? undefined : FOLD_ORDERS[order];
  const options = {
    ...(window !== undefined && { windowUs: window * 1000 }),
    ...(span !== undefined && { span }),
    by: splitNames(values.text("by") ?? "").filter(isFoldField),
    maxKeys: Number(values.text("max-keys")),
    maxOpen: tableSize(MAX_OPEN, tables),
    firstThrough,
    amountsOnly,
    settleUs: clock === "host" ? SETTLE : (settleMs ?? window ?? 0) * 1000,
    ...(compare !== undefined && { compare }),
    clock,
    signal,
    // What happens now does not happen again: the same window of another run is another summary.
    ...(clock === "host" && { run: String(system.now()) }),
  };
  return (batches) => fold(batches, system, ledger, options);
}

/** Says that there were too many kinds of connections, if so. */
export function sayOverflow({ diag, ledger }: StageContext): void {
  const count = ledger.degraded.get("other_key") ?? 0;
  if (count === 0) return;
  diag.say(
    "warning",
    `there were too many kinds: ${count} records are summed up together: give them room with --max-keys`,
  );
}

/** The stage that leaves out listeners and sockets without a peer: they are no connections. */
export function connectionsStage(ledger: Ledger): Stage {
  return filterStage(({ remote, event }) => remote !== undefined && event !== "listen", ledger);
}

/** What leaves out the expected, and what says at the end what that was. */
export interface Judgement {
  readonly stage: Stage;
  /** Says on stderr what was left out, by which rule. */
  explain(): void;
}

/**
 * The stage of `--noteworthy`; undefined where it is not asked for.
 *
 * @param os Whose records are judged.
 * @throws ExitError 64 when options lack it, 78 when a rules file is wrong.
 */
export async function judgement(
  values: OptionValues,
  { system, diag, ledger }: StageContext,
  os: "linux" | "macos",
): Promise<Judgement | undefined> {
  if (!values.flag("noteworthy")) {
    refuse(values, ["rules", "explain"], 'goes with "--noteworthy" only');
    return undefined;
  }
  if (values.flag("quiet")) refuse(values, ["explain"], 'does not go with "--quiet"');
  const [{ loadRules }, { compileJudge }, { HiddenCounts, judgeStage }] = await Promise.all([
    import("../noteworthy/load.ts"),
    import("../noteworthy/compile.ts"),
    import("../pipeline/judge.ts"),
  ]);
  const rules = loadRules(os, values.texts("rules"), system.readFile);
  const hidden = new HiddenCounts(rules);
  const stage = judgeStage(compileJudge(rules), ledger, hidden.add);
  return {
    stage,
    explain() {
      if (!values.flag("explain")) return;
      for (const { rule, why, records, connections, examples } of hidden.summary()) {
        const example = examples[0] === undefined ? "" : `, such as ${examples[0]}`;
        diag.say(
          "notice",
          `rule "${rule}" (${why}) hid ${counted(connections, "connection")} in ${
            counted(records, "record")
          }${example}`,
        );
      }
    },
  };
}
