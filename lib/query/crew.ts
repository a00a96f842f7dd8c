/** Searches parts of logs on as many threads as there are cores: this one, and workers. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import { EXIT, ExitError } from "../exit.ts";
import { PartOrder } from "./part_order.ts";
import { PartSearch } from "./part_search.ts";
import { Searcher } from "./search.ts";
import type { Part } from "../../collectors/files/logs.ts";
import {
  type FromSearcher,
  MAX_UNWRITTEN,
  type PartResult,
  type Task,
  type ToSearcher,
} from "./task.ts";

/** Parts that a worker is given ahead, so that it does not wait for this thread. */
const AHEAD = 2;

/** Parts that may be done before one that comes before them: what they have come to waits in memory. */
const MAX_WAITING = 16;

/** This thread looks for messages at least so often, milliseconds. */
const PAUSE_MS = 20;

/** How a search is done. */
export interface CrewOptions {
  readonly task: Task;
  readonly parts: readonly Part[];
  /** Logs that can be read only once and are open, by path: this thread reads them. */
  readonly kept: ReadonlyMap<string, LogFile>;
  /** Threads, this one included. */
  readonly threads: number;
  /** Takes whole lines of UTF-8 of an answer of records, in the order of the parts. */
  readonly onLines: (lines: Uint8Array) => void;
  /** Takes what the parts have come to, in their order. */
  readonly onResult: (part: Part, result: PartResult) => void;
  /** So many more bytes have been read of what is stored. */
  readonly onRead?: (bytes: number) => void;
  /** Takes sorted runs of names, in any order. */
  readonly onRun: (run: Uint8Array<ArrayBuffer>) => void;
}

/** Lets messages come in. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A search that runs. */
export class Crew implements Disposable {
  readonly #options: CrewOptions;
  readonly #workers: Worker[] = [];
  readonly #order: PartOrder;
  /** Parts that only this thread can search, and the others, by number. */
  readonly #own: number[] = [];
  readonly #shared: number[] = [];
  /** Workers that wait for a part. */
  readonly #idle: Worker[] = [];
  /** Bytes of lines of this thread that are not written yet. */
  #unwritten = 0;
  #finished = 0;
  /** Messages that have come in. */
  #received = 0;
  #failure: Error | undefined;
  #isStopped = false;
  #wake: (() => void) | undefined;

  /** Starts the workers, while reading files is still permitted. */
  constructor(options: CrewOptions) {
    this.#options = options;
    this.#order = new PartOrder({
      onLines: (lines) => this.#isStopped || options.onLines(lines),
      onResult: (index, result) => {
        const part = options.parts[index];
        if (part !== undefined && !this.#isStopped) options.onResult(part, result);
      },
    });
    for (const [index, { path }] of options.parts.entries()) {
      (options.kept.has(path) ? this.#own : this.#shared).push(index);
    }
    const paths = [...new Set(options.parts.map(({ path }) => path))];
    for (let i = 1; i < options.threads; i++) this.#workers.push(this.#start(paths));
  }

  /**
   * Searches all parts.
   *
   * @throws ExitError where a thread fails.
   */
  async run(): Promise<void> {
    const { task, parts, kept, onRun, onRead } = this.#options;
    for (const worker of this.#workers) {
      this.#send(worker, { type: "task", task });
      for (let i = 0; i < AHEAD; i++) this.#give(worker);
    }
    let rested = performance.now();
    const proceed = async () => {
      if (performance.now() - rested >= PAUSE_MS) {
        for (let seen = -1; seen !== this.#received;) {
          seen = this.#received;
          await breathe();
        }
        rested = performance.now();
      }
      return !this.#isStopped && this.#failure === undefined;
    };
    const searcher = await Searcher.create(task, {
      ...{ onRun, proceed },
      ...(onRead !== undefined && { onRead }),
    });
    using search = new PartSearch(searcher, kept);
    while (!this.#isStopped) {
      const index = this.#next();
      const part = index === undefined ? undefined : parts[index];
      if (index !== undefined && part !== undefined) {
        const result = await search.search(part, (lines) => this.#hold(index, lines));
        this.#receive(index, result);
        await proceed();
      } else if (this.#order.next < parts.length) await this.#news();
      else break;
      if (this.#failure !== undefined) throw this.#failure;
    }
    if (this.#isStopped) return;
    searcher.finish();
    for (const worker of this.#workers) this.#send(worker, { type: "finish" });
    while (this.#finished < this.#workers.length) {
      await this.#news();
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /** Ends it early: nobody wants to know more. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #start(paths: readonly string[]): Worker {
    const url = new URL("../../collectors/query_worker.ts", import.meta.url);
    const permissions = { read: [...paths] };
    const worker = new Worker(url, { type: "module", name: "query", deno: { permissions } });
    worker.onmessage = ({ data }: MessageEvent<FromSearcher>) => {
      this.#received++;
      if (data.type === "run") {
        const bytes = data.run.length;
        this.#options.onRun(data.run);
        this.#send(worker, { type: "written", bytes });
      } else if (data.type === "read") this.#options.onRead?.(data.bytes);
      else if (data.type === "lines") {
        const { index, lines } = data;
        const bytes = lines.length;
        this.#order.lines(index, lines, () => this.#send(worker, { type: "written", bytes }));
      } else if (data.type === "found") {
        this.#give(worker);
        this.#receive(data.index, data.result);
      } else this.#finished++;
      this.#wake?.();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new ExitError(EXIT.software, `the search failed: ${event.message}`);
      this.#wake?.();
    };
    return worker;
  }

  #send(worker: Worker, message: ToSearcher): void {
    worker.postMessage(message);
  }

  /** The next part for this thread: in order, so that what it waits for is never its own. */
  #next(): number | undefined {
    const [own = Infinity] = this.#own;
    const [shared = Infinity] = this.#shared;
    return own < shared ? this.#own.shift() : this.#take();
  }

  /** The next part for any thread; undefined where there is none, or too many wait for one before them. */
  #take(): number | undefined {
    const [next = Infinity] = this.#shared;
    return next - this.#order.next < MAX_WAITING ? this.#shared.shift() : undefined;
  }

  /** Gives a worker a part, or remembers that it wants one. */
  #give(worker: Worker): void {
    const index = this.#take();
    const part = index === undefined ? undefined : this.#options.parts[index];
    if (index === undefined || part === undefined) this.#idle.push(worker);
    else this.#send(worker, { type: "part", index, part });
  }

  /** Takes lines of this thread, and waits while too many of them are not written. */
  async #hold(index: number, lines: Uint8Array): Promise<void> {
    this.#unwritten += lines.length;
    this.#order.lines(index, lines, () => this.#unwritten -= lines.length);
    while (this.#unwritten > MAX_UNWRITTEN && !this.#isStopped && this.#failure === undefined) {
      await this.#news();
    }
  }

  #receive(index: number, result: PartResult): void {
    this.#order.result(index, result);
    for (const worker of this.#idle.splice(0)) this.#give(worker);
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
