/** `--since-last`: a run that goes on where the one before it ended. */
import type { OptionValues } from "../cli/spec.ts";
import type { HostIdentity } from "../connection.ts";
import type { Diag } from "../diag.ts";
import type { Sink } from "../sinks/sink.ts";
import type { FileEnd, System } from "../system.ts";
import { isoTime } from "../time.ts";
import { gapReport } from "../windows/gap.ts";
import { WindowState } from "../windows/state.ts";
import { type ClosedWindows, closedWindows, type TimeSpan } from "../windows/windows.ts";
import type { RunSeries } from "./run.ts";

/** Which series it is. */
export interface SeriesOptions {
  /** Path of the state. */
  readonly path: string;
  /** What is summed up: another source is another series. */
  readonly key: string;
  readonly windowMs: number;
  /** How long after its end a window is complete. */
  readonly settleMs: number;
}

/** What is to be done, and what is done. Holds the lock of the state until it is disposed of. */
export class Series implements RunSeries, Disposable {
  readonly #state: WindowState;
  readonly #due: ClosedWindows;
  readonly #windowUs: number;
  readonly #diag: Diag;

  private constructor(state: WindowState, due: ClosedWindows, windowUs: number, diag: Diag) {
    this.#state = state;
    this.#due = due;
    this.#windowUs = windowUs;
    this.#diag = diag;
  }

  /** @throws ExitError as `WindowState.open`. */
  static open(
    values: OptionValues,
    system: System,
    diag: Diag,
    { path, key, windowMs, settleMs }: SeriesOptions,
  ): Series {
    const windowUs = windowMs * 1000;
    const warn = (message: string) => diag.say("warning", message);
    const state = WindowState.open(system, path, { windowUs, key, warn });
    const due = closedWindows({
      done: state.done,
      now: system.now(),
      windowUs,
      settleUs: settleMs * 1000,
      maxCatchup: Number(values.text("max-catchup")),
    });
    const { aheadUs } = due;
    if (aheadUs !== undefined) {
      const seconds = Math.round(aheadUs / 1e6);
      warn(`what is done lies ${seconds} s ahead of the clock: nothing is summed up until then`);
    }
    return new Series(state, due, windowUs, diag);
  }

  /** All that is to be summed up; undefined where nothing is. */
  get span(): TimeSpan | undefined {
    return this.#due.span;
  }

  get ends(): readonly FileEnd[] {
    return this.#state.ends;
  }

  begin(sinks: readonly Sink[], host: HostIdentity): void {
    const { gap } = this.#due;
    const { span } = this;
    if (span === undefined) return;
    this.#state.begin((gap ?? span).start, sinks);
    if (gap === undefined) return;
    const report = gapReport(host, gap, this.#windowUs, "max-catchup");
    const what = `${report.windows} windows, ${isoTime(gap.start)} to ${isoTime(gap.end)},`;
    const hasPlace = sinks.every((sink) => sink.report(report));
    // Where no log tells of it, it must not be missed.
    const level = hasPlace ? "warning" : "error";
    this.#diag.say(level, `${what} are left out: they are more than --max-catchup allows`);
    this.#commit(gap.end, 0, sinks);
  }

  commit(sinks: readonly Sink[], count: number): void {
    const { span } = this;
    if (span === undefined) return;
    this.#commit(span.end, count, sinks);
    this.#state.finish();
  }

  #commit(end: number, count: number, sinks: readonly Sink[]): void {
    this.#state.commit(end, count, sinks);
    for (const sink of sinks) sink.committed?.();
  }

  [Symbol.dispose](): void {
    this.#state[Symbol.dispose]();
  }
}
