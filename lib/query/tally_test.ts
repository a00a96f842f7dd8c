import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareNames, decodeEntry, encodeRuns, Tally, type TallyEntry } from "./tally.ts";

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
    assert(run.length <= 15);
    const names = run.map(({ name }) => name);
    assertEquals(names, names.toSorted(compareNames));
    assertEquals(new Set(names).size, names.length);
  }
  assertEquals(runs.flat().reduce((sum, { count }) => sum + count, 0), 500);
});

Deno.test("Tally holds as much as it may, and gives it out in pieces of a few megabytes", () => {
  const maxBytes = 48 * 2 ** 20;
  const sizes: number[] = [];
  const tally = new Tally(maxBytes, (run) => sizes.push(run.buffer.byteLength));
  let entries = 0;
  for (; sizes.length === 0; entries++) tally.add(`${entries}`.padStart(15, "n"), entries, 1);
  // Of 35 bytes each. What it may take besides is for slots, for sorting and for runs that wait.
  assert(entries * 35 <= maxBytes / 4 && entries * 35 > maxBytes / 8, `${entries} entries`);
  assert(sizes.length > 1 && sizes.every((size) => size <= 4 * 2 ** 20), `${sizes}`);
});

Deno.test("Tally takes a name that is larger than its table", () => {
  const runs: TallyEntry[][] = [];
  const tally = new Tally(4000, (run) => runs.push(entriesOf(run)));
  const long = "x".repeat(5_000_000);
  for (const name of ["a", long, "b", long]) tally.add(name, 1, 1);
  tally.flush();
  const counts = new Map<string, number>();
  for (const { name, count } of runs.flat()) counts.set(name, (counts.get(name) ?? 0) + count);
  assertEquals([counts.get("a"), counts.get("b"), counts.get(long), counts.size], [1, 1, 2, 3]);
});

Deno.test("Tally tells all names apart and sorts them by their UTF-16 code units", () => {
  const unit = fc.constantFrom(
    "a",
    "b",
    "\0",
    "\x7f",
    "ä",
    "\ufeff",
    "\ue000",
    "\ufffd",
    "\u{1f600}",
  );
  fc.assert(
    fc.property(fc.array(fc.array(unit, { maxLength: 4 }), { maxLength: 60 }), (parts) => {
      const names = parts.map((units) => units.join(""));
      const runs: TallyEntry[][] = [];
      const tally = new Tally(1e5, (run) => runs.push(entriesOf(run)));
      for (const name of names) tally.add(name, 0, 1);
      tally.flush();
      const wanted = [...new Set(names)].sort(compareNames);
      assertEquals(runs.flat().map(({ name }) => name), wanted);
      assertEquals(runs.flat().reduce((sum, { count }) => sum + count, 0), names.length);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Tally counts a name that is no text as one", () => {
  const runs: TallyEntry[][] = [];
  const tally = new Tally(1e6, (run) => runs.push(entriesOf(run)));
  for (let i = 0; i < 3; i++) tally.add("a\ud800", i, 1);
  tally.add("a\ufffd", 9, 1);
  tally.flush();
  assertEquals(runs, [[{ name: "a\ufffd", count: 4, first: 0 }]]);
});

Deno.test("encodeRuns is undone by decodeEntry, and a cut run gives whole entries only", () => {
  const entry = fc.record({
    name: fc.string({ unit: "grapheme", maxLength: 20 }),
    count: fc.maxSafeNat(),
    first: fc.maxSafeInteger(),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), fc.nat(), (entries, place) => {
      let run = new Uint8Array(0);
      encodeRuns(entries, (bytes) => run = bytes);
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
