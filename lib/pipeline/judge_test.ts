import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { hostileConnection } from "../formats/test_records.ts";
import { compileJudge } from "../noteworthy/compile.ts";
import { builtinRules } from "../noteworthy/load.ts";
import { parseRules } from "../noteworthy/parse.ts";
import { sample } from "../noteworthy/test_connections.ts";
import { connectionsOf, HiddenCounts, judgeStage } from "./judge.ts";
import { type Batches, Ledger } from "./stage.ts";

const { rules: RULES } = parseRules(
  `
[[rule]]
name = "web"
why = "The web."
expect = true
port = [80, 443]

[[rule]]
name = "dns"
why = "Names."
expect = true
port = 53
`,
  "test.toml",
);

async function* batchesOf(...batches: Connection[][]): Batches {
  for (const batch of batches) yield await Promise.resolve(batch);
}

Deno.test("judgeStage gives what is noteworthy, with reasons, and counts the rest", async () => {
  const ledger = new Ledger();
  const hidden: [string, Connection][] = [];
  const stage = judgeStage(compileJudge(RULES), ledger, (rule, record) => {
    hidden.push([rule, record]);
  });
  const odd = sample({ port: 8443, exe: "/usr/bin/curl" });
  const [web, dns] = [sample({ port: 80 }), sample({ port: 53 })];
  const judged = { ...odd, noteworthy: [{ rule: "old", reason: "said before" }] };
  const found = await Array.fromAsync(stage(batchesOf([web, odd], [dns], [judged])));
  const noteworthy = [
    { rule: "default", reason: "no rule expects curl to reach 203.0.113.7:8443" },
  ];
  assertEquals(found, [[{ ...odd, noteworthy }], [{ ...odd, noteworthy }]]);
  assertEquals(hidden, [["web", web], ["dns", dns]]);
  assertEquals(ledger.filtered, 2);
});

Deno.test("judgeStage leaves out a record that was noteworthy before and is expected now", async () => {
  const record = { ...sample(), noteworthy: [{ rule: "old", reason: "said before" }] };
  const stage = judgeStage(compileJudge(RULES), new Ledger());
  assertEquals(await Array.fromAsync(stage(batchesOf([record]))), []);
});

Deno.test("judgeStage loses no record in silence", async () => {
  const judge = compileJudge(builtinRules("linux"));
  // Their sums are numbers that are exact.
  const countable = hostileConnection.map(({ records, ...record }): Connection =>
    records === undefined ? record : { ...record, records: records % 1_000_000 }
  );
  const batches = fc.array(fc.array(countable, { maxLength: 4 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const ledger = new Ledger();
      const counts = new HiddenCounts(builtinRules("linux"));
      const out = await Array.fromAsync(judgeStage(judge, ledger, counts.add)(batchesOf(...all)));
      const records = all.flat();
      assertEquals(out.flat().length + ledger.filtered, records.length);
      const hidden = counts.summary().reduce((sum, each) => sum + each.records, 0);
      const left = records.filter((each) => judge(each).verdict === "expected");
      assertEquals(hidden, left.reduce((sum, { records = 1 }) => sum + records, 0));
      assertEquals(ledger.filtered, left.length);
      assert(out.every((batch) => batch.length > 0));
      assertEquals(
        out.flat().map(({ id }) => id),
        records.filter((each) => judge(each).verdict === "noteworthy").map(({ id }) => id),
      );
      for (const { noteworthy } of out.flat()) assert((noteworthy?.length ?? 0) > 0);
    }),
    { numRuns: 50 },
  );
});

Deno.test("HiddenCounts counts records and connections by rule, with a few examples", () => {
  const counts = new HiddenCounts(RULES);
  for (let i = 0; i < 1000; i++) {
    counts.add("dns", sample({ port: 53, ip: `192.0.2.${i % 250}` }));
  }
  counts.add("web", { ...sample({ exe: "/usr/bin/a\nb" }), event: "summary", count: 5000 });
  counts.add("web", { ...sample({ exe: "/usr/bin/a\nb" }), event: "close" });
  assertEquals(counts.summary(), [
    {
      rule: "web",
      why: "The web.",
      records: 2,
      connections: 5000,
      examples: ["a\\nb to reach 203.0.113.7:443"],
    },
    {
      rule: "dns",
      why: "Names.",
      records: 1000,
      connections: 1000,
      examples: [0, 1, 2].map((i) => `an unknown process to reach 192.0.2.${i}:53`),
    },
  ]);
});

Deno.test("connectionsOf counts a connection once, and a summary as what it stands for", () => {
  assertEquals(connectionsOf({ ...sample(), event: "open" }), 1);
  assertEquals(connectionsOf({ ...sample(), event: "update" }), 0);
  assertEquals(connectionsOf({ ...sample(), event: "close" }), 0);
  assertEquals(connectionsOf({ ...sample(), event: "summary", count: 0 }), 0);
});
