/**
 * Counts hosts by span of time, in WebAssembly: see `assembly/host_tally.ts`. What a {@linkcode HostTally}
 * counts is given out as runs, which are sorted and can be merged: see `host_run.ts`.
 */
import { KIND, type Kind } from "./host_run.ts";
import { HOST_TALLY_MODULE } from "./host_tally_module.ts";

export * from "./host_run.ts";

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

/** What there is to say of a connection besides its time and names. */
export interface AddOptions {
  /** How many connections it stands for: 1 to 2^48 - 1, which more is taken for. Absent: 1. */
  readonly count?: number;
  /** Whether the callee is the host that `to` asks for, whatever it is called. Absent: by its name. */
  readonly isTo?: boolean;
  /** Whether the caller is the host that `from` asks for, whatever it is called. Absent: by its name. */
  readonly isFrom?: boolean;
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
  readonly otherEnd: WebAssembly.Global;
  configure(span: number, from: number, to: number, lateness: number, bytes: number): number;
  want(kind: number, length: number): void;
  scan(from: number, to: number): number;
  addNames(
    time: number,
    from: number,
    to: number,
    count: number,
    isTo: boolean,
    isFrom: boolean,
  ): number;
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
 * the run and go on where it stopped. So each line is counted in one run, whole. `scan` stops at lines, too,
 * that are for another reader.
 *
 * ```ts
 * for (let at = start; at < end;) {
 *   at = tally.scan(at, end);
 *   if (tally.otherEnd !== undefined) at = read(at, tally.otherEnd);
 *   else if (at < end) runs.push(tally.takeRun());
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
   * lack its line feed. Lines whose names may be other spellings (an IPv6 address, a name with the dot of the
   * root), and those that begin with a byte order mark, are left to another: see {@linkcode otherEnd}.
   *
   * @returns Where it stopped: `end`, or the beginning of a line that there was no room for, or that it leaves.
   */
  scan(start: number, end: number): number {
    const to = Math.min(end, this.buffer.length);
    this.#module.otherEnd.value = 0;
    if (start >= to) return end;
    const at = this.#module.scan(this.#input + start, this.#input + to) - this.#input;
    return at < to ? at : end;
  }

  /** Where the line ends, without its line feed, that the last `scan` left to another reader. */
  get otherEnd(): number | undefined {
    const place = this.#module.otherEnd.value;
    return place === 0 ? undefined : place - this.#input;
  }

  /**
   * Counts connections of any log: times are microseconds since the epoch, names not empty. One that cannot be
   * counted (an empty name, one of more than 65,535 bytes, no time, a count below 1) is counted as malformed.
   *
   * @returns False where there is no room: nothing is done then.
   */
  add(
    time: number,
    from: string,
    to: string,
    { count = 1, isTo = false, isFrom = false }: AddOptions = {},
  ): boolean {
    const fromLength = write(from, this.#from);
    const toLength = write(to, this.#to);
    const isName = fromLength > 0 && toLength > 0 && fromLength <= this.#nameBytes &&
      toLength <= this.#nameBytes;
    if (!isName || !Number.isSafeInteger(time) || time < 0 || !(count >= 1)) {
      this.refuse();
      return true;
    }
    return this.#module.addNames(time, fromLength, toLength, count, isTo, isFrom) !== 0;
  }

  /** Counts a line that is malformed. */
  refuse(): void {
    this.#module.refuse();
  }

  /** Connections that were counted. */
  get lines(): number {
    return this.#module.lines.value;
  }

  /** Connections that cannot be counted, and lines that are none of connspy; blank lines and comments are not among them. */
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
