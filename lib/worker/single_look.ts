/**
 * A collector that looks once, in the main thread: for one that needs all permissions anyway a worker
 * would keep nothing from it, and costs time, to start and to copy each record. All is read while the
 * main thread still has its permissions; what is yielded, and so filtered, rendered and written, comes
 * after it has given them up.
 */
import type {
  Collector,
  CollectorCounters,
  CollectorCoverage,
  CollectorOptions,
  ProbeResult,
} from "../collector.ts";
import type { Connection } from "../connection.ts";
import type { Batches } from "../pipeline/stage.ts";
import type { RunContext, RunningCollector, Say } from "./collector_worker.ts";

/** Runs such a collector. */
export class SingleLook implements RunningCollector {
  readonly #load: () => Promise<Collector>;
  readonly #coming: Promise<CollectorOptions>;
  readonly #say: Say;
  readonly #counters: CollectorCounters = { read: 0, dropped: {} };
  #coverage: CollectorCoverage | undefined;
  #batches: Connection[][] = [];

  /**
   * @param load Loads the collector.
   * @param coming The options, with `once`.
   * @param say Where its diagnostics go.
   */
  constructor(
    load: () => Promise<Collector>,
    coming: Promise<CollectorOptions>,
    say: Say,
  ) {
    this.#load = load;
    this.#coming = coming;
    this.#say = say;
  }

  /**
   * Looks, and resolves when all is read.
   *
   * @throws ExitError when the collector cannot look.
   */
  async ready(): Promise<void> {
    const [collector, options] = await Promise.all([
      this.#load(),
      this.#coming,
    ]);
    const look = collector.connections({
      options,
      signal: new AbortController().signal,
      counters: this.#counters,
      coverage: (coverage) => this.#coverage = coverage,
      report: this.#say,
    });
    for await (const batch of look) this.#batches.push(batch);
  }

  /** Asks the collector whether it can run here. */
  async probe(options: CollectorOptions): Promise<ProbeResult> {
    return await (await this.#load()).probe(options);
  }

  /** What was read, once. */
  async *connections(
    _options: CollectorOptions,
    _signal: AbortSignal,
    { ledger, onCoverage }: RunContext,
  ): Batches {
    ledger.read += this.#counters.read;
    for (const [reason, count] of Object.entries(this.#counters.dropped)) {
      ledger.drop(reason, count);
    }
    if (this.#coverage !== undefined) onCoverage?.(this.#coverage);
    yield* this.#batches.splice(0);
  }

  [Symbol.dispose](): void {
    this.#batches = [];
  }
}
