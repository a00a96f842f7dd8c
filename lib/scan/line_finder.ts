/** Finds the lines of a log that contain a needle, in WebAssembly: see `assembly/find_lines.ts`. */
import { FIND_LINES_MODULE } from "./find_lines_module.ts";

/** What the module exports. Places are byte offsets in its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly input: WebAssembly.Global;
  readonly inputBytes: WebAssembly.Global;
  readonly pairs: WebAssembly.Global;
  readonly next: WebAssembly.Global;
  add(length: number, first: number, second: number, isLast: number): void;
  find(from: number, to: number): number;
  all(from: number, to: number): number;
}

const MAX_NEEDLES = 8;
const MAX_BYTES = 255;

/** Where in the input the module looks for what may stand beside a needle: see `add` there. */
const BEFORE = 256;
const AFTER = 288;
const SET_BYTES = 32;

/** A text to search for, and what may stand beside it: where there is anything else, it does not count. */
export interface Needle {
  /** See {@linkcode isNeedle}. */
  readonly text: string;
  /**
   * Characters of ASCII of which one stands before it, where it does not begin its line. Absent: any byte
   * may.
   */
  readonly before?: string;
  /** Characters of ASCII of which one stands after it, where it does not end its line. Absent: any byte may. */
  readonly after?: string;
  /** Whether no others than these stand between it and the end of its line. */
  readonly isLast?: boolean;
}

/** Bytes that are frequent in logs of connections, the most frequent first; letters small. Others are rarer. */
const FREQUENT = new TextEncoder().encode('01.2345678"9, \t:eaoinrst-clm_pdu/{}gh=bfwvkyxzqj');

/**
 * Whether a text can be searched for: a text of 1 to 255 bytes without line breaks. U+FFFD can not, as it may
 * stand for other bytes.
 */
export function isNeedle(text: string): boolean {
  const { length } = new TextEncoder().encode(text);
  return length > 0 && length <= MAX_BYTES && text.isWellFormed() && !/[\r\n\ufffd]/.test(text);
}

/**
 * Finds lines of what stands in its {@linkcode buffer}.
 *
 * ```ts
 * for (let at = start; at < end; at = finder.next) {
 *   const pairs = finder.find(at, end);
 *   for (let i = 0; i < pairs.length; i += 2) {
 *     const line = finder.buffer.subarray(pairs[i], pairs[i + 1]);
 *   }
 * }
 * ```
 */
export class LineFinder {
  /** Where bytes are put that are to be searched, 4 MiB at most. */
  readonly buffer: Uint8Array;
  readonly #pairs: Uint32Array;
  readonly #module: Exports;
  readonly #input: number;
  readonly #hasNeedles: boolean;

  /**
   * @param needles Lines that contain any of them are found; all lines where there are none. At most 8. Small
   * and capital letters of ASCII are the same; all else is compared byte for byte, in UTF-8.
   * @throws RangeError where they are too many, or one of them is none: see {@linkcode isNeedle}.
   */
  constructor(needles: readonly (string | Needle)[]) {
    if (needles.length > MAX_NEEDLES) {
      throw new RangeError(`${needles.length} texts to search for are too many: give at most 8`);
    }
    const module = new WebAssembly.Module(Uint8Array.fromBase64(FIND_LINES_MODULE));
    const { exports } = new WebAssembly.Instance(module);
    // What a module exports has no types of its own.
    this.#module = exports as unknown as Exports;
    const { memory, input, inputBytes, pairs } = this.#module;
    this.#input = input.value;
    this.buffer = new Uint8Array(memory.buffer, this.#input, inputBytes.value);
    this.#pairs = new Uint32Array(memory.buffer, pairs.value, (this.#input - pairs.value) / 4);
    this.#hasNeedles = needles.length > 0;
    for (const needle of needles) {
      this.#add(typeof needle === "string" ? { text: needle } : needle);
    }
  }

  #add({ text, before, after, isLast = false }: Needle): void {
    if (!isNeedle(text)) {
      throw new RangeError(
        `cannot search for ${JSON.stringify(text)}: give 1 to 255 bytes without line breaks`,
      );
    }
    const { buffer } = this;
    const { written } = new TextEncoder().encodeInto(text, buffer);
    writeSet(buffer.subarray(BEFORE, BEFORE + SET_BYTES), before);
    writeSet(buffer.subarray(AFTER, AFTER + SET_BYTES), after);
    this.#module.add(written, ...rarestTwo(buffer.subarray(0, written)), Number(isLast));
  }

  /**
   * Finds lines in a part of the {@linkcode buffer}.
   *
   * @param start Where a line begins.
   * @param end Where the last line ends: after its line feed, or where there is no more of it.
   * @returns Where each line begins and ends: pairs, in order, each line once. A line ends before its LF or
   * CRLF; what ends without a line feed is a line too. Good until the next call. There may be more lines
   * than have room: {@linkcode next} says where to go on.
   * @throws RangeError where the part does not lie in the buffer.
   */
  find(start: number, end: number): Uint32Array {
    if (!(start >= 0 && start <= end && end <= this.buffer.length)) {
      throw new RangeError(`bytes ${start} to ${end} do not lie in the buffer`);
    }
    const from = this.#input + start;
    const to = this.#input + end;
    const count = this.#hasNeedles ? this.#module.find(from, to) : this.#module.all(from, to);
    return this.#pairs.subarray(0, count * 2);
  }

  /** Where to go on with {@linkcode find}: the end that it was given, where it has found all lines. */
  get next(): number {
    return this.#module.next.value - this.#input;
  }
}

/** Writes a set of bytes, a bit for each: all of them where no characters are given. */
function writeSet(set: Uint8Array, characters: string | undefined): void {
  set.fill(characters === undefined ? 0xff : 0);
  for (const byte of new TextEncoder().encode(characters ?? "")) {
    set[byte >> 3] = (set[byte >> 3] ?? 0) | 1 << (byte & 7);
  }
}

/**
 * Where the two bytes of a needle are that are looked for: the rarest one, and the rarest of the other kind,
 * letter or not. Letters come together in words, `host` in `host77`, so two of them tell little more than one.
 */
function rarestTwo(needle: Uint8Array): [number, number] {
  const places = Array.from(needle.keys());
  places.sort((a, b) => rarity(needle[b] ?? 0) - rarity(needle[a] ?? 0));
  const [first = 0, other = first] = places;
  const byte = needle[first] ?? 0;
  const second = places.find((place) => isLetter(needle[place] ?? 0) !== isLetter(byte)) ??
    places.find((place) => needle[place] !== byte) ?? other;
  return [first, second];
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a || byte > 0x7f;
}

/** How rare a byte is: the greater, the rarer. */
function rarity(byte: number): number {
  const isCapital = byte >= 0x41 && byte <= 0x5a;
  const rank = FREQUENT.indexOf(isCapital ? byte + 0x20 : byte);
  return rank < 0 ? FREQUENT.length : rank;
}
