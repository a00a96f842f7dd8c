/**
 * Counts hosts by span of time, in WebAssembly: see `assembly/host_tally.ts`. What a {@linkcode HostTally}
 * counts is given out as runs, which are sorted and can be merged.
 *
 * A run is entries one after another, all numbers little-endian:
 *
 * | bytes | what |
 * |---|---|
 * | 8 | start of the span, microseconds since the epoch (float64) |
 * | 1 | kind: see {@linkcode KIND} |
 * | 2 | length of the name, in bytes |
 * | | the name, letters of ASCII small |
 * | 8 | count (float64), at least 1 |
 *
 * Entries are in the order of span, kind and name, names byte by byte; no two are equal in all three.
 */
import { HOST_TALLY_MODULE } from "./host_tally_module.ts";

/**
 * What an entry counts. `to`: connections of the named host to the one that `to` names; `from`: those that it
 * took from the one that `from` names; `most`: its connections on either side.
 */
export const KIND = { to: 0, from: 1, most: 2 } as const;

/** One of the values of {@linkcode KIND}. */
export type Kind = typeof KIND[keyof typeof KIND];

/** An entry of a run. */
export interface RunEntry {
  /** Start of the span, microseconds since the epoch. */
  readonly span: number;
  readonly kind: Kind;
  /** What is no UTF-8 in it is U+FFFD. */
  readonly name: string;
  readonly count: number;
}

/** What a {@linkcode HostTally} is told. */
export interface HostTallyOptions {
  /** Length of a span, microseconds, a whole number: spans begin at its multiples. */
  readonly spanUs: number;
  /** The host whose callers are counted; small and capital letters of ASCII are the same. */
  readonly to?: string;
  /** The host whose callees are counted. */
  readonly from?: string;
  /** Memory for entries and the table that finds them: 512 KiB to 2 GiB. It is taken as it is needed. */
  readonly maxBytes: number;
  /** Other times are passed over: microseconds since the epoch, half open. */
  readonly begin?: number;
  readonly end?: number;
  /**
   * A span is closed when a time has passed its end by so much, microseconds: connections of it that come
   * later are passed over. Absent: none is.
   */
  readonly latenessUs?: number;
}

/** What the module exports. Places are byte offsets in its memory. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly keys: WebAssembly.Global;
  readonly nameFrom: WebAssembly.Global;
  readonly nameTo: WebAssembly.Global;
  readonly nameBytes: WebAssembly.Global;
  readonly output: WebAssembly.Global;
  readonly outputBytes: WebAssembly.Global;
  readonly input: WebAssembly.Global;
  readonly inputBytes: WebAssembly.Global;
  readonly lines: WebAssembly.Global;
  readonly malformed: WebAssembly.Global;
  readonly outside: WebAssembly.Global;
  readonly entries: WebAssembly.Global;
  readonly cells: WebAssembly.Global;
  readonly heap: WebAssembly.Global;
  readonly heapStart: WebAssembly.Global;
  readonly runBytes: WebAssembly.Global;
  configure(span: number, from: number, to: number, lateness: number, bytes: number): number;
  want(kind: number, length: number): void;
  scan(from: number, to: number): number;
  addNames(time: number, from: number, to: number, count: number): number;
  refuse(): void;
  latest(): number;
  open(): number;
  order(random: bigint): void;
  give(): number;
  clear(): void;
}

const MIN_BYTES = 512 * 1024;
const MAX_BYTES = 2 * 1024 ** 3;

/** Numbers that the hash is made from. */
const KEYS = 8;
const CELL_BYTES = 8;

const ENCODER = new TextEncoder();

/**
 * Counts connections by span and host. When its memory is full, `scan` stops and `add` says no: then take
 * the run and go on where it stopped. So each line is counted in one run, whole.
 *
 * ```ts
 * for (let at = start; at < end;) {
 *   at = tally.scan(at, end);
 *   if (at < end) runs.push(tally.takeRun());
 * }
 * ```
 */
