/** Searches parts of logs on as many threads as there are cores: this one, and workers. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import { readPermission } from "../../collectors/files/read_permission.ts";
import { EXIT, ExitError } from "../exit.ts";
import { PartHeaders } from "./part_headers.ts";
import { PartOrder, type Piece } from "./part_order.ts";
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

/** Parts that a worker is given ahead, so that it does not wait for this thread: fewer near the end. */
const MIN_AHEAD = 2;
const MAX_AHEAD = 8;

/** So many parts of each thread may be done before one that comes before them: what comes of them waits. */
const MAX_WAITING = 16;

/** This thread looks for messages at least so often, milliseconds, and for no longer than `LOOK_MS`. */
const PAUSE_MS = 50;
const LOOK_MS = 20;

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

/** A search that runs. */
export class Crew implements Disposable {
  readonly #options: CrewOptions;
  /** Workers, and how many parts each of them has been given and has not done. */
  readonly #workers = new Map<Worker, number>();
  readonly #order: PartOrder;
  readonly #headers: PartHeaders;
  /** Parts that only this thread can search, and the others, by number. */
  readonly #own: number[] = [];
  readonly #shared: number[] = [];
  /** Bytes of lines of this thread that are not written yet. */
  #unwritten = 0;
  #finished = 0;
  /** Messages that have come in. */
  #received = 0;
  /** When this thread last took all of them, and how many parts it has done since it looked for any. */
  #looked = performance.now();
  #doneSince = 0;
  #failure: Error | undefined;
  #isStopped = false;
  #wake: (() => void) | undefined;

