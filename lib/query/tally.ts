/** Names with how often and when first, in bounded memory: what does not fit is given out as sorted runs. */

/** What is known of a name. */
export interface TallyEntry {
  readonly name: string;
  /** How often. */
  readonly count: number;
  /** When first, microseconds since the epoch. */
  readonly first: number;
}

type Counted = { count: number; first: number };

/** What an entry takes besides the characters of its name, bytes: measured in V8. */
const ENTRY_BYTES = 150;
/** Numbers and the length of the name before its bytes in a run. */
const HEAD_BYTES = 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The order of names, the same everywhere: by their UTF-16 code units. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A string of its own: a part of a long text would keep all of that in memory. */
function ownCopy(text: string): string {
  return decoder.decode(encoder.encode(text));
}

/** Counts names. */
export class Tally {
  readonly #names = new Map<string, Counted>();
  readonly #maxBytes: number;
  readonly #onRun: (run: Uint8Array<ArrayBuffer>) => void;
  #bytes = 0;

  /** @param onRun Takes a sorted run when `maxBytes` are full: see {@linkcode encodeRun}. */
  constructor(maxBytes: number, onRun: (run: Uint8Array<ArrayBuffer>) => void) {
    this.#maxBytes = maxBytes;
    this.#onRun = onRun;
  }

  /** Counts a name. */
  add(text: string, first: number, count: number): void {
    // A half of a character has no bytes of its own.
    const name = text.isWellFormed() ? text : text.toWellFormed();
    const known = this.#names.get(name);
    if (known !== undefined) {
      known.count += count;
      if (first < known.first) known.first = first;
      return;
    }
    if (this.#bytes >= this.#maxBytes) this.flush();
    this.#names.set(ownCopy(name), { count, first });
    this.#bytes += ENTRY_BYTES + name.length;
  }

  /** Gives out what is there. */
  flush(): void {
    if (this.#names.size === 0) return;
    const entries = [...this.#names].map(([name, { count, first }]) => ({ name, count, first }));
    this.#names.clear();
    this.#bytes = 0;
    this.#onRun(encodeRun(entries.sort((a, b) => compareNames(a.name, b.name))));
  }
}

/** Entries as bytes, one after the other: first and count (f64), length of the name (u32), the name in UTF-8. */
export function encodeRun(entries: readonly TallyEntry[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { name } of entries) size += HEAD_BYTES + name.length * 3;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { name, count, first } of entries) {
    const { written } = encoder.encodeInto(name, bytes.subarray(at + HEAD_BYTES));
    view.setFloat64(at, first, true);
    view.setFloat64(at + 8, count, true);
    view.setUint32(at + 16, written, true);
    at += HEAD_BYTES + written;
  }
  return bytes.slice(0, at);
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
