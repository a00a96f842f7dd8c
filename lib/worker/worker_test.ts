import { assert, assertEquals, assertRejects } from "@std/assert";
import type { CollectorRow } from "../../collectors/registry.ts";
import type { CollectorCoverage, CollectorOptions } from "../collector.ts";
import type { Connection } from "../connection.ts";
import { EXIT, ExitError } from "../exit.ts";
import { Ledger } from "../pipeline/stage.ts";
import { CollectorWorker, type Say } from "./collector_worker.ts";
import { CREDIT, CREDIT_BOUNDED } from "./protocol.ts";
import { OPTIONS } from "./test_options.ts";

const ROW: CollectorRow = {
  name: "fake",
  summary: "does as it is told",
  os: ["linux"],
  worker: "fake_worker.ts",
  memory: { least: 1, tables: 1 },
  permissions: () => "none",
  needs: "nothing",
  sees: "nothing",
  misses: "everything",
};

const BASE = new URL("testdata/", import.meta.url).href;

function options(behaviour: string): CollectorOptions {
  return { ...OPTIONS, procfs: behaviour };
}

function open(say: Say = () => {}): CollectorWorker {
  return new CollectorWorker(ROW, { procfs: "" }, say, BASE);
}

Deno.test("CollectorWorker passes on every record, the counters and what the collector says", async () => {
  const said: string[] = [];
  using worker = open((level, message) => said.push(`${level}: ${message}`));
  await worker.ready();
  assertEquals((await worker.probe(options("finite"))).reason, "it is a fake");
  const ledger = new Ledger();
  const records: Connection[] = [];
  const run = {
    ledger,
    onCoverage: ({ name, reason }: CollectorCoverage) =>
      said.push(`${name} ${reason} after ${records.length}`),
  };
  for await (
    const batch of worker.connections(options("finite"), new AbortController().signal, run)
  ) {
    records.push(...batch);
    assertEquals(batch.watermark, { collector: "fake", time: records.length - 1 });
  }
  assertEquals(records.map(({ time }) => time), Array.from({ length: 100 }, (_, n) => n));
  assertEquals([ledger.read, ledger.droppedTotal, ledger.degraded.get("no_bytes")], [102, 2, 1]);
  assertEquals(said, ["notice: behaves as finite", "fake as a fake after 0"]);
});

Deno.test("CollectorWorker tells what was lost while the collector has nothing to yield", async () => {
  using worker = open();
  await worker.ready();
  const stop = new AbortController();
  const ledger = new Ledger();
  const drained = (async () => {
    for await (const _ of worker.connections(options("silent"), stop.signal, { ledger }));
  })();
  // Bounded: the test would fail on its assertion, not hang.
  for (let i = 0; i < 1000 && ledger.read === 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals([ledger.read, ledger.dropped.get("malformed")], [2, 2]);
  stop.abort();
  await drained;
  assertEquals([ledger.read, ledger.droppedTotal, ledger.balance], [2, 2, 0]);
});

Deno.test("CollectorWorkers count into one ledger", async () => {
  const ledger = new Ledger();
  for (let i = 0; i < 2; i++) {
    using worker = open();
    await worker.ready();
    const { signal } = new AbortController();
    for await (const batch of worker.connections(options("finite"), signal, { ledger })) {
      ledger.emitted += batch.length;
      assert(ledger.balance >= 0);
    }
  }
  assertEquals([ledger.read, ledger.droppedTotal, ledger.balance], [204, 4, 0]);
  assertEquals(ledger.degraded.get("no_bytes"), 2);
});

Deno.test("CollectorWorker ends an endless collector and loses nothing that was read", async () => {
  using worker = open();
  await worker.ready();
  const stop = new AbortController();
  const ledger = new Ledger();
  let count = 0;
  for await (const batch of worker.connections(options("endless"), stop.signal, { ledger })) {
    count += batch.length;
    if (count === 5) stop.abort();
  }
  assert(count >= 5);
  assertEquals(ledger.read, count + 2);
});

Deno.test("CollectorWorker lets a collector be no more than the credit ahead", async () => {
  for (const [bounds, credit] of [[{}, CREDIT], [{ tables: 0.5 }, CREDIT_BOUNDED]] as const) {
    using worker = open();
    await worker.ready();
    const stop = new AbortController();
    const ledger = new Ledger();
    const endless = { ...options("endless"), ...bounds };
    const batches = worker.connections(endless, stop.signal, { ledger })[Symbol.asyncIterator]();
    await batches.next();
    // Long enough for hundreds of batches, were they not held back.
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    let more = 0;
    while (!(await batches.next()).done) more++;
    assert(more <= credit + 1, `${more} batches were under way`);
  }
});

Deno.test("CollectorWorker throws what the collector cannot go on with", async () => {
  for (
    const [behaviour, code, text] of [
      ["failing", EXIT.permission, "it may not"],
      ["broken", EXIT.software, "it is broken"],
    ] as const
  ) {
    using worker = open();
    await worker.ready();
    const drain = async () => {
      const batches = worker.connections(
        options(behaviour),
        new AbortController().signal,
        { ledger: new Ledger() },
      );
      for await (const _ of batches);
    };
    const error = await assertRejects(drain, ExitError, text);
    assertEquals(error.code, code);
  }
});

Deno.test("CollectorWorker says when a worker cannot be loaded", async () => {
  const row = { ...ROW, worker: "throwing_worker.ts" };
  using worker = new CollectorWorker(row, { procfs: "" }, () => {}, BASE);
  const error = await assertRejects(() => worker.ready(), ExitError, "it does not load");
  assertEquals(error.code, EXIT.software);
});
