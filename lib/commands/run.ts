/** Wires collectors through the pipeline to the sinks: what `watch`, `snapshot` and `export` have in common. */
import type { CollectorCoverage, CollectorOptions } from "../collector.ts";
import { print } from "../cli/print.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import type { HostIdentity } from "../connection.ts";
import { Diag } from "../diag.ts";
import { EXIT } from "../exit.ts";
import type { FormatName } from "../formats/names.ts";
import type { MemoryPlan } from "../memory.ts";
import { dropPermissions } from "../permissions.ts";
import { compileFilter, filterStage } from "../pipeline/filter.ts";
import { join, merge } from "../pipeline/join.ts";
import type { Reporter } from "../pipeline/reporter.ts";
import { type Batches, Ledger, type Stage } from "../pipeline/stage.ts";
import type { Report } from "../report.ts";
import type { Sink } from "../sinks/sink.ts";
import type { FileEnd, System } from "../system.ts";
import { collectorOptions, collectorPlace } from "./options.ts";
import { reportWhenAsked } from "./asked.ts";
import { drain, type Draining } from "./drain.ts";
import { dryRun } from "./dry_run.ts";
import { memoryPlan } from "./memory.ts";
import { openSinks, type Outputs, type SinkContext } from "./outputs.ts";
import { redaction } from "./redaction.ts";
import { type Sources, startSources } from "./sources.ts";
import type { StageContext } from "./stages.ts";
import { StopSignal } from "./stop_signal.ts";
import { reopenOnHangUp } from "./upkeep.ts";
import { unreadableLogs, whole } from "./whole_logs.ts";

/** How a run differs from another. */
export interface RunMode {
  /** Look once and end. */
  readonly once: boolean;
  /** Which collector, where the options do not say it. */
  readonly from?: string;
  /** End when the collectors have run for so many milliseconds. */
  readonly forMs?: number;
  /** Write reports on the run, those on how it goes at this interval, milliseconds. */
  readonly statsMs?: number;
  /** Whether the source tells of what has been, and waits for whoever writes it down. */
  readonly isPast?: boolean;
  /** What of the past is asked for, of a collector that knows it; microseconds since the epoch. */
  readonly span?: { readonly begin?: number; readonly end?: number };
  /** Only sums are wanted of such a collector, over windows so long; microseconds, 0: over all of it. */
  readonly foldUs?: number;
  /** No output tells of the ids of records, nor of their outcome besides what was denied. */
  readonly amountsOnly?: boolean;
  /** Paths and patterns of the logs to read; absent: what `--input` names. */
  readonly logs?: readonly string[];
  /** Write the reports on other runs that logs hold among the records. */
  readonly passesReports?: boolean;
  /** The format if no other is asked for. */
  readonly format?: FormatName;
  /** Opens what records are written to, where that is not what the options of lines say. */
  readonly openOutputs?: (
    values: OptionValues,
    system: System,
    context: SinkContext,
  ) => Promise<Outputs>;
  /** What makes the run one of a series, of which each goes on where the one before it ended. */
  readonly series?: RunSeries;
  /** Prepares what records go through behind the filters. */
  readonly prepare?: (context: StageContext) => Promise<Prepared>;
}

/** A run of a series. */
export interface RunSeries {
  /** Where the files ended that the run before was to write, if it was broken off. */
  readonly ends: readonly FileEnd[];
  /** Called when the outputs are open, before anything else is written. */
  begin(sinks: readonly Sink[], host: HostIdentity): void;
  /** Called when all is written, unless the run was interrupted or a log could not be read. */
  commit(sinks: readonly Sink[], count: number): void;
}

/** What records go through behind the filters. */
export interface Prepared {
  /** In their order. */
  readonly stages: readonly Stage[];
  /** Called when all is written. */
  readonly atEnd?: () => void;
}

/**
 * Runs a collector to its end, to a signal, or until nobody reads its output.
 *
 * @returns 0, 74 when records were lost to an I/O error, or 75 when a run of a series or one over named logs
 *   was cut short.
 * @throws ExitError when it cannot start, or the collector cannot go on; 75 when a run of a series cannot read
 *   a log: what it has written so far, the next run writes again.
 */
