/** The worker's side: runs one collector on behalf of the main thread. */
import type {
  Collector,
  CollectorContext,
  CollectorCounters,
  CollectorOptions,
} from "../collector.ts";
import type { Report } from "../report.ts";
import { EXIT, ExitError } from "../exit.ts";
import { COUNTERS_MS, CREDIT, CREDIT_BOUNDED, type FromWorker, type ToWorker } from "./protocol.ts";

/** The part of a worker's global scope that is used. */
export interface WorkerScope<Received = ToWorker, Sent = FromWorker> {
  postMessage(message: Sent, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Received>) => void) | null;
}

/** The global scope of the worker that this runs in. */
export function workerScope<Received = ToWorker, Sent = FromWorker>(): WorkerScope<Received, Sent> {
  // The types of a window's and a worker's global scope exclude each other; a worker it is.
  return globalThis as unknown as WorkerScope<Received, Sent>;
}

/** Counts what may still be sent; `take` waits while nothing may. */
class Credit {
  /** Batches that may be sent. */
  left = CREDIT;
  #wake: (() => void) | undefined;

  constructor(readonly signal: AbortSignal) {
    signal.addEventListener("abort", () => this.#wake?.());
  }

  give(): void {
    this.left++;
    this.#wake?.();
  }

  async take(): Promise<void> {
    while (this.left <= 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.left--;
  }
}

/**
 * Answers the main thread's messages with what the collector yields.
 *
 * @param collector The one collector of this worker.
 * @param scope The worker's global scope.
 */
export function serve(collector: Collector, scope: WorkerScope): void {
  const stop = new AbortController();
  const credit = new Credit(stop.signal);

  async function run(options: CollectorOptions): Promise<void> {
    const counters: CollectorCounters = { read: 0, dropped: {}, degraded: {} };
    if (options.tables !== undefined) credit.left = CREDIT_BOUNDED;
    let sent = "";
    // A loss is told also while there is nothing else to tell.
    const timer = setInterval(() => {
      const text = JSON.stringify(counters);
      if (text !== sent) scope.postMessage({ type: "counters", counters });
      sent = text;
    }, COUNTERS_MS);
    let reports: Report[] = [];
    const context: CollectorContext = {
      options,
      signal: stop.signal,
      counters,
      coverage: (coverage) => scope.postMessage({ type: "coverage", coverage }),
      report: (level, message) => scope.postMessage({ type: "report", level, message }),
      passOn: (report) => reports.push(report),
    };
    try {
      for await (const batch of collector.connections(context)) {
        await credit.take();
        const before = reports.length > 0 ? { reports } : {};
        scope.postMessage({ type: "batch", ...before, batch, counters });
        reports = [];
      }
      scope.postMessage({ type: "end", counters });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof ExitError ? error.code : EXIT.software;
      scope.postMessage({ type: "failed", code, message, counters });
    } finally {
      clearInterval(timer);
    }
  }

  scope.onmessage = async ({ data }) => {
    switch (data.type) {
      case "probe":
        scope.postMessage({ type: "probe", result: await collector.probe(data.options) });
        break;
      case "start":
        await run(data.options);
        break;
      case "credit":
        credit.give();
        break;
      case "stop":
        stop.abort();
        break;
    }
  };
  scope.postMessage({ type: "ready" });
}
