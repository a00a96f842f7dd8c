/** The main thread's side: a collector in a worker that may do no more than its registry row names. */
import type { CollectorRow } from "../../collectors/registry.ts";
import type { CollectorOptions, Level, ProbeResult } from "../collector.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Batches, Ledger } from "../pipeline/stage.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** Receives what a collector says to the user. */
export type Report = (level: Level, message: string) => void;

/** A running worker. `using` ends it. */
export class CollectorWorker implements Disposable {
  readonly #worker: Worker;
  readonly #inbox: FromWorker[] = [];
  #wake: (() => void) | undefined;

  /**
   * Starts the worker and returns at once; the module loads meanwhile.
   *
   * @param row The collector's row of the registry.
   * @param place Where the collector reads; its permissions depend on it.
   * @param report Where its diagnostics go.
   * @param base Where the worker's file stands; the folder of the registry unless a test says otherwise.
   */
  constructor(
    row: CollectorRow,
    place: Pick<CollectorOptions, "procfs">,
    report: Report,
    base: string = new URL("../../collectors/", import.meta.url).href,
  ) {
    this.#worker = new Worker(new URL(row.worker, base), {
      type: "module",
      name: row.name,
      deno: { permissions: row.permissions(place) },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === "report") report(data.level, data.message);
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
   * Runs the collector. What it has read and lost is kept in the ledger.
   *
   * @throws ExitError when the collector cannot go on.
   */
  async *connections(
    options: CollectorOptions,
    signal: AbortSignal,
    ledger: Ledger,
  ): Batches {
    const stop = () => this.#send({ type: "stop" });
    if (signal.aborted) return;
    signal.addEventListener("abort", stop, { once: true });
    this.#send({ type: "start", options });
    try {
      while (true) {
        const message = await this.#next();
        if (message.type === "failed") throw new ExitError(message.code, message.message);
        if (message.type === "batch" || message.type === "end") {
          ledger.read = message.counters.read;
          for (const [reason, count] of Object.entries(message.counters.dropped)) {
            ledger.dropped.set(reason, count);
          }
        }
        if (message.type === "end") return;
        if (message.type !== "batch") continue;
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
    this.#inbox.push(message);
    this.#wake?.();
    this.#wake = undefined;
  }

  async #next(): Promise<FromWorker> {
    while (true) {
      const message = this.#inbox.shift();
      if (message) return message;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
