/**
 * A collector that looks once, in the main thread: for one that needs all permissions anyway a worker
 * would keep nothing from it, and costs time, to start and to copy each record. Such a collector reads
 * all before it yields its first batch, while the main thread still has its permissions. The records are
 * made, filtered, rendered and written batch by batch after it has given them up, so that few of them are
 * there at a time.
 */
import type {
  Batch,
  Collector,
  CollectorCounters,
  CollectorCoverage,
  CollectorOptions,
  ProbeResult,
} from "../collector.ts";
import type { Batches } from "../pipeline/stage.ts";
import type { RunContext, RunningCollector, Say } from "./collector_worker.ts";

/** Runs such a collector. */
export class SingleLook implements RunningCollector {
  readonly #load: () => Promise<Collector>;
  readonly #coming: Promise<CollectorOptions>;
  readonly #say: Say;
  readonly #counters: CollectorCounters = { read: 0, dropped: {}, degraded: {} };
  #coverage: CollectorCoverage | undefined;
  #batches: AsyncIterator<Batch> | undefined;
  #next: IteratorResult<Batch> | undefined;

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
   * Looks, and resolves when all is read and the first batch is there.
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
    this.#batches = look[Symbol.asyncIterator]();
    this.#next = await this.#batches.next();
  }

  /** Asks the collector whether it can run here. */
  async probe(options: CollectorOptions): Promise<ProbeResult> {
    return await (await this.#load()).probe(options);
  }

  /**
   * What was read, once.
   *
   * @throws ExitError when the collector cannot go on.
   */
  async *connections(
    _options: CollectorOptions,
    _signal: AbortSignal,
    { ledger, onCoverage }: RunContext,
  ): Batches {
    if (this.#coverage !== undefined) onCoverage?.(this.#coverage);
    try {
      while (this.#next !== undefined && !this.#next.done) {
        const batch = this.#next.value;
        yield batch;
        this.#next = await this.#batches?.next();
      }
    } finally {
      ledger.collected(this.#counters);
    }
  }

  [Symbol.dispose](): void {
    this.#batches = undefined;
    this.#next = undefined;
  }
}
