/**
 * What the main thread and a collector's worker say to each other. Everything crosses by structured
 * clone; `postMessage` has no back-pressure of its own, so batches are paid for with credit.
 */
import type {
  Batch,
  CollectorCounters,
  CollectorCoverage,
  CollectorOptions,
  Level,
  ProbeResult,
} from "../collector.ts";
import type { Report } from "../report.ts";

/** From the main thread to the worker. */
export type ToWorker =
  | { readonly type: "probe"; readonly options: CollectorOptions }
  | { readonly type: "start"; readonly options: CollectorOptions }
  /** One batch was consumed. */
  | { readonly type: "credit" }
  | { readonly type: "stop" };

/** From the worker to the main thread. */
export type FromWorker =
  /** The worker's module is loaded: the main thread may give up its own permissions. */
  | { readonly type: "ready" }
  | { readonly type: "probe"; readonly result: ProbeResult }
  | {
    readonly type: "batch";
    /** Reports on other runs that stand before it. */
    readonly reports?: readonly Report[];
    readonly batch: Batch;
    readonly counters: CollectorCounters;
  }
  /** The counters have changed while there was no batch. */
  | { readonly type: "counters"; readonly counters: CollectorCounters }
  | { readonly type: "coverage"; readonly coverage: CollectorCoverage }
  | { readonly type: "report"; readonly level: Level; readonly message: string }
  | { readonly type: "end"; readonly counters: CollectorCounters }
  | {
    readonly type: "failed";
    readonly code: number;
    readonly message: string;
    readonly counters?: CollectorCounters;
  };

/** How many batches a worker may be ahead of the main thread; and where memory is bounded. */
export const CREDIT = 16;
export const CREDIT_BOUNDED = 3;

/** How often a worker looks whether there are counters to send, milliseconds. */
export const COUNTERS_MS = 1000;
