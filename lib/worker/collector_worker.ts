/** The main thread's side: a collector in a worker that may do no more than its registry row names. */
import type { CollectorRow } from "../../collectors/registry.ts";
import type {
  CollectorCounters,
  CollectorCoverage,
  CollectorOptions,
  CollectorPlace,
  Level,
  ProbeResult,
} from "../collector.ts";
import { growth } from "../counts.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Batches, Ledger } from "../pipeline/stage.ts";
import type { Report } from "../report.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** Receives what a collector says to the user. */
export type Say = (level: Level, message: string) => void;

/** What a run of a collector is told to. */
export interface RunContext {
  /** Gets what the collector has read and lost, as soon as it is known. */
  readonly ledger: Ledger;
  /** Gets what the collector sees and misses, in its place among the batches. */
  readonly onCoverage?: (coverage: CollectorCoverage) => void;
  /** Gets the reports on other runs that a log holds, in their place among the batches. */
  readonly onReport?: (report: Report) => void;
}

/** A collector that was started. `using` ends it. */
export interface RunningCollector extends Disposable {
  /** Resolves once the main thread may give up its permissions. */
  ready(): Promise<void>;
  /** Asks the collector whether it can run here. */
  probe(options: CollectorOptions): Promise<ProbeResult>;
  /** Runs the collector, once. */
  connections(options: CollectorOptions, signal: AbortSignal, context: RunContext): Batches;
}

/** One in a worker. */
export class CollectorWorker implements RunningCollector {
  readonly #worker: Worker;
  readonly #inbox: FromWorker[] = [];
  #wake: (() => void) | undefined;
  #ledger: Ledger | undefined;
  /** What the ledger has of this collector. */
  #counted: CollectorCounters = { read: 0, dropped: {}, degraded: {} };

  /**
   * Starts the worker and returns at once; the module loads meanwhile.
   *
   * @param row The collector's row of the registry.
   * @param place Where the collector reads; its permissions depend on it.
   * @param say Where its diagnostics go.
   * @param base Where the worker's file stands; the folder of the registry unless a test says otherwise.
   */
  constructor(
    row: CollectorRow,
    place: CollectorPlace,
    say: Say,
    base: string = new URL("../../collectors/", import.meta.url).href,
  ) {
    this.#worker = new Worker(new URL(row.worker, base), {
      type: "module",
      name: row.name,
      deno: { permissions: row.permissions(place) },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === "report") say(data.level, data.message);
      else this.#receive(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const message = `the collector "${row.name}" failed: ${event.message}`;
      this.#receive({ type: "failed", code: EXIT.software, message });
    };
  }

  /** Resolves once the worker's module is loaded and stands on its own permissions. */
  async ready(): Promise<void> {
    const message = await this.#next();
    if (message.type === "failed") throw new ExitError(message.code, message.message);
  }

  /** Asks the collector whether it can run here. */
  async probe(options: CollectorOptions): Promise<ProbeResult> {
    this.#send({ type: "probe", options });
    const message = await this.#next();
    if (message.type === "probe") return message.result;
    const reason = message.type === "failed" ? message.message : "it gave no answer";
    return { usable: false, reason, misses: [], remedies: [] };
  }

  /**
   * Runs the collector, once.
   *
   * @throws ExitError when the collector cannot go on.
   */
  async *connections(
    options: CollectorOptions,
    signal: AbortSignal,
    { ledger, onCoverage, onReport }: RunContext,
  ): Batches {
    const stop = () => this.#send({ type: "stop" });
    if (signal.aborted) return;
    this.#ledger = ledger;
    signal.addEventListener("abort", stop, { once: true });
    this.#send({ type: "start", options });
    try {
      while (true) {
        const message = await this.#next();
        if (message.type === "failed") throw new ExitError(message.code, message.message);
        if (message.type === "coverage") onCoverage?.(message.coverage);
        if (message.type === "end") return;
        if (message.type !== "batch") continue;
        if (onReport !== undefined) message.reports?.forEach(onReport);
        yield message.batch;
        this.#send({ type: "credit" });
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if ("counters" in message) this.#count(message.counters);
    if (message.type === "counters") return;
    this.#inbox.push(message);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Adds to the ledger what has been counted since; records in the inbox are under way. */
  #count(counters: CollectorCounters | undefined): void {
    const ledger = this.#ledger;
    if (ledger === undefined || counters === undefined) return;
    const { read, folded = 0, dropped, degraded } = this.#counted;
    ledger.collected({
      read: counters.read - read,
      folded: (counters.folded ?? 0) - folded,
      dropped: growth(counters.dropped, dropped),
      degraded: growth(counters.degraded, degraded),
    });
    this.#counted = counters;
  }

  async #next(): Promise<FromWorker> {
    while (true) {
      const message = this.#inbox.shift();
      if (message) return message;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
