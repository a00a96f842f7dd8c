import { assertEquals, assertRejects } from "@std/assert";
import type { Collector, CollectorContext } from "../collector.ts";
import type { Connection } from "../connection.ts";
import { Ledger } from "../pipeline/stage.ts";
import { SingleLook } from "./single_look.ts";
import { OPTIONS } from "./test_options.ts";

function collector(connections: Collector["connections"]): Collector {
  return {
    name: "fake",
    probe: () => ({ usable: true, reason: "it is a fake", misses: [], remedies: [] }),
    connections,
  };
}

const COVERAGE = { name: "fake", usable: true, reason: "it is a fake", misses: [], remedies: [] };

Deno.test("SingleLook has the first batch before it is ready, and makes the others as they are asked for", async () => {
  const said: string[] = [];
  let made = 0;
  const { host } = OPTIONS;
  const records = ["1", "2", "3"].map((id) => ({ id, host }) as Connection);
  const fake = collector(async function* ({ counters, coverage, report }: CollectorContext) {
    coverage(COVERAGE);
    report("notice", "it looks");
    counters.dropped["malformed"] = 2;
    counters.degraded["no_bytes"] = 1;
    for (const record of records) {
      made++;
      counters.read++;
      yield [await record];
    }
  });
  using look = new SingleLook(
    () => Promise.resolve(fake),
    Promise.resolve(OPTIONS),
    (level, message) => said.push(`${level}: ${message}`),
  );
  await look.ready();
  assertEquals([made, said], [1, ["notice: it looks"]]);
  const ledger = new Ledger();
  const covered: unknown[] = [];
  const context = { ledger, onCoverage: (coverage: unknown) => covered.push(coverage) };
  const batches = look.connections(OPTIONS, new AbortController().signal, context);
  const given: Connection[][] = [];
  for await (const batch of batches) {
    given.push(batch);
    assertEquals(made, given.length);
  }
  assertEquals(given, records.map((record) => [record]));
  assertEquals([ledger.read, ledger.droppedTotal, ledger.degraded.get("no_bytes")], [3, 2, 1]);
  assertEquals(covered, [COVERAGE]);
  assertEquals((await look.probe(OPTIONS)).reason, "it is a fake");
});

Deno.test("SingleLook counts what was given out until nobody asked for more", async () => {
  const fake = collector(async function* ({ counters }: CollectorContext) {
    while (true) {
      counters.read += 2;
      yield await [];
    }
  });
  using look = new SingleLook(() => Promise.resolve(fake), Promise.resolve(OPTIONS), () => {});
  await look.ready();
  const ledger = new Ledger();
  let left = 3;
  for await (const _ of look.connections(OPTIONS, new AbortController().signal, { ledger })) {
    if (--left === 0) break;
  }
  assertEquals(ledger.read, 6);
});

Deno.test("SingleLook is not ready when the collector cannot look", async () => {
  // deno-lint-ignore require-yield -- it fails before
  const fake = collector(async function* () {
    throw await new Error("it is broken");
  });
  using look = new SingleLook(() => Promise.resolve(fake), Promise.resolve(OPTIONS), () => {});
  await assertRejects(() => look.ready(), Error, "it is broken");
});
