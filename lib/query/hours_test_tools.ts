/** Answers of `hourly` in tests: of runs, and by a reference that is slow, simple and made of nothing else. */
import { findLogs, type LogsOptions } from "../../collectors/files/logs.ts";
import { Crew } from "./crew.ts";
import { hourLines, HOURS } from "./hours.ts";
import { question } from "./query_test_tools.ts";
import { Spill } from "./spill.ts";
import type { HoursSpec, PartResult } from "./task.ts";

/** Microseconds. */
export const HOUR = 3_600_000_000;

/** Counts by the hour in little memory. */
export function hoursSpec(options: Partial<HoursSpec> = {}): HoursSpec {
  return { kind: "hours", spanUs: HOUR, maxBytes: 512 * 1024, ...options };
}

/** A connection: its names as they are counted. */
export interface NaiveCall {
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly from: string;
  readonly to: string;
  /** How many it stands for. Absent: one. */
  readonly count?: number;
}

/** The answer, as lines without their line breaks. */
export function naiveHours(
  calls: Iterable<NaiveCall>,
  { spanUs, to: callee, from: caller }: HoursSpec,
): string[] {
  const spans = new Map<
    number,
    { to: Set<string>; from: Set<string>; most: Map<string, number> }
  >();
  for (const { time, from, to, count = 1 } of calls) {
    const start = Math.floor(time / spanUs) * spanUs;
    const span = spans.get(start) ?? { to: new Set(), from: new Set(), most: new Map() };
    spans.set(start, span);
    for (const name of [from, to]) span.most.set(name, (span.most.get(name) ?? 0) + count);
    if (to === callee?.toLowerCase()) span.to.add(from);
    if (from === caller?.toLowerCase()) span.from.add(to);
  }
  return [...spans].sort(([a], [b]) => a - b).flatMap(([start, { to, from, most }]) => {
    const seconds = start / 1e6;
    const stamp = seconds % 1 === 0 ? seconds.toFixed(1) : `${seconds}`;
    const greatest = Math.max(...most.values());
    const first = [...most.keys()].filter((name) => most.get(name) === greatest).sort()[0];
    return [
      ...[...to].sort().map((name) => `${stamp}\tTO\t${name}`),
      ...[...from].sort().map((name) => `${stamp}\tFROM\t${name}`),
      `${stamp}\tMOST\t${first}`,
    ];
  });
}

/** How logs are read: nothing of this changes an answer. */
export interface HoursOptions extends Partial<Pick<LogsOptions, "format" | "partBytes">> {
  readonly threads?: number;
  readonly blockBytes?: number;
  /** Runs that are kept in memory, bytes. */
  readonly runBytes?: number;
  readonly errors?: boolean;
}

/** The answer of logs, as `hourly` gives it, and how many runs it was made of. */
export async function askHours(
  paths: readonly string[],
  spec: HoursSpec,
  { threads = 1, runBytes = 1e6, blockBytes, errors = false, ...rest }: HoursOptions = {},
) {
  const logs = await findLogs(paths, { question: {}, seeks: false, lateUs: 0, ...rest });
  using spill = Spill.open(runBytes);
  const results: PartResult[] = [];
  let runs = 0;
  using crew = new Crew({
    task: {
      ...{ question: question(), answer: spec, errors },
      ...(blockBytes !== undefined && { blockBytes }),
    },
    ...{ parts: logs.parts, kept: logs.kept, threads },
    onLines: () => {},
    onResult: (_part, result) => results.push(result),
    onRun(run) {
      runs++;
      spill.add(run);
    },
  });
  try {
    await crew.run();
  } finally {
    for (const file of logs.kept.values()) file[Symbol.dispose]();
  }
  const items = spill.merge(HOURS.decode, HOURS.compare, HOURS.combine);
  const lines = [...hourLines(items)].map((line) => line.slice(0, -1));
  return { lines, runs, results, problems: logs.problems };
}
