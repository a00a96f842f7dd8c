/** Names with how often and when first, in bounded memory: what does not fit is given out as sorted runs. */

/** What is known of a name. */
export interface TallyEntry {
  readonly name: string;
  /** How often. */
  readonly count: number;
  /** When first, microseconds since the epoch. */
  readonly first: number;
}

/** Takes a sorted run, which owns its memory: see {@linkcode encodeRuns}. */
export type OnRun = (run: Uint8Array<ArrayBuffer>) => void;

/** First and count (f64) and the length of the name (u32), before its bytes. */
const HEAD_BYTES = 20;
/** A unit of UTF-16 takes so many bytes of UTF-8, at most. */
const UNIT_BYTES = 3;

/** Bytes of a run, unless a single entry is larger. */
const RUN_BYTES = 4 * 1024 * 1024;

/** Bytes of entries, at most: places are 32 bits. */
const MAX_TABLE = 2 ** 30;
/** Of these, for one slot: an entry takes at least 20, so that never more than 60 % of the slots are used. */
const BYTES_PER_SLOT = 12;

const encoder = new TextEncoder();
// A name may begin with what would be a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The order of names, the same everywhere: by their UTF-16 code units. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Where a lead byte of UTF-8 is in the order of UTF-16: surrogates, F0 to F4, are before EE and EF. */
function rankOf(byte: number): number {
  return byte === 0xee || byte === 0xef ? byte + 0x10 : byte;
}

/**
 * Counts names. They are kept as bytes, as in a run, one after the other, and found again by a hash table:
 * objects of JavaScript would take several times as much, and what the garbage collector leaves besides.
 */
export class Tally {
  readonly #tableBytes: number;
  readonly #onRun: OnRun;
  /** Unforeseeable, so that nobody can choose names that all fall into one slot. */
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  #entries = new Uint8Array(0);
  #view = new DataView(this.#entries.buffer);
  #used = 0;
  /** Where an entry begins, plus 1; 0 in a slot that is free. */
  #slots = new Uint32Array(0);

  /**
   * @param maxBytes For the table, for sorting it, which takes about half as much again, and for the runs
   * that are made of it: they may have to wait.
   * @param onRun Takes a run when the table is full.
   */
  constructor(maxBytes: number, onRun: OnRun) {
    // A quarter of the table are slots.
    this.#tableBytes = Math.min(Math.floor(maxBytes / 4 * 0.75), MAX_TABLE);
    this.#onRun = onRun;
  }

  /** Counts a name. Half a character counts as U+FFFD. */
  add(name: string, first: number, count: number): void {
    const most = HEAD_BYTES + name.length * UNIT_BYTES;
    if (this.#used + most > this.#entries.length) this.#renew(most);
    const at = this.#used;
    const length = this.#write(name, at + HEAD_BYTES);
    const slot = this.#find(at + HEAD_BYTES, length);
    const known = (this.#slots[slot] ?? 0) - 1;
    const view = this.#view;
    if (known >= 0) {
      if (first < view.getFloat64(known, true)) view.setFloat64(known, first, true);
      view.setFloat64(known + 8, view.getFloat64(known + 8, true) + count, true);
      return;
    }
    view.setFloat64(at, first, true);
    view.setFloat64(at + 8, count, true);
    view.setUint32(at + 16, length, true);
    this.#slots[slot] = at + 1;
    this.#used = at + HEAD_BYTES + length;
  }

  /** Gives out what is there, and the memory back. */
  flush(): void {
    if (this.#used > 0) this.#giveOut();
    this.#used = 0;
    for (const { buffer } of [this.#entries, this.#slots]) buffer.transfer(0);
    this.#hold(0);
  }

  /** An empty table in which an entry of that size has room. */
  #renew(size: number): void {
    this.flush();
    this.#hold(Math.max(this.#tableBytes, size));
  }

  #hold(bytes: number): void {
    this.#entries = new Uint8Array(bytes);
    this.#view = new DataView(this.#entries.buffer);
    this.#slots = new Uint32Array(Math.ceil(bytes / BYTES_PER_SLOT));
  }

  /** Writes a name in UTF-8. Returns its length. */
  #write(name: string, at: number): number {
    const bytes = this.#entries;
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i);
      if (unit > 0x7f) return encoder.encodeInto(name, bytes.subarray(at)).written;
      bytes[at + i] = unit;
    }
    return name.length;
  }

