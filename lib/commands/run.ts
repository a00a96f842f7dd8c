/** Wires collectors through the pipeline to the sinks: what `watch`, `snapshot` and `export` have in common. */
import type { CollectorRow } from "../../collectors/registry.ts";
import type { CollectorCoverage, CollectorOptions } from "../collector.ts";
import { describeInvocation } from "../cli/describe.ts";
import { print } from "../cli/print.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import type { Connection, HostIdentity } from "../connection.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import type { FormatName } from "../formats/names.ts";
import { dropPermissions, type PermissionName } from "../permissions.ts";
import { compileFilter, filterStage } from "../pipeline/filter.ts";
import { join, merge } from "../pipeline/join.ts";
import type { Reporter } from "../pipeline/reporter.ts";
import { MOST_STORAGE, parseSize } from "../size.ts";
import { type Batches, Ledger, type Stage } from "../pipeline/stage.ts";
import type { Sink } from "../sinks/sink.ts";
import type { FileEnd, System } from "../system.ts";
import { collectorOptions, collectorPlace } from "./options.ts";
import { reportWhenAsked } from "./asked.ts";
import { isUpkept } from "./file_outputs.ts";
import { openSinks, type Outputs, outSpecs } from "./outputs.ts";
import { redaction } from "./redaction.ts";
import {
  mainThreadLoad,
  namedRows,
  type SourceContext,
  type Sources,
  startSources,
} from "./sources.ts";
import type { StageContext } from "./stages.ts";
import { StopSignal } from "./stop_signal.ts";
import { keepUp } from "./upkeep.ts";

/** How a run differs from another. */
export interface RunMode {
  /** Look once and end. */
  readonly once: boolean;
  /** Which collector, where the options do not say it. */
  readonly from?: string;
  /** End after so many milliseconds. */
  readonly forMs?: number;
  /** Write reports on the run, those on how it goes at this interval, milliseconds. */
  readonly statsMs?: number;
  /** Whether the source tells of what has been, and waits for whoever writes it down. */
  readonly isPast?: boolean;
  /** What of the past is asked for, of a collector that knows it; microseconds since the epoch. */
  readonly span?: { readonly begin?: number; readonly end?: number };
  /** Only sums are wanted of such a collector, over windows so long; microseconds, 0: over all of it. */
  readonly foldUs?: number;
  /** The format if no other is asked for. */
  readonly format?: FormatName;
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
 * @returns 0, 74 when records were lost to an I/O error, or 75 when a run of a series was cut short.
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
  const place = collectorPlace(values);
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  const ledger = new Ledger();
  using stop = new StopSignal(system, mode.forMs);
  const { signal } = stop;
  // Before anything is started: an option may be wrong.
  const prepared = await mode.prepare?.({ system, diag, ledger, signal });
  const redact = redaction(values, mode.isPast ?? false);
  if (values.flag("dry-run")) {
    const keeps = keptPermissions(values, system, mode);
    print(system.stdout, dryRun(invocation, from, { place, once: mode.once }, keeps));
    return EXIT.ok;
  }
  // The workers' modules load while this thread goes on.
  const coming = collectorOptions(values, system, mode);
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
  const { format, series } = mode;
  const sinkContext = {
    diag,
    ledger,
    host: options.host,
    once: mode.once,
    isPast: mode.isPast ?? false,
    ...(format !== undefined && { format }),
    ...(series !== undefined && { ends: series.ends }),
  };
  await using outputs = await openSinks(values, system, sinkContext);
  const { sinks } = outputs;
  const sources = await starting;
  const canWait = mode.once || mode.isPast === true;
  const run: Run = { system, sources, host: options.host, ledger, outputs, diag, canWait, stop };
  const reporter = await startReporter(run, values, mode);
  using _answering = reportWhenAsked(run, reporter);
  for (const coverage of sources.givenUp) reporter?.covered(coverage);
  if (reporter !== undefined && values.has("metrics") && values.given("metrics")) {
    outputs.keep.push("read", "write");
  }
  await dropPermissions(outputs.keep);
  let batches = collected(run, options, reporter);
  const memory = values.has("memory") ? values.text("memory") : undefined;
  if (memory !== undefined) {
    const { relieve } = await import("../pipeline/relieve.ts");
    const say = (message: string) => diag.say("warning", message);
    batches = relieve(batches, {
      limitBytes: parseSize(memory, MOST_STORAGE),
      system,
      ledger,
      say,
    });
  }
  if (redact !== undefined) batches = redact(batches);
  if (keep !== undefined) batches = filterStage(keep, ledger)(batches);
  for (const stage of prepared?.stages ?? []) batches = stage(batches);
  if (series !== undefined) batches = whole(batches, ledger);
  series?.begin(sinks, options.host);
  await drain(batches, run, reporter);
  if (series !== undefined) await Promise.all(sinks.map((sink) => sink.settle?.()));
  if (!signal.aborted) series?.commit(sinks, ledger.emitted);
  await outputs.close();
  prepared?.atEnd?.();
  const isLost = ["malformed", "oversize"].some((reason) => (ledger.dropped.get(reason) ?? 0) > 0);
  diag.say(isLost ? "warning" : "debug", `${ledger}`);
  const isWhole = sinks.every(({ lost, isUnsure = false }) => lost === 0 && !isUnsure);
  if (!isWhole || unreadableLogs(ledger) > 0) return EXIT.io;
  // What was cut short is done by the next run; nobody who reads no more wants to know.
  const isCut = signal.aborted && !sinks.some((sink) => sink.closed);
  return series !== undefined && isCut ? EXIT.temporary : EXIT.ok;
}

