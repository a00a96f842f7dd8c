/** Names in the order of an answer, out of sorted runs. */
import { Spill } from "./spill.ts";
import { compareNames, decodeEntry, encodeRun, type TallyEntry } from "./tally.ts";

/** Entries that are put in order at a time. */
const CHUNK = 100_000;

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
export function* most(runs: Spill, ordered: Spill, limit: number): Generator<TallyEntry> {
  if (limit <= CHUNK) return yield* mostOfFew(runs, limit);
  let left = limit;
  for (const entry of inOrder(runs, ordered, compareCount)) {
    yield entry;
    if (--left === 0) return;
  }
}

function mostOfFew(runs: Spill, limit: number): TallyEntry[] {
  let best: TallyEntry[] = [];
  for (const entry of byName(runs)) {
    best.push(entry);
    if (best.length >= 2 * CHUNK) best = best.sort(compareCount).slice(0, limit);
  }
  return best.sort(compareCount).slice(0, limit);
}

/**
 * Names by when they were seen first: of those seen at the same time, the first by their letters.
 *
 * @param ordered As in {@linkcode most}.
 */
export function firstSeen(runs: Spill, ordered: Spill): Generator<TallyEntry> {
  return inOrder(runs, ordered, compareFirst);
}

/** @param compare Of no two names that are not the same it gives 0. */
function* inOrder(
  runs: Spill,
  ordered: Spill,
  compare: (a: TallyEntry, b: TallyEntry) => number,
): Generator<TallyEntry> {
  let chunk: TallyEntry[] = [];
  let isLong = false;
  for (const entry of byName(runs)) {
    chunk.push(entry);
    if (chunk.length < CHUNK) continue;
    ordered.add(encodeRun(chunk.sort(compare)));
    chunk = [];
    isLong = true;
  }
  chunk.sort(compare);
  if (!isLong) return yield* chunk;
  ordered.add(encodeRun(chunk));
  // Each name is in it once already, so none are equal.
  yield* ordered.merge(decodeEntry, compare, combine);
}
