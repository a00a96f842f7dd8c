/**
 * The stage that saves memory while there is too little: records are folded into few summaries, and into one
 * where even that is too much: then the collectors are slowed down too. What is lost is counted.
 */
import type { Connection } from "../connection.ts";
import type { System } from "../system.ts";
import type { FoldField } from "./fold/fields.ts";
import { Folder } from "./fold/folder.ts";
import type { Batches, Ledger } from "./stage.ts";
import { withTicks } from "./ticks.ts";

/** How often the memory is looked at, microseconds. */
const LOOK = 100_000;

/** Length of the windows of the summaries, microseconds. */
const WINDOW = 10_000_000;

/** How often it is looked whether a window has ended, milliseconds. */
const TICK_MS = 1000;

/** Summaries that are kept at a time: beyond that, all others are one. */
const MAX_KEYS = 1024;

/** Open connections that are remembered, to count each once: few, for they take memory too. */
const MAX_OPEN = 4096;

/** From this part of the memory on records are folded, and down to that one they go on to be. */
const HIGH = 0.8;
const LOW = 0.7;

/**
 * From this part of it on, what is new is one summary, and whoever collects has to wait: what the kernel has no
 * room for meanwhile is lost, and counted.
 */
const FULL = 0.9;

/** How long a batch waits then, milliseconds. */
const BRAKE_MS = 100;

/** What is worth most: which program, to or from whom. Neither the other port, nor the process id. */
const BY: readonly FoldField[] = ["executable", "ip", "port", "outcome"];

/** What the stage works with. */
export interface ReliefOptions {
  /** How much memory the program may take, bytes. */
  readonly limitBytes: number;
  readonly system: Pick<System, "now" | "elapsed" | "sleep" | "residentBytes">;
  readonly ledger: Ledger;
  /** Aborts when the run is to end: then nothing waits. */
  readonly signal: AbortSignal;
  /** Whether collectors are slowed down where there is hardly any memory left; else they wait in any case. */
  readonly brakes: boolean;
  /** Takes what the user should know. */
  readonly say: (message: string) => void;
}

/** Folds records while memory is short. Those that are folded count as such. */
export async function* relieve(batches: Batches, options: ReliefOptions): Batches {
  const { system, signal, brakes } = options;
  const relief = new Relief(options);
  try {
    for await (const batch of withTicks(batches, system, TICK_MS)) {
      const out = relief.take(batch);
      if (out.length > 0) yield out;
      if (brakes && batch.length > 0 && relief.isFull) await system.sleep(BRAKE_MS, signal);
    }
  } catch (error) {
    yield relief.end();
    throw error;
  }
  yield relief.end();
}

/** What is known of the memory, and what is folded. */
class Relief {
  readonly #options: ReliefOptions;
  #lookedAt = -Infinity;
  /** While memory is short. */
  #folder: Folder | undefined;
  #folded = 0;
  #overflowed = 0;
  /** Whether there is hardly any memory left. */
  isFull = false;
  #out: Connection[] = [];

  constructor(options: ReliefOptions) {
    this.#options = options;
  }

  /** Takes records, and returns what there is to be written. */
  take(batch: Connection[]): Connection[] {
    this.#look();
    const folder = this.#folder;
    if (folder === undefined) {
      if (this.#out.length === 0) return batch;
      this.#out.push(...batch);
    } else {
      for (const record of batch) folder.add(record);
      for (const summary of folder.advance(this.#options.system.now())) this.#out.push(summary);
      this.#count(folder);
    }
    return this.#taken();
  }

  /** What is still held back. */
  end(): Connection[] {
    this.#close();
    return this.#taken();
  }

  #taken(): Connection[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #look(): void {
    const { limitBytes, system, say } = this.#options;
    const now = system.elapsed();
    if (now - this.#lookedAt < LOOK) return;
    this.#lookedAt = now;
    const used = system.residentBytes();
    this.isFull = used >= limitBytes * FULL;
    if (this.#folder === undefined && used >= limitBytes * HIGH) {
      this.#folder = this.#open();
      say("memory is short: connections are summed up until it is not (see --memory)");
    } else if (this.#folder !== undefined && used < limitBytes * LOW) {
      this.#close();
      say("memory is no longer short: connections are told one by one again");
    }
  }

  #open(): Folder {
    this.#folded = 0;
    this.#overflowed = 0;
    const maxKeys = () => this.isFull ? 1 : MAX_KEYS;
    const options = {
      windowUs: WINDOW,
      by: BY,
      maxOpen: MAX_OPEN,
      get maxKeys() {
        return maxKeys();
      },
      // The same window of another run, or of another shortage in it, is another summary.
      run: String(this.#options.system.now()),
    };
    return new Folder(options, (record) => this.#out.push(record));
  }

  #close(): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    for (const summary of folder.end(this.#options.system.now())) this.#out.push(summary);
    this.#count(folder);
    this.#folder = undefined;
  }

  #count({ folded, overflowed }: Folder): void {
    const { ledger } = this.#options;
    ledger.folded += folded - this.#folded;
    this.#folded = folded;
    const more = overflowed - this.#overflowed;
    if (more > 0) ledger.degraded.set("memory", (ledger.degraded.get("memory") ?? 0) + more);
    this.#overflowed = overflowed;
  }
}