/** What takes part in a run. */
interface Run {
  readonly system: System;
  readonly sources: Sources;
  readonly host: HostIdentity;
  readonly ledger: Ledger;
  readonly outputs: Outputs;
  readonly diag: Diag;
  /** Whether the source waits for the outputs. */
  readonly canWait: boolean;
  readonly stop: StopSignal;
}

/** The batches of all collectors; of several, one connection is one record. */
function collected(
  { system, sources, ledger, stop }: Run,
  options: CollectorOptions,
  reporter: Reporter | undefined,
): Batches {
  const onCoverage = (coverage: CollectorCoverage) => reporter?.covered(coverage);
  const all = sources.running.map(({ worker }) =>
    worker.connections(options, stop.signal, { ledger, onCoverage })
  );
  const [only] = all;
  return only !== undefined && all.length === 1
    ? only
    : join(merge(all, () => stop.abort()), system, ledger);
}

/** Gives batches as long as all logs can be read. */
async function* whole(batches: Batches, ledger: Ledger): Batches {
  for await (const batch of batches) {
    checkWhole(ledger);
    yield batch;
  }
  checkWhole(ledger);
}

function checkWhole(ledger: Ledger): void {
  if (unreadableLogs(ledger) === 0) return;
  throw new ExitError(
    EXIT.temporary,
    "not all logs could be read: the next run with --since-last begins where this one has begun",
  );
}

/** Logs that could not be read to their end. */
function unreadableLogs({ degraded }: Ledger): number {
  return degraded.get("unreadable_logs") ?? 0;
}

/** Writes all batches, and the reports on that until it is over. */
async function drain(
  batches: Batches,
  { system, outputs, canWait, stop }: Run,
  reporter: Reporter | undefined,
): Promise<void> {
  const over = new AbortController();
  const reporting = reporter?.run(over.signal);
  const upkeep = keepUp(outputs, system, over.signal);
  const { sinks } = outputs;
  let hasFailed = false;
  try {
    for await (const batch of batches) {
      for (const sink of sinks) sink.write(batch);
      if (!canWait && isWindowEnd(batch)) { for (const sink of sinks) sink.tick(true); }
      if (sinks.some((sink) => sink.closed)) stop.abort();
      reporter?.wrote(batch);
      if (canWait) await room(sinks, stop.signal);
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    over.abort();
    await Promise.all([reporting, upkeep]);
    // Of a collector that could not start there is nothing to be told.
    if (!hasFailed || reporter?.hasBegun) reporter?.stats("end");
  }
}

/** Whether the records of a window have come to their end: the summaries come last, and together. */
function isWindowEnd(batch: readonly Connection[]): boolean {
  return batch.at(-1)?.event === "summary";
}

/** Resolves when the outputs take more, or the run is to end. */
async function room(sinks: readonly Sink[], signal: AbortSignal): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  for (const { busy } of sinks) {
    if (busy === undefined || signal.aborted) continue;
    const stop = () => resolve();
    signal.addEventListener("abort", stop);
    await Promise.race([busy, stopped]);
    signal.removeEventListener("abort", stop);
  }
}

/** Starts what reports on the run, where that is asked for. */
async function startReporter(
  { system, sources, host, ledger, outputs: { sinks }, diag, stop }: Run,
  values: OptionValues,
  { statsMs }: RunMode,
): Promise<Reporter | undefined> {
  const metrics = values.has("metrics") ? values.text("metrics") : undefined;
  const intervalMs = statsMs ?? (metrics === undefined ? undefined : values.duration("stats"));
  if (intervalMs === undefined) return undefined;
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

/** What the main thread goes on to be allowed. */
function keptPermissions(
  values: OptionValues,
  system: System,
  { once, isPast = false }: RunMode,
): readonly PermissionName[] {
  const keeps = outSpecs(values, system).some(({ target }) => {
    return isUpkept(values, target, { once, isPast });
  });
  return keeps || (values.has("metrics") && values.given("metrics")) ? ["read", "write"] : [];
}

/** What would run. */
function dryRun(
  invocation: Invocation,
  from: string,
  source: Pick<SourceContext, "place" | "once">,
  keeps: readonly PermissionName[],
): string {
  const rows = namedRows(from, source.place);
  const holder = (row: CollectorRow) =>
    mainThreadLoad(row, source) === undefined
      ? `the worker of ${row.name}`
      : `the main thread while ${row.name} looks`;
  const names = rows.map(({ name, summary }) => `${name}, which ${summary}`);
  const which = from === "auto" ? "the first usable collector of: " : "the collector ";
  const lines = [
    `${invocation.command.name} with ${which}${names.join(from === "auto" ? "; " : " and ")}`,
    ...describeInvocation(invocation).map((line) => `  ${line}`),
    ...rows.map((row) => `permissions of ${holder(row)}: ${row.needs}`),
    `permissions of the main thread ${source.once ? "after that" : "once the collector runs"}: ${
      keeps.join(", ") || "none"
    }`,
  ];
  return lines.map((line) => `${escapeMessage(line)}\n`).join("");
}
