/** One child process from its start to its end: read, ended when asked, always waited for. */
import type { Child, ChildStatus, System } from "../system.ts";
import { LineSplitter } from "./lines.ts";

/** How long a child may take to end after SIGTERM, milliseconds; then comes SIGKILL. */
export const PATIENCE_MS = 2000;

/** How long its pipes may stay open after its end, for another process may hold them, milliseconds. */
const GRACE_MS = 1000;

/**
 * Bytes that are read before they are asked for. A child that waits to print takes no events, and the
 * kernel keeps few for it.
 */
const READ_AHEAD = 4 * 1024 * 1024;

/**
 * While it prints little at a time, its output is left to gather for so long, milliseconds: each reading
 * costs as much as dozens of lines. A pipe holds 64 KiB: what a program prints in this time must fit.
 */
const GATHER_MS = 2;
const LITTLE = 8 * 1024;

/** What a stream that fails is taken for. */
const END = { done: true, value: undefined } as const;

const decoder = new TextDecoder();

/**
 * A child process. Its stderr is read all the time, so that it never waits for that. When `signal`
 * aborts it is ended, whether or not anybody reads.
 */
export class RunningChild {
  readonly pid: number;
  readonly #system: Pick<System, "sleep">;
  readonly #child: Child;
  readonly #stdout: ReadableStreamDefaultReader<Uint8Array>;
  readonly #queue: ReadableStreamDefaultReader<Uint8Array>;
  readonly #stderr: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ended = new AbortController();
  readonly #closed = new AbortController();
  readonly #gone: Promise<ChildStatus>;
  readonly #drained: Promise<void>;
  #asked = false;
  #atEnd = false;
  #cut = false;

  /**
   * @param signal Ends the child.
   * @param onStderr Takes each line of its stderr; bytes that are no UTF-8 are replaced.
   */
  constructor(
    system: Pick<System, "sleep">,
    child: Child,
    signal: AbortSignal,
    onStderr: (line: string) => void,
  ) {
    this.#system = system;
    this.#child = child;
    this.pid = child.pid;
    this.#stdout = child.stdout.getReader();
    this.#queue = this.#readAhead().getReader();
    this.#stderr = child.stderr.getReader();
    const terminate = () => this.terminate();
    signal.addEventListener("abort", terminate);
    this.#gone = child.status.then((status) => {
      signal.removeEventListener("abort", terminate);
      this.#ended.abort();
      this.#closeLater();
      return status;
    });
    this.#drained = this.#drain(onStderr);
    if (signal.aborted) terminate();
  }

  /** Whether it is still there. */
  get running(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** Whether the reading of its stdout was given up before the end. */
  get cut(): boolean {
    return this.#cut;
  }

  /** What it prints, up to the end. To be iterated once; {@linkcode stop} must follow. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    while (true) {
      const { value, done } = await this.#queue.read();
      if (done) return;
      yield value;
    }
  }

  /** Asks it to end, and makes it end if it does not. */
  terminate(): void {
    if (this.#asked || !this.running) return;
    this.#asked = true;
    this.#child.kill("SIGTERM");
    this.#system.sleep(PATIENCE_MS, this.#ended.signal).then(() => {
      if (this.running) this.#child.kill("SIGKILL");
    });
  }

  /**
   * Waits for its end and for the rest of its stderr. It has closed its stdout, so it is about to end; if
   * it does not, it is made to.
   */
  async ended(): Promise<ChildStatus> {
    this.#system.sleep(PATIENCE_MS, this.#ended.signal).then(() => this.terminate());
    const status = await this.#gone;
    await this.#drained;
    return status;
  }

  /** Ends it, if it has not ended, and waits until nothing is left of it. Never rejects. */
  async stop(): Promise<ChildStatus> {
    this.terminate();
    await this.#queue.cancel();
    const status = await this.ended();
    this.#closed.abort();
    return status;
  }

  #readAhead(): ReadableStream<Uint8Array> {
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull: async (controller) => {
        const { value, done } = await this.#stdout.read().catch(() => END);
        if (!done && value.length < LITTLE) await this.#system.sleep(GATHER_MS, this.#ended.signal);
        // Copied, because a chunk of few bytes lies in a buffer of 64 KiB.
        if (!done) return controller.enqueue(value.slice());
        this.#atEnd = true;
        controller.close();
      },
      cancel: () => this.#stdout.cancel().catch(() => {}),
    };
    return new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD }));
  }

  /** Its own output is in the pipes by now: who still waits waits for another process. */
  async #closeLater(): Promise<void> {
    await this.#system.sleep(GRACE_MS, this.#closed.signal);
    if (this.#closed.signal.aborted) return;
    this.#cut = !this.#atEnd;
    await Promise.all([
      this.#stdout.cancel().catch(() => {}),
      this.#stderr.cancel().catch(() => {}),
    ]);
  }

  async #drain(onStderr: (line: string) => void): Promise<void> {
    const lines = new LineSplitter();
    const read = (bytes: Uint8Array, start: number, end: number) =>
      onStderr(decoder.decode(bytes.subarray(start, end)));
    while (true) {
      const { value, done } = await this.#stderr.read().catch(() => END);
      if (done) return;
      lines.push(value, read);
    }
  }
}
