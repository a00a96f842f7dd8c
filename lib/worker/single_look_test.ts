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

Deno.test("SingleLook reads all before it is ready, and gives it out afterwards", async () => {
  const said: string[] = [];
  let isOver = false;
  const { host } = OPTIONS;
  const record = { id: "1", host } as Connection;
  const fake = collector(async function* ({ counters, coverage, report }: CollectorContext) {
    coverage(COVERAGE);
    report("notice", "it looks");
    yield [await record];
    counters.read = 3;
    counters.dropped["malformed"] = 2;
    isOver = true;
  });
  using look = new SingleLook(
    () => Promise.resolve(fake),
    Promise.resolve(OPTIONS),
    (level, message) => said.push(`${level}: ${message}`),
  );
  await look.ready();
  assertEquals([isOver, said], [true, ["notice: it looks"]]);
  const ledger = new Ledger();
  const covered: unknown[] = [];
  const context = { ledger, onCoverage: (coverage: unknown) => covered.push(coverage) };
  const batches = look.connections(OPTIONS, new AbortController().signal, context);
  assertEquals(await Array.fromAsync(batches), [[record]]);
  assertEquals([ledger.read, ledger.droppedTotal], [3, 2]);
  assertEquals(covered, [COVERAGE]);
  assertEquals((await look.probe(OPTIONS)).reason, "it is a fake");
});

Deno.test("SingleLook is not ready when the collector cannot look", async () => {
  const fake = collector(async function* () {
    yield await [];
    throw new Error("it is broken");
  });
  using look = new SingleLook(() => Promise.resolve(fake), Promise.resolve(OPTIONS), () => {});
  await assertRejects(() => look.ready(), Error, "it is broken");
});
