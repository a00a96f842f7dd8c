/** Adds up rows of CSV by all that stands around their numbers, in WebAssembly: see `assembly/row_sums.ts`. */
import { ROW_SUMS_MODULE } from "./row_sums_module.ts";

/** What the module exports. Places are byte offsets in its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly input: WebAssembly.Global;
  readonly inputBytes: WebAssembly.Global;
  readonly slotBytes: WebAssembly.Global;
  readonly at: WebAssembly.Global;
  readonly headEnd: WebAssembly.Global;
  readonly second: WebAssembly.Global;
  readonly third: WebAssembly.Global;
  readonly fourth: WebAssembly.Global;
  readonly tail: WebAssembly.Global;
  readonly lineFeed: WebAssembly.Global;
  readonly time: WebAssembly.Global;
  readonly taken: WebAssembly.Global;
  readonly slotCount: WebAssembly.Global;
  readonly touchedCount: WebAssembly.Global;
  readonly slots: WebAssembly.Global;
  readonly touched: WebAssembly.Global;
  readonly heap: WebAssembly.Global;
  configure(fields: number, isApart: number, from: number, to: number, random: bigint): void;
  forget(): void;
  setWindow(start: number, stop: number): void;
  setDay(place: number, start: number): void;
  learn(): number;
  clear(): void;
  scan(from: number, to: number): number;
}

/** Why a scan has stopped, as the module numbers it. */
const STOPS = ["untaken", "unknown", "outside"] as const;

/**
 * `untaken`: the row is none that can be taken, or it is not all there. `unknown`: its key was never
 * learned. `outside`: it lies in another window.
 */
export type Stop = typeof STOPS[number];

/** Groups that are known at a time, at most, and bytes that they may take. */
const MAX_GROUPS = 1 << 21;
const MAX_BYTES = 768 * 1024 * 1024;

const DAY = 86_400_000_000;

/** Where the parts of the row are that the scan stopped at, from the beginning of the row. */
export interface RowParts {
  /** Where the four numbers begin; each ends a byte before what comes next begins. */
  readonly numbers: readonly [number, number, number, number];
  /** Where what comes after them begins. */
  readonly tail: number;
  /** How long the row is, without its line feed. */
  readonly length: number;
}

/** What the rows of one group add up to in a window. Times are microseconds since the epoch. */
export interface RowSum {
  /** What {@linkcode RowSums.learn} gave for it. */
  readonly group: number;
  readonly numbers: readonly [number, number, number, number];
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** What a {@linkcode RowSums} is told of its rows. */
export interface RowSumsOptions {
  /** Fields between the date and the numbers: at least one. */
  readonly headFields: number;
  /** Rows of which the second number is 0 are added up with each other, whatever the first one is. */
  readonly ignoresFirst: boolean;
  /** Rows of other times are passed over, microseconds since the epoch, half open. */
  readonly begin: number;
  readonly end: number;
}

/** Sums of one stream. */
export class RowSums {
  readonly #module: Exports;
  readonly #input: number;
  /** How many bytes of a stream it takes at a time. */
  readonly inputBytes: number;
  #bytes: Uint8Array;

  constructor({ headFields, ignoresFirst, begin, end }: RowSumsOptions) {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(ROW_SUMS_MODULE));
    const { exports } = new WebAssembly.Instance(module);
    // What a module exports has no types of its own.
    this.#module = exports as unknown as Exports;
    this.#input = this.#module.input.value;
    this.inputBytes = this.#module.inputBytes.value;
    const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    this.#module.configure(headFields, ignoresFirst ? 0 : 1, begin, end, random);
    this.#bytes = new Uint8Array(this.#module.memory.buffer);
  }

  /** How many rows have been added up. */
  get taken(): number {
    return this.#module.taken.value;
  }

  /** How many groups have sums. */
  get size(): number {
    return this.#module.touchedCount.value;
  }

  /** Whether it takes too much memory to learn more. */
  get isFull(): boolean {
    const { slotCount, heap } = this.#module;
    return slotCount.value >= MAX_GROUPS || heap.value >= MAX_BYTES;
  }

  /** When the row was that the scan stopped at, unless that was `untaken`. */
  get time(): number {
    return this.#module.time.value;
  }

  /** Puts bytes of the stream in its place, {@linkcode inputBytes} of them at most. */
  load(bytes: Uint8Array): void {
    const { memory } = this.#module;
    if (this.#bytes.buffer !== memory.buffer) this.#bytes = new Uint8Array(memory.buffer);
    this.#bytes.set(bytes, this.#input);
  }

  /** Adds up the rows of what was loaded, from `from` on and as far as they end before `to`. */
  scan(from: number, to: number): Stop {
    return STOPS[this.#module.scan(this.#input + from, this.#input + to)] ?? "untaken";
  }

  /** Where the row begins that the scan stopped at. */
  get at(): number {
    return this.#module.at.value - this.#input;
  }

  /** Its parts, where the scan stopped because it is unknown. */
  get parts(): RowParts {
    const { at, headEnd, second, third, fourth, tail, lineFeed } = this.#module;
    const base = at.value;
    return {
      numbers: [
        headEnd.value + 1 - base,
        second.value - base,
        third.value - base,
        fourth.value - base,
      ],
      tail: tail.value - base,
      length: lineFeed.value - base,
    };
  }

  /** Learns that unknown row: others with its key are added up with it. Groups are numbered from 0. */
  learn(): number {
    return this.#module.learn();
  }

  /** The row that begins there is of this time: so the times of others of its day are known. */
  setDay(from: number, time: number): void {
    this.#module.setDay(this.#input + from, Math.floor(time / DAY) * DAY);
  }

  /** Only rows in this window are added up: microseconds since the epoch, half open. */
  setWindow(start: number, end: number): void {
    this.#module.setWindow(start, end);
  }

  /** Gives out all sums, in the order of their first rows, and begins anew. */
  *take(): Generator<RowSum> {
    const { memory, touched, touchedCount, slots, slotBytes } = this.#module;
    const groups = new Uint32Array(memory.buffer, touched.value, touchedCount.value);
    const words = slotBytes.value / 8;
    const sums = new Float64Array(memory.buffer, slots.value);
    for (const group of groups) {
      const at = group * words;
      const of = (word: number) => sums[at + word] ?? 0;
      yield {
        group,
        numbers: [of(0), of(1), of(2), of(3)],
        first: of(4),
        last: of(5),
        rows: of(6),
      };
    }
    this.#module.clear();
  }

  /** Forgets all groups; their sums must have been taken. */
  forget(): void {
    this.#module.forget();
  }
}