export class HostTally {
  /** Where lines are put that are to be scanned, 4 MiB. It is the same as long as the tally is. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly #module: Exports;
  readonly #input: number;
  readonly #from: Uint8Array<ArrayBuffer>;
  readonly #to: Uint8Array<ArrayBuffer>;
  readonly #output: Uint8Array<ArrayBuffer>;
  readonly #nameBytes: number;

  /** @throws RangeError where a number is out of its range or a name too long, or memory cannot be had. */
  constructor({ spanUs, to, from, maxBytes, begin, end, latenessUs }: HostTallyOptions) {
    if (!Number.isSafeInteger(spanUs) || spanUs <= 0) {
      throw new RangeError(`a span of ${spanUs} microseconds is none: give a whole number above 0`);
    }
    if (!(maxBytes >= MIN_BYTES && maxBytes <= MAX_BYTES)) {
      throw new RangeError(`${maxBytes} bytes cannot hold a tally: give 512 KiB to 2 GiB`);
    }
    const module = new WebAssembly.Module(Uint8Array.fromBase64(HOST_TALLY_MODULE));
    const { exports } = new WebAssembly.Instance(module);
    // What a module exports has no types of its own.
    this.#module = exports as unknown as Exports;
    const { input, inputBytes, nameFrom, nameTo, nameBytes, output, outputBytes, keys } =
      this.#module;
    const hasMemory = this.#module.configure(
      ...[spanUs, wholeTime(begin ?? 0), wholeTime(end ?? Infinity)],
      ...[latenessUs === undefined ? -1 : wholeTime(latenessUs), Math.floor(maxBytes)],
    );
    if (hasMemory === 0) {
      throw new RangeError(`cannot get ${maxBytes} bytes of memory: give fewer`);
    }
    const { buffer } = this.#module.memory;
    this.#input = input.value;
    this.#nameBytes = nameBytes.value;
    this.buffer = new Uint8Array(buffer, this.#input, inputBytes.value);
    this.#from = new Uint8Array(buffer, nameFrom.value, this.#nameBytes + 1);
    this.#to = new Uint8Array(buffer, nameTo.value, this.#nameBytes + 1);
    this.#output = new Uint8Array(buffer, output.value, outputBytes.value);
    crypto.getRandomValues(new BigUint64Array(buffer, keys.value, KEYS));
    this.#want(KIND.to, to, this.#to);
    this.#want(KIND.from, from, this.#from);
  }

