import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ExitError } from "../exit.ts";
import { Spill } from "./spill.ts";
import { compareNames, decodeEntry, encodeRuns, type TallyEntry } from "./tally.ts";

function entry(name: string, count = 1): TallyEntry {
  return { name, count, first: 0 };
}

/** Few entries as one run. */
function encodeRun(entries: readonly TallyEntry[]): Uint8Array<ArrayBuffer> {
  let run = new Uint8Array(0);
  encodeRuns(entries, (bytes) => run = bytes);
  return run;
}

function byName(a: TallyEntry, b: TallyEntry): number {
  return compareNames(a.name, b.name);
}

function combine(a: TallyEntry, b: TallyEntry): TallyEntry {
  return { name: a.name, count: a.count + b.count, first: Math.min(a.first, b.first) };
}

function merged(spill: Spill): TallyEntry[] {
  return [...spill.merge(decodeEntry, byName, combine)];
}

Deno.test("Spill merges runs in memory and in its file, and forgets them", () => {
  for (const maxBytes of [0, 40, 1e6]) {
    using spill = Spill.open(maxBytes);
    spill.add(encodeRun([entry("a"), entry("c")]));
    spill.add(encodeRun([]));
    spill.add(encodeRun([entry("b"), entry("c", 5)]));
    spill.add(encodeRun([entry("c", 10)]));
    assertEquals(merged(spill), [entry("a"), entry("b"), entry("c", 16)]);
    assertEquals(merged(spill), []);
    spill.add(encodeRun([entry("d")]));
    assertEquals(merged(spill), [entry("d")]);
  }
});

Deno.test("Spill gives entries that are larger than what it reads at a time", () => {
  using spill = Spill.open(0);
  const names = ["a".repeat(200_000), "b", "c".repeat(70_000)];
  spill.add(encodeRun(names.map((name) => entry(name))));
  spill.add(encodeRun(names.map((name) => entry(name))));
  assertEquals(merged(spill), names.map((name) => entry(name, 2)));
});

Deno.test("Spill says what to do where there is no room and no file", () => {
  using spill = Spill.open(100, false);
  spill.add(encodeRun([entry("a")]));
  const error = assertThrows(() => spill.add(encodeRun([entry("b".repeat(100))])), ExitError);
  assertEquals(error.code, 74);
  assertEquals(error.message.includes("--memory"), true);
  assertEquals(merged(spill), [entry("a")]);
});

Deno.test("Spill merges as a sort does, wherever runs are", () => {
  const run = fc.array(fc.tuple(fc.constantFrom(..."abcdefgh", "ä", "\u{1f600}", ""), fc.nat(9)), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12 }), fc.nat(400), (runs, maxBytes) => {
      using spill = Spill.open(maxBytes);
      const wanted = new Map<string, number>();
      for (const pairs of runs) {
        const entries = new Map(pairs);
        for (const [name, count] of entries) wanted.set(name, (wanted.get(name) ?? 0) + count);
        spill.add(encodeRun([...entries].map(([name, n]) => entry(name, n)).sort(byName)));
      }
      const all = [...wanted].map(([name, count]) => entry(name, count)).sort(byName);
      assertEquals(merged(spill), all);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Spill leaves no file behind", () => {
  const directory = Deno.makeTempDirSync();
  const before = Deno.env.get("TMPDIR");
  try {
    Deno.env.set("TMPDIR", directory);
    using spill = Spill.open(0);
    spill.add(encodeRun([entry("a")]));
    assertEquals([...Deno.readDirSync(directory)], []);
    assertEquals(merged(spill), [entry("a")]);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    Deno.removeSync(directory);
  }
});

Deno.test("Spill keeps half of what it may take in memory, and frees what it writes to its file", () => {
  using spill = Spill.open(200);
  const runs = ["a", "b", "c", "d", "e", "f"].map((name) => encodeRun([entry(name)]));
  for (const run of runs) spill.add(run);
  assertEquals(runs.map(({ buffer }) => buffer.detached), [false, false, false, false, true, true]);
  assertEquals(merged(spill).map(({ name }) => name).join(""), "abcdef");
});
