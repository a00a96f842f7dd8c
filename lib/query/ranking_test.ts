import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { firstSeen, most } from "./ranking.ts";
import { Spill } from "./spill.ts";
import { compareNames, Tally, type TallyEntry } from "./tally.ts";

type Seen = readonly [name: string, first: number, count: number];

/** Runs of what was seen, of so many bytes each. */
function tallied(seen: readonly Seen[], memory: number): Spill {
  const spill = Spill.open(memory);
  const tally = new Tally(memory, (run) => spill.add(run));
  for (const one of seen) tally.add(...one);
  tally.flush();
  return spill;
}

/** The same without spilling. */
function naive(seen: readonly Seen[]): TallyEntry[] {
  const all = new Map<string, TallyEntry>();
  for (const [name, first, count] of seen) {
    const known = all.get(name) ?? { name, first: Infinity, count: 0 };
    all.set(name, { name, first: Math.min(known.first, first), count: known.count + count });
  }
  return [...all.values()].sort((a, b) => compareNames(a.name, b.name));
}

function firstOf(seen: readonly Seen[], memory: number): TallyEntry[] {
  using runs = tallied(seen, memory);
  using ordered = Spill.open(memory);
  return [...firstSeen(runs, ordered)];
}

function mostOf(seen: readonly Seen[], memory: number, limit: number): TallyEntry[] {
  using runs = tallied(seen, memory);
  using ordered = Spill.open(memory);
  return [...most(runs, ordered, limit)];
}

Deno.test("firstSeen and most break ties by letters", () => {
  const seen: Seen[] = [["b", 2, 1], ["a", 2, 1], ["c", 1, 1], ["d", 3, 1], ["d", 4, 1]];
  assertEquals(firstOf(seen, 1e6).map(({ name }) => name), ["c", "a", "b", "d"]);
  assertEquals(mostOf(seen, 1e6, 3).map(({ name }) => name), ["d", "a", "b"]);
  assertEquals(mostOf([], 1e6, 3), []);
});

Deno.test("firstSeen and most give the same however little memory there is", () => {
  const seen = fc.array(fc.tuple(fc.stringMatching(/^[a-c]{0,2}$/), fc.nat(5), fc.nat(5)), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      seen,
      fc.constantFrom(1, 400, 1e6),
      fc.integer({ min: 1, max: 12 }),
      (all, memory, limit) => {
        const wanted = naive(all);
        // A stable sort keeps the order of letters.
        assertEquals(firstOf(all, memory), wanted.toSorted((a, b) => a.first - b.first));
        const ranked = wanted.toSorted((a, b) => b.count - a.count);
        assertEquals(mostOf(all, memory, limit), ranked.slice(0, limit));
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("firstSeen and most put more names in order than are sorted at a time", () => {
  const names = 210_000;
  // Each count is there once, each time twice.
  const seen = Array.from(
    { length: names },
    (_, i): Seen => [`host${i}`, ((i * 7919) % names) >> 1, (i * 104_729) % names],
  );
  const first = firstOf(seen, 1e8);
  assert(first.length === names && first.every(({ first }, i) => first === i >> 1));
  assert(first.every(({ name }, i) => i % 2 === 0 || (first[i - 1]?.name ?? "") < name));
  for (const limit of [5, 999_999_999]) {
    const counts = mostOf(seen, 1e8, limit).map(({ count }) => count);
    assertEquals(counts.length, Math.min(limit, names));
    assert(counts.every((count, i) => count === names - 1 - i));
  }
});

Deno.test("firstSeen and most put long names in order by parts of so many bytes", () => {
  const seen = Array.from({ length: 1500 }, (_, i): Seen => [`${i}`.padStart(50_000, "n"), -i, i]);
  using runs = tallied(seen, 1e7);
  using ordered = Spill.open(0);
  const added: number[] = [];
  const add = ordered.add.bind(ordered);
  ordered.add = (run) => {
    added.push(run.length);
    add(run);
  };
  const order = [...firstSeen(runs, ordered)].map(({ count }) => count);
  assertEquals(order, seen.map(([, , count]) => count).reverse());
  assert(added.length > 10 && added.every((length) => length <= 4 * 2 ** 20), `${added}`);
  const counts = mostOf(seen, 1e7, 1000).map(({ count }) => count);
  assertEquals(counts, order.slice(0, 1000));
});
