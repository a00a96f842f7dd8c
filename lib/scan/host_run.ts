/**
 * Runs of counts of hosts by span of time, as `host_tally.ts` gives them out.
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
