/** Names in the order of an answer, out of sorted runs. */
import { Spill } from "./spill.ts";
import { compareNames, decodeEntry, encodeRuns, type TallyEntry } from "./tally.ts";

/** What is put in order at a time, bytes. */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** What an entry takes in V8 besides the characters of its name, bytes, about: object, numbers, string. */
const ENTRY_BYTES = 130;

function bytesOf(entries: readonly TallyEntry[]): number {
  let bytes = 0;
  for (const { name } of entries) bytes += ENTRY_BYTES + 2 * name.length;
  return bytes;
}

function combine(a: TallyEntry, b: TallyEntry): TallyEntry {
  return { name: a.name, count: a.count + b.count, first: Math.min(a.first, b.first) };
}

/** All names, each once, in the order of their letters. Forgets the runs. */
function* byName(runs: Spill): Generator<TallyEntry> {
  yield* runs.merge(decodeEntry, (a, b) => compareNames(a.name, b.name), combine);
}

function compareFirst(a: TallyEntry, b: TallyEntry): number {
  return a.first - b.first || compareNames(a.name, b.name);
}

function compareCount(a: TallyEntry, b: TallyEntry): number {
  return b.count - a.count || compareNames(a.name, b.name);
}

/**
 * The most frequent names: of equally frequent ones, the first by their letters.
 *
 * @param ordered Where what does not fit into memory is put in order.
 */
export function most(runs: Spill, ordered: Spill, limit: number): Generator<TallyEntry> {
  return inOrder(runs, ordered, compareCount, limit);
}

/**
 * Names by when they were seen first: of those seen at the same time, the first by their letters.
 *
 * @param ordered As in {@linkcode most}.
 */
export function firstSeen(runs: Spill, ordered: Spill): Generator<TallyEntry> {
  return inOrder(runs, ordered, compareFirst, Infinity);
}

/** @param compare Of no two names that are not the same it gives 0. */
function* inOrder(
  runs: Spill,
  ordered: Spill,
  compare: (a: TallyEntry, b: TallyEntry) => number,
  limit: number,
): Generator<TallyEntry> {
  const keep = (run: Uint8Array<ArrayBuffer>) => ordered.add(run);
  let chunk: TallyEntry[] = [];
  let bytes = 0;
  let isLong = false;
  for (const entry of byName(runs)) {
    chunk.push(entry);
    bytes += bytesOf([entry]);
    if (bytes < CHUNK_BYTES) continue;
    chunk = chunk.sort(compare).slice(0, limit);
    bytes = bytesOf(chunk);
    // Few of many: nothing else can be among them.
    if (bytes < CHUNK_BYTES / 2) continue;
    encodeRuns(chunk, keep);
    chunk = [];
    bytes = 0;
    isLong = true;
  }
  chunk.sort(compare);
  if (!isLong) return yield* chunk.slice(0, limit);
  encodeRuns(chunk, keep);
  chunk = [];
  let left = limit;
  // Each name is in it once already, so none are equal.
  for (const entry of ordered.merge(decodeEntry, compare, combine)) {
    yield entry;
    if (--left === 0) return;
  }
}
