import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Rounds } from "./rounds.ts";

/** Rounds over numbers with a clock that only work and sleeping move. */
class Bench {
  now = 1_000_000;
  readonly rounds: number[][] = [];
  readonly begins: number[] = [];
  readonly ends: number[] = [];
  cost = 0;
  work: (item: number) => number = (item) => item * 2;
  readonly looks = new Rounds<number, number>({
    now: () => this.now,
    sleep: async (ms) => {
      const end = this.now + ms * 1000;
      await Promise.resolve();
      this.now = Math.max(this.now, end);
    },
    work: (items) => {
      this.rounds.push([...items]);
      this.begins.push(this.now);
      this.now += this.cost;
      this.ends.push(this.now);
      return items.map(this.work);
    },
  });
}

Deno.test("Rounds does what is due before it returns", async () => {
  const bench = new Bench();
  const results = bench.looks.add([1, 2], 0);
  assertEquals(bench.rounds, [[1, 2]]);
  assertEquals(await results, [2, 4]);
});

Deno.test("Rounds pauses after a round, and then does all that has come meanwhile", async () => {
  const bench = new Bench();
  bench.cost = 7000;
  const all = [1, 2, 3].map((item) => bench.looks.add([item], 0));
  assertEquals([bench.rounds, bench.looks.size], [[[1]], 2]);
  assertEquals(await Promise.all(all), [[2], [4], [6]]);
  assertEquals(bench.rounds, [[1], [2, 3]]);
  assertEquals(bench.looks.size, 0);
  assertEquals((bench.begins[1] ?? 0) - (bench.ends[0] ?? 0), 10_000);
});

Deno.test("Rounds takes along what is nearly due", async () => {
  const bench = new Bench();
  const later = [bench.looks.add([1], 30_000), bench.looks.add([2], 50_000)];
  bench.now += 25_000;
  const now = bench.looks.add([3], 0);
  assertEquals(bench.rounds, [[1, 3]]);
  assertEquals(await now, [6]);
  assertEquals(await Promise.all(later), [[2], [4]]);
});

Deno.test("Rounds pauses although something is overdue", async () => {
  const bench = new Bench();
  bench.cost = 20_000;
  const later = bench.looks.add([1], 30_000);
  bench.now += 15_000;
  await bench.looks.add([2], 0);
  await later;
  assertEquals(bench.rounds, [[2], [1]]);
  assertEquals((bench.begins[1] ?? 0) - (bench.ends[0] ?? 0), 20_000);
});

Deno.test("Rounds rejects everything of a round that fails, and goes on", async () => {
  const bench = new Bench();
  bench.work = () => {
    throw new RangeError("broken");
  };
  await assertRejects(() => bench.looks.add([1], 0), RangeError, "broken");
  await assertRejects(() => bench.looks.add([1], 30_000), RangeError, "broken");
  bench.work = (item) => item;
  assertEquals(await bench.looks.add([5], 0), [5]);
});

Deno.test("Rounds gives each item its result, once, and never without a pause", async () => {
  const group = fc.record({
    items: fc.array(fc.nat(), { maxLength: 5 }),
    delay: fc.constantFrom(0, 10_000, 30_000),
    before: fc.nat(20_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(group, { maxLength: 20 }), fc.nat(10_000), async (groups, cost) => {
      const bench = new Bench();
      bench.cost = cost;
      const results = groups.map(({ items, delay, before }) => {
        bench.now += before;
        return bench.looks.add(items, delay);
      });
      assertEquals(
        await Promise.all(results),
        groups.map(({ items }) => items.map((item) => item * 2)),
      );
      const done = bench.rounds.flat().sort((a, b) => a - b);
      assertEquals(done, groups.flatMap(({ items }) => items).sort((a, b) => a - b));
      for (let i = 1; i < bench.begins.length; i++) {
        assert((bench.begins[i] ?? 0) - (bench.ends[i - 1] ?? 0) >= Math.max(cost, 5000));
      }
    }),
    { numRuns: 100 },
  );
});