  #want(kind: Kind, name: string | undefined, place: Uint8Array<ArrayBuffer>): void {
    if (name === undefined) return;
    const length = write(name, place);
    if (length > this.#nameBytes) {
      throw new RangeError(`a name of more than ${this.#nameBytes} bytes is no host: give another`);
    }
    this.#module.want(kind, length);
  }

  /**
   * Counts the lines of connspy in `buffer` from `start` up to `end`: `TIME FROM TO`. It reads them as the log
   * format of that name does, but a name of more than 65,535 bytes makes a line malformed. The last line may
   * lack its line feed.
   *
   * @returns Where it stopped: `end`, or the beginning of a line that there was no room for.
   */
  scan(start: number, end: number): number {
    const to = Math.min(end, this.buffer.length);
    if (start >= to) return end;
    const at = this.#module.scan(this.#input + start, this.#input + to) - this.#input;
    return at < to ? at : end;
  }

  /**
   * Counts connections of any log, one if `count` does not say otherwise: times are microseconds since the epoch, names not empty. One that cannot be
   * counted (an empty name, one of more than 65,535 bytes, no time) is counted as malformed.
   *
   * @returns False where there is no room: nothing is done then.
   */
  add(time: number, from: string, to: string, count = 1): boolean {
    const fromLength = write(from, this.#from);
    const toLength = write(to, this.#to);
    const isName = fromLength > 0 && toLength > 0 && fromLength <= this.#nameBytes &&
      toLength <= this.#nameBytes;
    if (!isName || !Number.isSafeInteger(time) || time < 0) {
      this.#module.refuse();
      return true;
    }
    return this.#module.addNames(time, fromLength, toLength, count) !== 0;
  }

  /** Connections that were counted. */
  get lines(): number {
    return this.#module.lines.value;
  }

  /** Lines that are none of connspy; blank lines and comments are not among them. */
  get malformed(): number {
    return this.#module.malformed.value;
  }

  /** Connections that were passed over for their times, late ones among them. */
  get outside(): number {
    return this.#module.outside.value;
  }

  /** The latest time of all connections, also of those that were passed over; 0 before the first one. */
  get latest(): number {
    return this.#module.latest();
  }

  /** The first time that is not passed over: spans that end there or before are closed. */
  get begin(): number {
    return this.#module.open();
  }

  /** Entries of the run that is being made. */
  get entries(): number {
    return this.#module.entries.value;
  }

  /** Bytes that are used, of `maxBytes`. */
  get bytes(): number {
    const { heap, heapStart, cells } = this.#module;
    return heap.value - heapStart.value + cells.value * CELL_BYTES;
  }

  /** Gives out all entries as a run, and begins anew. */
  takeRun(): Uint8Array<ArrayBuffer> {
    const run = new Uint8Array(this.#module.runBytes.value);
    let at = 0;
    for (const part of this.takeParts()) {
      run.set(part, at);
      at += part.length;
    }
    return run;
  }

  /**
   * The same in parts, none of which ends within an entry: for a run that is written somewhere at once. Each
   * is gone when the next is asked for. Nothing can be counted before the last.
   */
  *takeParts(): Generator<Uint8Array<ArrayBuffer>> {
    const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    this.#module.order(random);
    try {
      for (let length = this.#module.give(); length > 0; length = this.#module.give()) {
        yield this.#output.subarray(0, length);
      }
    } finally {
      this.#module.clear();
    }
  }
}

/** The first whole microsecond that is not before a time, as far as times go. */
function wholeTime(time: number): number {
  return Math.min(Math.max(Math.ceil(time), 0), Number.MAX_SAFE_INTEGER + 1);
}

/** Writes a name as UTF-8. Returns its length; that of `place` where it is too long. */
function write(name: string, place: Uint8Array<ArrayBuffer>): number {
  const { length } = name;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code > 0x7f || i === place.length) return encode(name, place);
    place[i] = code;
  }
  return length;
}

function encode(name: string, place: Uint8Array<ArrayBuffer>): number {
  const { read, written } = ENCODER.encodeInto(name, place);
  return read < name.length ? place.length : written;
}

const FRAME_BYTES = 19;
const NAME_AT = 11;

/** An entry with its name as it stands in the run: by that runs are merged. */
export interface RunItem {
  readonly span: number;
  readonly kind: Kind;
  readonly name: Uint8Array;
  readonly count: number;
}

/**
 * Reads the entry that begins at `at`.
 *
 * @returns It, and where the next one begins; undefined where it is not all there.
 */
export function readRunEntry(
  run: Uint8Array,
  at: number,
): { readonly entry: RunItem; readonly next: number } | undefined {
  if (at + FRAME_BYTES > run.length) return undefined;
  const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
  const nameEnd = at + NAME_AT + view.getUint16(at + 9, true);
  if (nameEnd + 8 > run.length) return undefined;
  const kind = view.getUint8(at + 8);
  const entry = {
    span: view.getFloat64(at, true),
    kind: kind === KIND.to || kind === KIND.from ? kind : KIND.most,
    name: run.subarray(at + NAME_AT, nameEnd),
    count: view.getFloat64(nameEnd, true),
  };
  return { entry, next: nameEnd + 8 };
}

/**
 * Reads a run. Bytes at the end that are no whole entry are left out.
 *
 * @param run What `takeRun` gave, or parts of it that end with an entry.
 */
export function* readRun(run: Uint8Array): Generator<RunEntry> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (
    let found = readRunEntry(run, 0);
    found !== undefined;
    found = readRunEntry(run, found.next)
  ) {
    yield { ...found.entry, name: decoder.decode(found.entry.name) };
  }
}