  /** The slot of a name that stands at `at`, or the free one where it belongs. */
  #find(at: number, length: number): number {
    const bytes = this.#entries;
    const slots = this.#slots;
    // FNV-1a, and its high bits mixed into the low ones.
    let hash = this.#seed;
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
    hash = Math.imul(hash ^ hash >>> 15, 0x85ebca6b);
    let slot = ((hash ^ hash >>> 13) >>> 0) % slots.length;
    while (true) {
      const place = slots[slot] ?? 0;
      if (place === 0 || this.#isName(place - 1, at, length)) return slot;
      if (++slot === slots.length) slot = 0;
    }
  }

  /** Whether the entry at `entry` is of the name that stands at `at`. */
  #isName(entry: number, at: number, length: number): boolean {
    if (this.#view.getUint32(entry + 16, true) !== length) return false;
    const bytes = this.#entries;
    for (let i = 0; i < length; i++) {
      if (bytes[entry + HEAD_BYTES + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  /** Where the entry after that one begins. */
  #after(entry: number): number {
    return entry + HEAD_BYTES + this.#view.getUint32(entry + 16, true);
  }

  /** {@linkcode compareNames} of the names of two entries. */
  #compare(a: number, b: number): number {
    const bytes = this.#entries;
    const [endA, endB] = [this.#after(a), this.#after(b)];
    for (let i = HEAD_BYTES; a + i < endA && b + i < endB; i++) {
      const [x, y] = [bytes[a + i] ?? 0, bytes[b + i] ?? 0];
      if (x !== y) return rankOf(x) - rankOf(y);
    }
    return (endA - a) - (endB - b);
  }

  #giveOut(): void {
    // The slots are no longer needed as such.
    let length = 0;
    for (let at = 0; at < this.#used; at = this.#after(at)) this.#slots[length++] = at;
    const order = this.#slots.subarray(0, length).sort((a, b) => this.#compare(a, b));
    const writer = new RunWriter(this.#used, this.#onRun);
    for (const at of order) {
      const entry = this.#entries.subarray(at, this.#after(at));
      writer.space(entry.length).set(entry);
      writer.written(entry.length);
    }
    writer.flush();
  }
}

/** Puts entries together to runs. */
class RunWriter {
  readonly #onRun: OnRun;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param size Bytes of all entries, about. */
  constructor(size: number, onRun: OnRun) {
    this.#bytes = new Uint8Array(Math.min(RUN_BYTES, size));
    this.#onRun = onRun;
  }

  /** Where the next entry goes, with room for so many bytes. */
  space(size: number): Uint8Array {
    if (this.#length + size > this.#bytes.length) this.flush();
    if (size > this.#bytes.length) this.#bytes = new Uint8Array(size);
    return this.#bytes.subarray(this.#length);
  }

  written(size: number): void {
    this.#length += size;
  }

  flush(): void {
    if (this.#length > 0) this.#onRun(this.#bytes.slice(0, this.#length));
    this.#length = 0;
  }
}

/**
 * Entries as bytes, one after the other: first and count (f64), length of the name (u32), the name in UTF-8.
 * Where they are many, there are several runs, each as sorted as the entries are.
 */
export function encodeRuns(entries: readonly TallyEntry[], onRun: OnRun): void {
  let size = 0;
  for (const { name } of entries) size += HEAD_BYTES + name.length * UNIT_BYTES;
  const writer = new RunWriter(size, onRun);
  for (const { name, count, first } of entries) {
    const space = writer.space(HEAD_BYTES + name.length * UNIT_BYTES);
    const { written } = encoder.encodeInto(name, space.subarray(HEAD_BYTES));
    const view = new DataView(space.buffer, space.byteOffset, HEAD_BYTES);
    view.setFloat64(0, first, true);
    view.setFloat64(8, count, true);
    view.setUint32(16, written, true);
    writer.written(HEAD_BYTES + written);
  }
  writer.flush();
}

/**
 * Reads the entry that begins at `at`.
 *
 * @returns It, and where the next one begins; undefined where it is not all there.
 */
export function decodeEntry(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
): { entry: TallyEntry; next: number } | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES);
  const next = at + HEAD_BYTES + view.getUint32(16, true);
  if (next > bytes.length) return undefined;
  const name = decoder.decode(bytes.subarray(at + HEAD_BYTES, next));
  return {
    entry: { name, count: view.getFloat64(8, true), first: view.getFloat64(0, true) },
    next,
  };
}
