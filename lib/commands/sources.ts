/** Starts the collectors that `--from` names. */
import { type CollectorRow, collectorRow, COLLECTORS } from "../../collectors/registry.ts";
import type { CollectorCoverage, CollectorOptions, Level } from "../collector.ts";
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
  readonly procfs: string;
  /** Look once and end. */
  readonly once: boolean;
  /** The options: workers that need not be asked start before they are there. */
  readonly options: Promise<CollectorOptions>;
}

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
export function namedRows(from: string, procfs: string): readonly CollectorRow[] {
  // Another proc file system may be of another host, or none at all; the others ask this kernel.
  const automatic = () => COLLECTORS.filter(({ name }) => procfs === "/proc" || name === "proc");
  const rows = from === "auto"
    ? automatic()
    : from.split(",").map(collectorRow).filter((row) => row !== undefined);
  const here = rows.filter((row) => row.os.includes(Deno.build.os));
  if (here.length > 0) return here;
  const what = from === "auto" ? "none of the collectors runs" : `"${from}" does not run`;
  throw new ExitError(EXIT.unavailable, `${what} on ${Deno.build.os}`);
}

/**
 * Starts the workers. `auto` asks each in turn whether it sees a connection of its own; the last one is
 * not asked, for there is no other.
 */
export async function startSources(from: string, context: SourceContext): Promise<Sources> {
  const sources = new Sources();
  const rows = namedRows(from, context.procfs);
  try {
    const asked = from === "auto" ? rows.slice(0, -1) : [];
    const chosen = await firstUsable(asked, context, sources.givenUp);
    const named = from === "auto" ? rows.slice(-1) : rows;
    sources.running.push(
      ...chosen === undefined ? named.map((row) => start(row, context)) : [chosen],
    );
    if (chosen === undefined) { for (const { worker } of sources.running) await worker.ready(); }
    return sources;
  } catch (error) {
    sources[Symbol.dispose]();
    throw error;
  }
}

/** What loads the collector where it looks once, in the main thread; undefined where it has a worker. */
export function mainThreadLoad(
  row: CollectorRow,
  { procfs, once }: Pick<SourceContext, "procfs" | "once">,
): CollectorRow["load"] {
  return once && row.permissions({ procfs }) === "inherit" ? row.load : undefined;
}

async function firstUsable(
  rows: readonly CollectorRow[],
  context: SourceContext,
  givenUp: CollectorCoverage[],
): Promise<Source | undefined> {
  for (const row of rows) {
    const options = await context.options;
    const source = start(row, context);
    await source.worker.ready();
    const result = await source.worker.probe(options);
    if (result.usable) return source;
    source.worker[Symbol.dispose]();
    givenUp.push({ name: row.name, ...result });
    const { reason, remedies } = result;
    const advice = remedies.length > 0 ? ` (${remedies.join("; ")})` : "";
    // Who is not root is told so once, by the collector that is left.
    const level = options.root ? "notice" : "debug";
    context.diag.say(level, `not usable here: ${reason}${advice}`, row.name);
  }
  return undefined;
}

function start(row: CollectorRow, context: SourceContext): Source {
  const { system, diag, procfs, once, options } = context;
  const say = (level: Level, message: string) => diag.say(level, message, row.name);
  const load = mainThreadLoad(row, { procfs, once });
  const worker = load === undefined
    ? new CollectorWorker(row, { procfs }, say)
    : new SingleLook(() => load(system), options, say);
  return { row, worker };
}
