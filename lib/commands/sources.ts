/** Starts the collectors that `--from` names. */
import { type CollectorRow, COLLECTORS } from "../../collectors/registry.ts";
import type { CollectorCoverage, CollectorOptions, CollectorPlace, Level } from "../collector.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { System } from "../system.ts";
import { CollectorWorker, type RunningCollector } from "../worker/collector_worker.ts";
import { SingleLook } from "../worker/single_look.ts";

/** A collector that runs. */
export interface Source {
  readonly row: CollectorRow;
  readonly worker: RunningCollector;
}

/** What a run is started with. */
export interface SourceContext {
  readonly system: System;
  readonly diag: Diag;
  readonly place: CollectorPlace;
  /** Look once and end. */
  readonly once: boolean;
  /** The options: workers that need not be asked start before they are there. */
  readonly options: Promise<CollectorOptions>;
}

/** Starts one collector. */
export type StartCollector = (row: CollectorRow, context: SourceContext) => RunningCollector;

/** The collectors of a run. `using` ends their workers. */
export class Sources implements Disposable {
  readonly running: Source[] = [];
  /** What those have said that cannot be used here. */
  readonly givenUp: CollectorCoverage[] = [];

  /** Names of the collectors that run. */
  get names(): string[] {
    return this.running.map(({ row }) => row.name);
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.running) worker[Symbol.dispose]();
  }
}

/**
 * The rows that `--from` names, and for `auto` those that are tried one after the other.
 *
 * @throws ExitError when none of them runs on this system (69).
 */
export function namedRows(
  from: string,
  { procfs, littlesnitch, files }: CollectorPlace,
): readonly CollectorRow[] {
  const hasInput = littlesnitch?.input !== undefined || (files?.inputs.length ?? 0) > 0;
  const automatic = () => {
    // Another proc file system may be of another host, or none at all; the others ask this kernel.
    return COLLECTORS.filter(({ name }) => procfs === "/proc" || name === "proc");
  };
  const rows = from === "auto"
    ? automatic()
    : COLLECTORS.filter(({ name }) => from.split(",").includes(name));
  const here = rows.filter(({ os, readsInput }) =>
    os.includes(Deno.build.os) || (hasInput && readsInput)
  );
  if (here.length > 0) return here;
  const what = from === "auto" ? "none of the collectors runs" : `"${from}" does not run`;
  throw new ExitError(EXIT.unavailable, `${what} on ${Deno.build.os}`);
}

/**
 * Starts the workers. `auto` asks each in turn whether it sees a connection of its own; the last one is
 * not asked, for there is no other.
 *
 * @throws ExitError when none of them runs on this system (69), or when one cannot be started; then none is
 * left running.
 */
export async function startSources(
  from: string,
  context: SourceContext,
  start: StartCollector = startCollector,
): Promise<Sources> {
  const sources = new Sources();
  const rows = namedRows(from, context.place);
  try {
    if (from === "auto") await tryInTurn(rows.slice(0, -1), context, sources, start);
    if (sources.running.length > 0) return sources;
    for (const row of from === "auto" ? rows.slice(-1) : rows) {
      sources.running.push({ row, worker: start(row, context) });
    }
    for (const { worker } of sources.running) await worker.ready();
    return sources;
  } catch (error) {
    sources[Symbol.dispose]();
    throw error;
  }
}

/** What loads the collector where it looks once, in the main thread; undefined where it has a worker. */
export function mainThreadLoad(
  row: CollectorRow,
  { place, once }: Pick<SourceContext, "place" | "once">,
): CollectorRow["load"] {
  return once && row.permissions(place) === "inherit" ? row.load : undefined;
}

/** Adds the first that is usable, if there is one. */
async function tryInTurn(
  rows: readonly CollectorRow[],
  context: SourceContext,
  { running, givenUp }: Sources,
  start: StartCollector,
): Promise<void> {
  for (const row of rows) {
    const options = await context.options;
    const worker = start(row, context);
    running.push({ row, worker });
    await worker.ready();
    const result = await worker.probe(options);
    if (result.usable) return;
    running.pop();
    worker[Symbol.dispose]();
    givenUp.push({ name: row.name, ...result });
    const { reason, remedies } = result;
    const advice = remedies.length > 0 ? ` (${remedies.join("; ")})` : "";
    // Who is not root is told so once, by the collector that is left.
    const level = options.root ? "notice" : "debug";
    context.diag.say(level, `not usable here: ${reason}${advice}`, row.name);
  }
}

function startCollector(row: CollectorRow, context: SourceContext): RunningCollector {
  const { system, diag, place, once, options } = context;
  const say = (level: Level, message: string) => diag.say(level, message, row.name);
  const load = mainThreadLoad(row, { place, once });
  return load === undefined
    ? new CollectorWorker(row, place, say)
    : new SingleLook(() => load(system), options, say);
}