  /** Starts the workers, while reading files is still permitted. */
  constructor(options: CrewOptions) {
    this.#options = options;
    this.#headers = new PartHeaders(options.parts);
    this.#order = new PartOrder({
      onPiece: ({ type, bytes }) => {
        if (type === "run") options.onRun(bytes);
        else if (!this.#isStopped) options.onLines(bytes);
      },
      onResult: (index, result) => {
        const part = options.parts[index];
        this.#headers.done(index, result);
        if (part !== undefined && !this.#isStopped) options.onResult(part, result);
      },
      isRight: (index) => this.#headers.isRight(index),
      onWrong: (index) => {
        const path = options.parts[index]?.path ?? "";
        (options.kept.has(path) ? this.#own : this.#shared).unshift(index);
      },
    });
    for (const [index, { path }] of options.parts.entries()) {
      (options.kept.has(path) ? this.#own : this.#shared).push(index);
    }
    const paths = readPermission(options.parts.map(({ path }) => path));
    for (let i = 1; i < options.threads; i++) this.#workers.set(this.#start(paths), 0);
  }

  /**
   * Searches all parts.
   *
   * @throws ExitError where a thread fails.
   */
  async run(): Promise<void> {
    const { task, parts, kept, onRun, onRead } = this.#options;
    const tellsRead = onRead !== undefined;
    for (const worker of this.#workers.keys()) {
      this.#send(worker, { type: "task", task, tellsRead });
    }
    this.#deal();
    const searcher = await Searcher.create(task, {
      ...{ onRun, proceed: () => this.#proceed() },
      ...(onRead !== undefined && { onRead }),
    });
    using search = new PartSearch(searcher, kept);
    while (!this.#isStopped) {
      const index = this.#next();
      const part = this.#assumed(index);
      if (index !== undefined && part !== undefined) {
        const result = await search.search(part, {
          onLines: (bytes) => this.#hold(index, { type: "lines", bytes }),
          onRun: (bytes) => this.#keep(index, { type: "run", bytes }),
        });
        this.#receive(index, result);
        await this.#room();
        await this.#look();
      } else if (this.#order.next < parts.length) await this.#news();
      else break;
      if (this.#failure !== undefined) throw this.#failure;
    }
    if (this.#isStopped) return;
    searcher.finish();
    for (const worker of this.#workers.keys()) this.#send(worker, { type: "finish" });
    while (this.#finished < this.#workers.size) {
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
    for (const worker of this.#workers.keys()) worker.terminate();
  }

  /** Between blocks: takes all messages, if that was long ago. Returns whether to go on. */
  async #proceed(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#looked >= PAUSE_MS) {
      // Others may send without end.
      for (let seen = -1; seen !== this.#received && performance.now() - now < LOOK_MS;) {
        seen = this.#received;
        await this.#message();
      }
      this.#looked = performance.now();
      this.#doneSince = 0;
    }
    return !this.#isStopped && this.#failure === undefined;
  }

  /** After a part: takes a message, if a worker may by now have done all that it was given. */
  async #look(): Promise<void> {
    this.#doneSince++;
    if (this.#shared.length === 0 || this.#doneSince < Math.min(...this.#workers.values())) return;
    await this.#message();
    this.#doneSince = 0;
  }

  /** Lets a message come in; does not wait for one. */
  async #message(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      // A timer that has run down takes more than a millisecond, a message that is there less.
      timer = setTimeout(resolve, 0);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #start(paths: readonly string[]): Worker {
    const url = new URL("../../collectors/query_worker.ts", import.meta.url);
    const permissions = { read: [...paths] };
    const worker = new Worker(url, { type: "module", name: "query", deno: { permissions } });
    worker.onmessage = ({ data }: MessageEvent<FromSearcher>) => {
      this.#received++;
      if (data.type === "run" && data.index === undefined) {
        const bytes = data.run.length;
        this.#options.onRun(data.run);
        this.#send(worker, { type: "written", bytes });
      } else if (data.type === "read") this.#options.onRead?.(data.bytes);
      else if (data.type === "run" || data.type === "lines") {
        const bytes = data.type === "run" ? data.run : data.lines;
        const { length } = bytes;
        this.#order.piece(data.index ?? 0, { type: data.type, bytes }, () => {
          this.#send(worker, { type: "written", bytes: length });
        });
      } else if (data.type === "found") {
        this.#workers.set(worker, (this.#workers.get(worker) ?? 1) - 1);
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
    const ahead = next - this.#order.next;
    const maxWaiting = MAX_WAITING * this.#options.threads;
    return ahead < (this.#order.isRepeating ? 1 : maxWaiting) ? this.#shared.shift() : undefined;
  }

  /** Gives the workers parts, in turn, as far as there are any and they have not enough. */
  #deal(): void {
    for (let given = -1; given !== 0;) {
      given = 0;
      const share = this.#shared.length / (4 * this.#options.threads);
      const enough = Math.max(MIN_AHEAD, Math.min(share, MAX_AHEAD));
      for (const [worker, has] of this.#workers) {
        if (has < enough && this.#give(worker)) given++;
      }
    }
  }

  /** Gives a worker a part. Returns whether there was one. */
  #give(worker: Worker): boolean {
    const index = this.#take();
    const part = this.#assumed(index);
    if (index === undefined || part === undefined) return false;
    this.#workers.set(worker, (this.#workers.get(worker) ?? 0) + 1);
    this.#send(worker, { type: "part", index, part });
    return true;
  }

  /** A part, with what its headers are taken to say. */
  #assumed(index: number | undefined): Part | undefined {
    return index === undefined
      ? undefined
      : this.#headers.assume(index, index === this.#order.next);
  }

  #keep(index: number, piece: Piece): void {
    const { length } = piece.bytes;
    this.#unwritten += length;
    this.#order.piece(index, piece, () => this.#unwritten -= length);
  }

  /** Takes a piece of this thread, and waits while too much is not written. */
  async #hold(index: number, piece: Piece): Promise<void> {
    this.#keep(index, piece);
    await this.#room();
  }

  async #room(): Promise<void> {
    while (this.#unwritten > MAX_UNWRITTEN && !this.#isStopped && this.#failure === undefined) {
      await this.#news();
    }
  }

  #receive(index: number, result: PartResult): void {
    this.#headers.found(index, result);
    this.#order.result(index, result);
    this.#deal();
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
