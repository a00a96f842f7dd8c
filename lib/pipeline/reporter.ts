/** Makes the reports on a run: what it covers, and at intervals, after losses and at the end how it goes. */
import type { CollectorCoverage } from "../collector.ts";
import type { Connection, HostIdentity } from "../connection.ts";
import { countOf, growth } from "../counts.ts";
import {
  type OutputLoss,
  type RecordCounts,
  type Report,
  type ReportedCoverage,
  reportId,
  type StatsReason,
} from "../report.ts";
import type { System } from "../system.ts";
import { VERSION } from "../version.ts";
import type { Ledger } from "./stage.ts";

/** How soon after a loss it is reported, milliseconds. */
const LOSS_MS = 1000;

/** What the clock may gain or lose from one look to the next, microseconds: more is a jump. */
const CLOCK_SLACK = 1_000_000;

/** What a {@linkcode Reporter} reports on, and to whom. */
export interface ReporterContext {
  readonly system: Pick<System, "now" | "elapsed" | "sleep" | "residentBytes">;
  readonly host: HostIdentity;
  /** Names of the collectors that were asked for. */
  readonly collectors: readonly string[];
  readonly ledger: Ledger;
  /** Time between two stats reports, milliseconds. */
  readonly intervalMs: number;
  /** What the collector of that name sees by its nature. */
  sees(collector: string): string | undefined;
  /** What the outputs have lost so far; only those that have. */
  losses(): readonly OutputLoss[];
  /** Takes a report. Does not throw. */
  write(report: Report): void;
}

/** Reports on one run. */
export class Reporter {
  readonly #context: ReporterContext;
  readonly #coverage = new Map<string, ReportedCoverage>();
  #from: number;
  #reported: RecordCounts;
  #lagUs: number | undefined;
  /** The clock less the time that has passed, at the latest look, microseconds. */
  #origin: number;

  constructor(context: ReporterContext) {
    const { system, ledger } = context;
    this.#context = context;
    this.#from = system.now();
    this.#origin = this.#from - system.elapsed();
    this.#reported = ledger.counts();
  }

  /** What the collectors have said of themselves. */
  get coverage(): readonly ReportedCoverage[] {
    return [...this.#coverage.values()];
  }

  /** Takes what a collector covers; reports it where that is new. */
  covered(coverage: CollectorCoverage): void {
    const { system, host, write } = this.#context;
    const sees = this.#context.sees(coverage.name);
    const reported: ReportedCoverage = { ...coverage, ...(sees !== undefined && { sees }) };
    const before = this.#coverage.get(coverage.name);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(reported)) return;
    this.#coverage.set(coverage.name, reported);
    const time = system.now();
    const collectors = this.coverage;
    const id = reportId("coverage", host, time, this.#names());
    write({ kind: "coverage", id, time, host, version: VERSION, collectors });
  }

  /** Whether a collector has said what it covers, so that it runs. */
  get hasBegun(): boolean {
    return this.coverage.some(({ usable }) => usable);
  }

  /** Takes note of records that have been written. */
  wrote(batch: readonly Connection[]): void {
    // Those of a batch are of about the same time, and the first is the oldest.
    const [first] = batch;
    if (first === undefined) return;
    const lag = Math.max(this.#context.system.now() - first.time, 0);
    this.#lagUs = Math.max(this.#lagUs ?? 0, lag);
  }

  /**
   * Reports at intervals, and within a second after a loss. Losses that go on are reported after twice
   * that, and so on up to the interval: every one counts, but not every one fills the log.
   * Resolves when the signal aborts.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { system, intervalMs } = this.#context;
    let elapsed = 0;
    let pause = LOSS_MS;
    while (true) {
      const ms = Math.min(LOSS_MS, intervalMs - elapsed);
      await system.sleep(ms, signal);
      if (signal.aborted) return;
      this.#watchClock();
      // Counted, not measured: a clock that is set makes no difference.
      elapsed += ms;
      const isLossy = this.#hasLost();
      if (elapsed < intervalMs && !(isLossy && elapsed >= pause)) continue;
      pause = isLossy ? Math.min(pause * 2, intervalMs) : LOSS_MS;
      elapsed = 0;
      this.stats(isLossy ? "loss" : "interval");
    }
  }

  /** Reports how the run goes. */
  stats(why: StatsReason): void {
    const { system, host, ledger, losses, write } = this.#context;
    const time = system.now();
    const outputs = losses();
    const total = ledger.counts();
    const collectors = this.#names();
    write({
      kind: "stats",
      id: reportId("stats", host, time, [why, ...collectors]),
      time,
      host,
      why,
      collectors,
      from: this.#from,
      to: time,
      total,
      delta: difference(total, this.#reported),
      underWay: ledger.balance,
      ...(this.#lagUs !== undefined && { lagUs: this.#lagUs }),
      memoryBytes: system.residentBytes(),
      ...(outputs.length > 0 && { outputs }),
    });
    this.#from = time;
    this.#reported = total;
    this.#lagUs = undefined;
  }

  /** Reports that the clock has jumped: it was set, or the host slept, which passes for no time. */
  #watchClock(): void {
    const { system, host, write } = this.#context;
    const to = system.now();
    const from = this.#origin + system.elapsed();
    this.#origin += to - from;
    if (Math.abs(to - from) < CLOCK_SLACK) return;
    write({
      kind: "clock",
      id: reportId("clock", host, to, [String(from)]),
      time: to,
      host,
      from,
      to,
    });
  }

  #hasLost(): boolean {
    const { dropped } = this.#context.ledger;
    for (const [reason, count] of dropped) {
      if (count > countOf(this.#reported.dropped, reason)) return true;
    }
    return false;
  }

  /** Of the collectors that are running, as far as they have said so. */
  #names(): readonly string[] {
    const usable = this.coverage.filter((coverage) => coverage.usable);
    return usable.length === 0 ? this.#context.collectors : usable.map(({ name }) => name);
  }
}

function difference(now: RecordCounts, before: RecordCounts): RecordCounts {
  return {
    read: now.read - before.read,
    emitted: now.emitted - before.emitted,
    folded: now.folded - before.folded,
    filtered: now.filtered - before.filtered,
    dropped: growth(now.dropped, before.dropped),
    degraded: growth(now.degraded, before.degraded),
  };
}
