import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareNames, decodeEntry, encodeRun, Tally, type TallyEntry } from "./tally.ts";

/** The entries of a run. */
function entriesOf(run: Uint8Array<ArrayBuffer>): TallyEntry[] {
  const entries: TallyEntry[] = [];
  for (let at = 0;;) {
    const found = decodeEntry(run, at);
    if (found === undefined) {
      assertEquals(at, run.length);
      return entries;
    }
    entries.push(found.entry);
    at = found.next;
  }
}

Deno.test("Tally counts names, and knows when each was seen first", () => {
  const runs: TallyEntry[][] = [];
  const tally = new Tally(1e6, (run) => runs.push(entriesOf(run)));
  tally.add("mia", 20, 1);
  tally.add("zyla", 10, 2);
  tally.add("mia", 5, 3);
  tally.add("mia", 30, 0);
  assertEquals(runs, []);
  tally.flush();
  tally.flush();
  assertEquals(runs, [[
    { name: "mia", count: 4, first: 5 },
    { name: "zyla", count: 2, first: 10 },
  ]]);
});

Deno.test("Tally gives out sorted runs when its memory is full, and loses nothing", () => {
  const runs: TallyEntry[][] = [];
  const tally = new Tally(1000, (run) => runs.push(entriesOf(run)));
  for (let i = 0; i < 500; i++) tally.add(`host${(i * 7919) % 100}`, i, 1);
  tally.flush();
  assert(runs.length > 10, `${runs.length} runs`);
  for (const run of runs) {
    assert(run.length <= 8);
    const names = run.map(({ name }) => name);
    assertEquals(names, names.toSorted(compareNames));
    assertEquals(new Set(names).size, names.length);
  }
  assertEquals(runs.flat().reduce((sum, { count }) => sum + count, 0), 500);
});

Deno.test("Tally counts a name that is no text as one", () => {
  const runs: TallyEntry[][] = [];
  const tally = new Tally(1e6, (run) => runs.push(entriesOf(run)));
  for (let i = 0; i < 3; i++) tally.add("a\ud800", i, 1);
  tally.add("a\ufffd", 9, 1);
  tally.flush();
  assertEquals(runs, [[{ name: "a\ufffd", count: 4, first: 0 }]]);
});

Deno.test("encodeRun is undone by decodeEntry, and a cut run gives whole entries only", () => {
  const entry = fc.record({
    name: fc.string({ unit: "grapheme", maxLength: 20 }),
    count: fc.maxSafeNat(),
    first: fc.maxSafeInteger(),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), fc.nat(), (entries, place) => {
      const run = encodeRun(entries);
      assertEquals(entriesOf(run), entries);
      const cut = run.slice(0, place % (run.length + 1));
      let whole = 0;
      for (let at = 0;; whole++) {
        const found = decodeEntry(cut, at);
        if (found === undefined) break;
        assertEquals(found.entry, entries[whole]);
        at = found.next;
      }
      assert(whole === entries.length || cut.length < run.length);
    }),
    { numRuns: 300 },
  );
});
