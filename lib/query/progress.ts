/** How far a long search is, on a terminal. */
import type { System } from "../system.ts";

/** Shorter work is not told of, milliseconds; and not more often than this. */
const PATIENCE_MS = 1000;
const INTERVAL_MS = 200;

const WIDTH = 30;

/** A bar on stderr. */
export class Progress {
  readonly #system: Pick<System, "stderr">;
  readonly #clock: () => number;
  readonly #total: number;
  readonly #begun: number;
  readonly #isShown: boolean;
  #done = 0;
  #last = 0;
  #hasDrawn = false;

  /**
   * @param total Bytes; 0 where that is not known.
   * @param clock Milliseconds.
   */
  constructor(
    system: Pick<System, "stderr">,
    total: number,
    isQuiet: boolean,
    clock: () => number = () => performance.now(),
  ) {
    this.#system = system;
    this.#clock = clock;
    this.#begun = clock();
    this.#total = total;
    this.#isShown = system.stderr.isTerminal && !isQuiet && total > 0;
  }

  /** Whether anybody sees it: else nothing need be told. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** So many more bytes have been read. */
  add(bytes: number): void {
    this.#done += bytes;
    const now = this.#clock();
    if (!this.#isShown || now - this.#begun < PATIENCE_MS || now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    const share = Math.min(1, this.#done / this.#total);
    const bar = "#".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, ".");
    this.#draw(`\r[${bar}] ${Math.floor(share * 100)} %`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#hasDrawn) this.#draw("\r\x1b[K");
    this.#hasDrawn = false;
  }

  #draw(text: string): void {
    this.#hasDrawn = true;
    try {
      this.#system.stderr.write(new TextEncoder().encode(text));
    } catch {
      // Nobody sees it.
    }
  }
}
