/** The thread that reads processes as they execute something: see `exec_readings.ts`. */
import type { System } from "../../lib/system.ts";
import type { ExecMessage, ExecReadingsOptions, ExecReadingsStart } from "./exec_readings.ts";
import type { Reading } from "./readings.ts";

/** What the watch tells. */
export interface ExecListener {
  /**
   * A process was read that executed something at that time, microseconds since the boot. Any process may
   * seem to have: file names can imitate an event.
   */
  readonly onReading: (pid: number, boot: number, reading: Reading) => void;
  /** So many were not read, because there were too many at once: since the start. */
  readonly onSkipped: (count: number) => void;
  /** Nothing more will be heard. */
  readonly onError: (reason: string) => void;
}

/** The only event of the instance that the watch reads. */
export const EXEC_EVENT = { system: "sched", name: "sched_process_exec" } as const;

/** The part of a worker that is used. */
export type ExecWorker = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

/** How often, and how long apart (milliseconds), a reader that shall end is woken. */
const WAKES = 100;
const WAKE_PAUSE = 20;

/** How often a thread that is busy looks for messages, before it goes on without some. */
const TURNS = 100;

/** Starts the worker. */
export function execWorker(): ExecWorker {
  const url = new URL("../trace_exec_worker.ts", import.meta.url);
  return new Worker(url, { type: "module", name: "trace exec" });
}

/** A running watch. To dispose of it ends it; dispose of the instance after. */
export class ExecWatch implements AsyncDisposable {
  readonly #system: Pick<System, "writeFile" | "sleep">;
  readonly #instance: string;
  readonly #worker: ExecWorker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  readonly #endText = `connscribe ends ${crypto.randomUUID()}`;
  readonly #posted = new Int32Array(new SharedArrayBuffer(4));
  #received = 0;
  #stopping = false;

  /** @param worker One that runs `readExecs`. */
  constructor(
    system: Pick<System, "writeFile" | "sleep">,
    options: ExecReadingsOptions,
    listener: ExecListener,
    worker: ExecWorker = execWorker(),
  ) {
    this.#system = system;
    this.#instance = options.instance;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ExecMessage>) => this.#take(data, listener);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#take({ type: "end", reason: event.message }, listener);
    };
    const start: ExecReadingsStart = {
      ...options,
      posted: this.#posted,
      end: this.#endText,
    };
    worker.postMessage(start);
  }

  /** Resolves once it listens, or cannot. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the readings that there are now have come: a thread that is busy gets them late. */
  async settled(): Promise<void> {
    const posted = Atomics.load(this.#posted, 0);
    for (let left = TURNS; left > 0 && !this.#ended.signal.aborted; left--) {
      // The shared number wraps around.
      if (((this.#received - posted) | 0) >= 0) return;
      await this.#system.sleep(1, this.#ended.signal);
    }
  }

  #take(message: ExecMessage, { onReading, onSkipped, onError }: ExecListener): void {
    switch (message.type) {
      case "ready":
        return this.#ready.resolve();
      case "reading":
        this.#received++;
        return onReading(message.pid, message.boot, message.reading);
      case "skipped":
        return onSkipped(message.count);
      case "end":
        this.#ended.abort();
        this.#ready.resolve();
        if (!this.#stopping) onError(message.reason ?? "it has ended");
    }
  }

  /**
   * Wakes the reader with an event of our own, for a read that waits cannot be taken back. Resolves when
   * the pipe is closed, or after two seconds without that.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    for (let left = WAKES; left > 0 && !this.#ended.signal.aborted; left--) {
      try {
        this.#system.writeFile(`${this.#instance}/trace_marker`, this.#endText);
      } catch {
        // Tried again; and where the instance is gone, the read ends by itself.
      }
      await this.#system.sleep(WAKE_PAUSE, this.#ended.signal);
    }
    this.#worker.terminate();
  }
}