export async function runCollector(
  invocation: Invocation,
  system: System,
  mode: RunMode,
): Promise<number> {
  const { values } = invocation;
  const from = mode.from ?? values.text("from") ?? "auto";
  const place = collectorPlace(values, mode.logs);
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  const ledger = new Ledger();
  using stop = new StopSignal(system);
  const { signal } = stop;
  // Before anything is started: an option may be wrong.
  const plan = memoryPlan(values, system, from, place);
  const prepared = await mode.prepare?.({
    system,
    diag,
    ledger,
    signal,
    ...(plan !== undefined && { tables: plan.tables }),
  });
  const redact = redaction(values, mode.isPast ?? false);
  if (values.flag("dry-run")) {
    print(system.stdout, await dryRun(invocation, system, from, place, mode));
    return EXIT.ok;
  }
  // The workers' modules load while this thread goes on.
  const coming = collectorOptions(values, system, {
    ...mode,
    ...(plan !== undefined && { tables: plan.tables }),
  });
  const context = { system, diag, place, once: mode.once, options: coming };
  const starting = startSources(from, context);
  // Also when what follows fails: a worker that runs keeps the program from ending.
  await using _started = {
    async [Symbol.asyncDispose]() {
      await starting.then((sources) => sources[Symbol.dispose](), () => {});
    },
  };
  const options = await coming;
  const keep = compileFilter(values);
  const { format, series, forMs, openOutputs = openSinks } = mode;
  const sinkContext = {
    diag,
    ledger,
    // Nobody may ever come to read a named pipe: a run that has an end waits no longer than it is long.
    signal: forMs === undefined ? signal : stop.within(forMs),
    interrupted: stop.interrupted,
    host: options.host,
    once: mode.once,
    isPast: mode.isPast ?? false,
    isCopy: mode.logs !== undefined,
    ...(format !== undefined && { format }),
    ...(series !== undefined && { ends: series.ends }),
  };
  await using outputs = await openOutputs(values, system, sinkContext);
  using _reopening = reopenOnHangUp(outputs);
  const { sinks } = outputs;
  const sources = await starting;
  const canWait = mode.once || mode.isPast === true;
  const run: Run = { system, sources, host: options.host, ledger, outputs, diag, canWait, stop };
  const reporter = await startReporter(run, values, mode);
  using _answering = reportWhenAsked(run, reporter);
  for (const coverage of sources.givenUp) reporter?.covered(coverage);
  await dropPermissions(outputs.keep);
  const stages = [
    ...(redact === undefined ? [] : [redact]),
    ...(keep === undefined ? [] : [filterStage(keep, ledger)]),
    ...(prepared?.stages ?? []),
  ];
  let batches = await relieved(collected(run, options, reporter), run, plan);
  for (const stage of stages) batches = stage(batches);
  if (series !== undefined) batches = whole(batches, ledger);
  series?.begin(sinks, options.host);
  // Not before: on a busy host all of a short time would go by until the collectors look for the first time.
  if (forMs !== undefined) stop.abortAfter(forMs);
  await drain(batches, run, reporter);
  if (series !== undefined) await Promise.all(sinks.map((sink) => sink.settle?.()));
  if (!signal.aborted) series?.commit(sinks, ledger.emitted);
  // Nobody who reads no more wants to know; closed by us, all sinks are.
  const isCut = signal.aborted && !sinks.some((sink) => sink.closed);
  await outputs.close();
  prepared?.atEnd?.();
  if (mode.isPast) sayUntold(run);
  const isRepeatable = series !== undefined || mode.logs !== undefined;
  return summedUp(run) ?? (isRepeatable && isCut ? EXIT.temporary : EXIT.ok);
}

/** Says which outputs lack records that are in the logs. */
function sayUntold({ diag, outputs: { sinks } }: Run): void {
  for (const { name, untold = 0 } of sinks) {
    if (untold === 0) continue;
    diag.say("warning", `${untold} records cannot be told in the format of ${name}`);
  }
}

/** Says how a run has gone. Returns its exit status where something was lost. */
function summedUp({ ledger, diag, outputs: { sinks } }: Run): number | undefined {
  const isLost = ["malformed", "oversize"].some((reason) => (ledger.dropped.get(reason) ?? 0) > 0);
  diag.say(isLost ? "warning" : "debug", `${ledger}`);
  const isWhole = sinks.every(({ lost, isUnsure = false }) => lost === 0 && !isUnsure);
  return isWhole && unreadableLogs(ledger) === 0 ? undefined : EXIT.io;
}

/** What takes part in a run. */
interface Run extends Draining {
  readonly sources: Sources;
  readonly host: HostIdentity;
  readonly ledger: Ledger;
  readonly diag: Diag;
}

/** The batches of all collectors; of several, one connection is one record. */
function collected(
  { system, sources, ledger, outputs, stop }: Run,
  options: CollectorOptions,
  reporter: Reporter | undefined,
): Batches {
  const onCoverage = (coverage: CollectorCoverage) => reporter?.covered(coverage);
  const onReport = (report: Report) => outputs.sinks.forEach((sink) => sink.report(report));
  const all = sources.running.map(({ worker }) =>
    worker.connections(options, stop.signal, { ledger, onCoverage, onReport })
  );
  const [only] = all;
  return only !== undefined && all.length === 1
    ? only
    : join(merge(all, () => stop.abort()), system, ledger, options.tables);
}

/** Sums batches up while memory is short, if `--memory` says how much there is. */
async function relieved(
  batches: Batches,
  { system, ledger, diag, stop, canWait }: Run,
  plan: MemoryPlan | undefined,
): Promise<Batches> {
  if (plan === undefined) return batches;
  const { relieve } = await import("../pipeline/relieve.ts");
  const { limitBytes } = plan;
  const say = (message: string) => diag.say("warning", message);
  const { signal } = stop;
  return relieve(batches, { limitBytes, system, ledger, signal, brakes: !canWait, say });
}

/** Starts what reports on the run, where that is asked for. */
async function startReporter(
  { system, sources, host, ledger, outputs, diag, stop }: Run,
  values: OptionValues,
  { statsMs }: RunMode,
): Promise<Reporter | undefined> {
  const { sinks } = outputs;
  const metrics = values.has("metrics") ? values.text("metrics") : undefined;
  const intervalMs = statsMs ?? (metrics === undefined ? undefined : values.duration("stats"));
  if (intervalMs === undefined) return undefined;
  // The file of metrics is replaced each time.
  if (metrics !== undefined) outputs.keep.push("read", "write");
  const { createReporter } = await import("./reporting.ts");
  return await createReporter({
    system,
    host,
    collectors: sources.names,
    ledger,
    sinks,
    diag,
    intervalMs,
    amongRecords: statsMs !== undefined,
    ...(metrics !== undefined && { metrics }),
    wrote: () => {
      if (sinks.some((sink) => sink.closed)) stop.abort();
    },
  });
}
