/** Which process each thread belongs to. */
import type { ProcessEntry } from "./process_entry.ts";

/** A thread; the first one of a process has the id of the process. */
export interface Task {
  readonly process: ProcessEntry;
  /** How often the trace had lost events when this was certain. */
  losses: number;
  /** When it ended, microseconds since the boot. */
  ended?: number;
}

interface Ended {
  readonly tid: number;
  readonly task: Task;
  readonly boot: number;
}

/**
 * Threads by id. Those that have ended are kept for a while, for a process closes its sockets after its
 * exit was traced.
 */
export class Tasks {
  readonly #limit: number;
  readonly #grace: number;
  readonly #byTid = new Map<number, Task>();
  readonly #ended: Ended[] = [];
  #forgotten = 0;
  /** Where the first one of {@linkcode #ended} is. */
  #first = 0;

  /**
   * @param limit How many are kept: the first to have ended goes first, then the one that is known longest.
   * @param grace How long one is kept after its end, microseconds.
   */
  constructor(limit: number, grace: number) {
    this.#limit = limit;
    this.#grace = grace;
  }

  /** How many there are. */
  get size(): number {
    return this.#byTid.size;
  }

  /** How many that had not ended were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(tid: number): Task | undefined {
    return this.#byTid.get(tid);
  }

  /** Makes a new thread, whoever had the id before. */
  set(tid: number, process: ProcessEntry, losses: number): Task {
    const task = { process, losses };
    // Deleted first, so that the order is that of their making.
    this.#byTid.delete(tid);
    this.#byTid.set(tid, task);
    if (this.#byTid.size > this.#limit) this.#evict();
    return task;
  }

  delete(tid: number): void {
    this.#byTid.delete(tid);
  }

  /** @param boot Microseconds since the boot. */
  end(tid: number, boot: number): void {
    const task = this.#byTid.get(tid);
    if (task === undefined || task.ended !== undefined) return;
    task.ended = boot;
    this.#ended.push({ tid, task, boot });
  }

  /** Forgets those whose end is long ago. @param boot Where the trace is, microseconds since the boot. */
  prune(boot: number): void {
    for (;;) {
      const next = this.#ended[this.#first];
      if (next === undefined || next.boot > boot - this.#grace) return;
      this.#forget(next);
    }
  }

  #evict(): void {
    for (;;) {
      const next = this.#ended[this.#first];
      if (next === undefined) break;
      if (this.#forget(next)) return;
    }
    for (const oldest of this.#byTid.keys()) {
      this.#byTid.delete(oldest);
      this.#forgotten++;
      return;
    }
  }

  /** Whether it was there still: its id may have been given away. */
  #forget({ tid, task }: Ended): boolean {
    this.#first++;
    if (this.#first > 1024 && this.#first * 2 > this.#ended.length) {
      this.#ended.splice(0, this.#first);
      this.#first = 0;
    }
    return this.#byTid.get(tid) === task && this.#byTid.delete(tid);
  }
}
