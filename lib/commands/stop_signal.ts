/** Ends a run on SIGINT, SIGTERM or after a time. */
import type { System } from "../system.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A second signal within this time is the first one again, microseconds. */
const SAME_SIGNAL = 500_000;

/**
 * Aborts {@linkcode signal} on the first SIGINT or SIGTERM, and ends the program at once on the second.
 * `using` takes the handlers away again.
 */
export class StopSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #interrupted = new AbortController();
  readonly #handlers = new Map<Deno.Signal, () => void>();
  /** When the first signal came, microseconds since the epoch. */
  #stopped = -Infinity;
  readonly #disposed = new AbortController();

  readonly #system: Pick<System, "now" | "sleep">;

  constructor(system: Pick<System, "now" | "sleep">) {
    this.#system = system;
    for (const [name, code] of Object.entries(SIGNALS)) {
      const handler = () => {
        const isFirst = !this.interrupted.aborted;
        // timeout(1) and terminals signal the process and then its group.
        if (!isFirst && system.now() - this.#stopped > SAME_SIGNAL) Deno.exit(code);
        if (isFirst) this.#stopped = system.now();
        this.#interrupted.abort();
        this.abort();
      };
      Deno.addSignalListener(name as Deno.Signal, handler);
      this.#handlers.set(name as Deno.Signal, handler);
    }
  }

  /** Aborts after this time, too; milliseconds. */
  abortAfter(ms: number): void {
    this.within(ms).addEventListener("abort", () => this.abort());
  }

  /** A signal that aborts after this time, milliseconds, or with {@linkcode signal}. */
  within(ms: number): AbortSignal {
    const over = new AbortController();
    const either = AbortSignal.any([this.signal, this.#disposed.signal]);
    this.#system.sleep(ms, either).then(() => over.abort());
    return over.signal;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts on SIGINT and SIGTERM alone: somebody waits for the end of the program. */
  get interrupted(): AbortSignal {
    return this.#interrupted.signal;
  }

  abort(): void {
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
    this.#disposed.abort();
  }
}
