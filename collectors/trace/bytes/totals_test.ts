import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { SsTotals } from "./ss_line.ts";
import { PATIENCE_MS, TotalsJoin } from "./totals.ts";

const A = {
  local: { ip: "10.0.0.1", port: 80 },
  remote: { ip: "10.0.0.2", port: 4000 },
};
const MIRRORED = { local: A.remote, remote: A.local };

function totals(bytesReceived: number, cookie?: number, ends = A): SsTotals {
  const known = cookie === undefined ? {} : { cookie };
  return { state: "UNCONN", receiveQueue: 0, ...ends, ...known, bytesReceived, segmentsIn: 1 };
}

/** Items with the bytes of their totals. */
function brief(join: TotalsJoin<string>, now: number): string[] {
  return join.done(now).map(({ item, totals }) => `${item} ${totals?.bytesReceived}`);
}

Deno.test("TotalsJoin joins whichever comes first", function () {
  const join = new TotalsJoin<string>();
  join.line(totals(1, 7), 0);
  join.close("one", A, 7, 1);
  join.close("two", A, 8, 2);
  assertEquals(brief(join, 2), ["one 1"]);
  assertEquals(join.waiting, 1);
  join.line(totals(2, 8), 3);
  assertEquals(brief(join, 3), ["two 2"]);
  assertEquals(join.waiting, 0);
});

Deno.test("TotalsJoin tells the ends of a connection apart", function () {
  const join = new TotalsJoin<string>();
  join.close("here", A, undefined, 0);
  join.close("there", MIRRORED, undefined, 0);
  join.line(totals(2, undefined, MIRRORED), 0);
  join.line(totals(1), 0);
  assertEquals(brief(join, 0), ["there 2", "here 1"]);
});

Deno.test("TotalsJoin goes by the cookie where both know it, else by the order", function () {
  const join = new TotalsJoin<string>();
  join.close("one", A, 7, 0);
  join.close("two", A, 8, 0);
  join.line(totals(2, 8), 0);
  join.line(totals(1, 7), 0);
  assertEquals(brief(join, 0), ["two 2", "one 1"]);
  join.close("three", A, undefined, 0);
  join.close("four", A, undefined, 0);
  join.line(totals(3, 9), 0);
  join.line(totals(4, 10), 0);
  assertEquals(brief(join, 0), ["three 3", "four 4"]);
});

Deno.test("TotalsJoin lets a close go that has waited in vain", function () {
  const join = new TotalsJoin<string>();
  join.close("one", A, 7, 0);
  join.close("two", MIRRORED, 8, 10);
  assertEquals(brief(join, PATIENCE_MS), []);
  assertEquals(brief(join, PATIENCE_MS + 1), ["one undefined"]);
  join.line(totals(1, 7), PATIENCE_MS + 2);
  assertEquals(brief(join, PATIENCE_MS + 11), ["two undefined"]);
});

Deno.test("TotalsJoin forgets totals that nobody asks for", function () {
  const join = new TotalsJoin<string>();
  join.line(totals(1), 0);
  join.done(5001);
  join.close("late", A, undefined, 5002);
  assertEquals(join.finish().map(({ totals }) => totals), [undefined]);
});

Deno.test("TotalsJoin bounds what waits", function () {
  const join = new TotalsJoin<number>();
  for (let i = 0; i < 20_000; i++) {
    const ends = { ...A, local: { ip: "10.0.0.1", port: i } };
    join.close(i, ends, undefined, 0);
    join.line(totals(i, undefined, { ...ends, remote: { ip: "10.0.0.9", port: 1 } }), 0);
  }
  const gone = join.done(0);
  assertEquals([gone.length, gone[0]?.item, join.waiting], [20_000 - 16_384, 0, 16_384]);
  join.close(-1, { local: { ip: "10.0.0.1", port: 0 }, remote: { ip: "10.0.0.9", port: 1 } }, 1, 0);
  join.close(
    -2,
    { local: { ip: "10.0.0.1", port: 19_999 }, remote: { ip: "10.0.0.9", port: 1 } },
    1,
    0,
  );
  assertEquals(join.done(0).flatMap(({ item, totals }) => totals ? [item] : []), [-2]);
});

Deno.test("TotalsJoin gives every item once, and never the totals of another socket", function () {
  const step = fc.record({
    line: fc.boolean(),
    cookie: fc.nat(20),
    port: fc.nat(2),
    wait: fc.constantFrom(0, 0, 0, 100, 600, 6000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const join = new TotalsJoin<number>();
      const found: number[] = [];
      const closed: number[] = [];
      const take = (now: number) => {
        for (const { item, totals } of join.done(now)) {
          found.push(item);
          if (totals !== undefined) assertEquals(totals.cookie, steps[item]?.cookie);
        }
      };
      let now = 0;
      steps.forEach(({ line, cookie, port, wait }, i) => {
        const ends = { ...A, local: { ip: "10.0.0.1", port } };
        if (line) join.line(totals(i, cookie, ends), now);
        else closed.push(join.close(i, ends, cookie, now) ?? i);
        now += wait;
        take(now);
      });
      take(Infinity);
      assertEquals(found.toSorted((a, b) => a - b), closed);
      assertEquals(join.waiting, 0);
    }),
    { numRuns: 200 },
  );
});
