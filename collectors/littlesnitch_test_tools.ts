/** Runs the collector `littlesnitch` over programs that stand in for the real one. */
import type {
  CollectorContext,
  CollectorCounters,
  CollectorCoverage,
  LittleSnitchOptions,
} from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { ExitError } from "../lib/exit.ts";
import { OPTIONS } from "../lib/worker/test_options.ts";
import { missing } from "../tests/skip.ts";
import { FakePrograms } from "./conntrack/child_test_tools.ts";
import { LittleSnitchCollector, type LittleSnitchSurroundings } from "./littlesnitch.ts";

/** The stand-in of the real program. */
const STAND_IN = new URL("../fixtures/littlesnitch/littlesnitch", import.meta.url).pathname;

/** What the stand-in lacks here, if anything: it is written in Python. */
export const LACK = missing(["/usr/bin/python3"]);

/** A script that runs the stand-in as root. `env` is shell text. */
export function standIn(env = ""): string {
  return `export LITTLESNITCH_UID=0 ${env}\necho "$@" >> $0.args\nexec ${STAND_IN} "$@"`;
}

/** What a run of the collector has come to. */
export interface Run {
  readonly records: Connection[];
  readonly counters: CollectorCounters;
  readonly covered: CollectorCoverage[];
  readonly reports: string[];
  /** Exit status and text of the error that ended it. */
  readonly error?: readonly [number, string];
}

/** Options of all collectors, with these for this one. */
export function optionsWith(littlesnitch: Partial<LittleSnitchOptions>) {
  return { ...OPTIONS, littlesnitch: { stream: false, ...littlesnitch } };
}

/** The collector over fake programs, on macOS. */
export function collectorOf(
  fakes: FakePrograms,
  surroundings: LittleSnitchSurroundings = {},
): LittleSnitchCollector {
  const system = { ...fakes.system, env: () => "Europe/Vienna" };
  return new LittleSnitchCollector(system, { os: "darwin", ...surroundings });
}

/**
 * Runs a collector to its end.
 *
 * @param isEnough Is asked after each batch whether to abort.
 */
export async function runOf(
  collector: LittleSnitchCollector,
  littlesnitch: Partial<LittleSnitchOptions>,
  isEnough: (run: Run) => boolean = () => false,
): Promise<Run> {
  const stop = new AbortController();
  const run: Run = {
    records: [],
    counters: { read: 0, dropped: {}, degraded: {} },
    covered: [],
    reports: [],
  };
  const context: CollectorContext = {
    options: optionsWith(littlesnitch),
    signal: stop.signal,
    counters: run.counters,
    coverage: (coverage) => {
      run.covered.push(coverage);
      if (isEnough(run)) stop.abort();
    },
    report: (level, message) => run.reports.push(`${level}: ${message}`),
  };
  try {
    for await (const batch of collector.connections(context)) {
      run.records.push(...batch);
      if (isEnough(run)) stop.abort();
    }
  } catch (error) {
    if (error instanceof ExitError) return { ...run, error: [error.code, error.message] };
    throw error;
  }
  return run;
}

/** Runs the collector over a shell script. */
export async function runScript(
  body: string,
  littlesnitch: Partial<LittleSnitchOptions> = {},
  isEnough?: (run: Run) => boolean,
): Promise<Run & { readonly args: string }> {
  await using fakes = new FakePrograms();
  const program = fakes.script(body, "littlesnitch");
  const run = await runOf(collectorOf(fakes), { program, ...littlesnitch }, isEnough);
  let args = "";
  try {
    args = fakes.written("littlesnitch.args");
  } catch {
    // It was not asked to keep them.
  }
  return { ...run, args };
}
