/** A run for tests: window → lines appended to a file → commit, as `export --since-last` does it. */
import { ChainedTarget } from "../chain/chained_target.ts";
import type { Mac } from "../chain/mac.ts";
import { Diag } from "../diag.ts";
import { cutBack, openForAppending } from "../sinks/open_file.ts";
import { LineSink } from "../sinks/line_sink.ts";
import { FixedTarget } from "../sinks/target.ts";
import { ID_FORMAT, recordOf } from "../sinks/test_output.ts";
import type { System } from "../system.ts";
import { WindowState } from "./state.ts";
import { closedWindows, type TimeSpan } from "./windows.ts";

/** Length of a window of the tests, microseconds. */
export const WINDOW = 60_000_000;

/** How long its records may come late, microseconds. */
export const SETTLE = 5_000_000;

/** How a run is started. */
export interface TestRunOptions {
  /** Path of the state, and of the file that is written. */
  readonly state: string;
  readonly out: string;
  /** What time it is, microseconds since the epoch. */
  readonly now: number;
  readonly maxCatchup?: number;
  /** Chains the lines. */
  readonly mac?: Mac;
  /** Between the opening of all files and the first line. */
  readonly onReady?: () => void;
}

/** The lines of a window, JSON objects: none in every third one, else up to eleven. */
export function linesOf({ start }: TimeSpan): string[] {
  const number = start / WINDOW;
  const count = number % 3 === 0 ? 0 : 1 + number % 11;
  return Array.from(
    { length: count },
    (_, i) => `{"${number}.${i}":"${"x".repeat(number * 7 % 90)}"}`,
  );
}

/** What one run writes that goes on from `start`, and ends before `end`. */
export function continuous(start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += WINDOW) {
    for (const line of linesOf({ start: at, end: at + WINDOW })) text += `${line}\n`;
  }
  return text;
}

/** End of the last window that is closed at this time. */
export function lastEnd(now: number): number {
  return Math.floor((now - SETTLE) / WINDOW) * WINDOW;
}

/** Runs to the end. Throws what a state and a sink throw. */
export function runOnce(
  system: System,
  { state: path, out, now, maxCatchup = 1_000_000, mac, onReady }: TestRunOptions,
): void {
  const diag = new Diag(system);
  const warn = (message: string) => diag.say("warning", message);
  using state = WindowState.open(system, path, { windowUs: WINDOW, key: "test", warn });
  const { done } = state;
  const schedule = { done, now, windowUs: WINDOW, settleUs: SETTLE, maxCatchup };
  const { span } = closedWindows(schedule);
  const windows: TimeSpan[] = [];
  for (let at = span?.start ?? 0; at < (span?.end ?? 0); at += WINDOW) {
    windows.push({ start: at, end: at + WINDOW });
  }
  const file = openForAppending(system, out);
  cutBack(file, out, state.ends, diag);
  const lines = new FixedTarget(file, out);
  const target = mac === undefined
    ? lines
    : ChainedTarget.open(lines, mac, { kind: "file", path: out }, true, { system, diag });
  const sink = new LineSink(target, ID_FORMAT, undefined, diag);
  onReady?.();
  const [first] = windows;
  if (first !== undefined) state.begin(first.start, [sink]);
  for (const window of windows) {
    const records = linesOf(window).map(recordOf);
    sink.write(records.slice(0, 2));
    sink.write(records.slice(2));
    state.commit(window.end, records.length, [sink]);
    sink.committed();
  }
  state.finish();
  sink.close();
}
