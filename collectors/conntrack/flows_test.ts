import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import type { FlowEvent } from "./flow.ts";
import { flowRecords, type FlowTable, type FlowWorkshop } from "./flows.ts";
import { begun, NOW } from "./owners/test_host.ts";
import type { FlowOwner } from "./owners/settle.ts";
import { FlowRecords } from "./records.ts";

const NONE: FlowOwner = {
  local: "source",
  direction: "egress",
  initiator: "local",
  attribution: "none",
};

function flow(event: FlowEvent["event"], id: number): FlowEvent {
  return { ...begun("tcp", ["10.0.0.1", 4000], ["192.0.2.9", 80], NOW + id), event, id };
}

/** Owners whose reason is the id of their flow, after a time of their own. */
function workshop(ticks: (call: number) => number = () => 0): FlowWorkshop & { calls: number[][] } {
  const calls: number[][] = [];
  return {
    calls,
    owners: {
      attribute: async (flows) => {
        calls.push(flows.map(({ id = -1 }) => id));
        for (let i = ticks(calls.length); i > 0; i--) await Promise.resolve();
        return flows.map(({ id }) => ({ ...NONE, attributionReason: `flow ${id}` }));
      },
    },
    records: new FlowRecords({ id: "h", name: "h" }, "boot", () => NONE),
    counters: { read: 0, dropped: {}, degraded: {} },
    now: () => NOW,
  };
}

async function* of(...batches: FlowEvent[][]): AsyncGenerator<FlowEvent[]> {
  for (const batch of batches) {
    await Promise.resolve();
    yield batch;
  }
}

const never = new AbortController().signal;

async function all(batches: AsyncIterable<Connection[]>): Promise<Connection[]> {
  const records: Connection[] = [];
  for await (const batch of batches) records.push(...batch);
  return records;
}

Deno.test("flowRecords keeps the order of the events, however long the owners take", async () => {
  const shop = workshop((call) => 30 - call * 10);
  const batches = [[flow("new", 1), flow("new", 2)], [flow("destroy", 1)], [flow("new", 3)]];
  const records = await all(flowRecords(() => of(...batches), shop, never));
  assertEquals(
    records.map(({ event, attributionReason }) => `${event} ${attributionReason}`),
    ["open flow 1", "open flow 2", "close flow 1", "open flow 3"],
  );
  assertEquals(shop.calls, [[1, 2], [], [3]]);
  assertEquals(shop.counters, { read: 4, dropped: {}, degraded: {} });
});

Deno.test("flowRecords looks for owners before the records are taken", async () => {
  const shop = workshop();
  const records = flowRecords(() => of([flow("new", 1)], [flow("new", 2)]), shop, never);
  const first = await records.next();
  assertEquals(first.done, false);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  assertEquals(shop.calls, [[1], [2]]);
  await records.return(undefined);
});

Deno.test("flowRecords does not read on for ever when the records are not taken", async () => {
  const shop = workshop();
  let read = 0;
  async function* endless(signal: AbortSignal): AsyncGenerator<FlowEvent[]> {
    while (!signal.aborted) {
      await Promise.resolve();
      read++;
      yield Array.from({ length: 1000 }, (_, i) => flow("new", read * 1000 + i));
    }
  }
  const records = flowRecords(endless, shop, never);
  await records.next();
  for (let i = 0; i < 1000; i++) await Promise.resolve();
  assertEquals(read < 40, true);
  await records.return(undefined);
});

Deno.test("flowRecords makes no record of what is known already, and counts it not at all", async () => {
  const shop = workshop();
  const batches = [[flow("dump", 1), flow("dump", 1), flow("new", 1)]];
  assertEquals((await all(flowRecords(() => of(...batches), shop, never))).length, 1);
  assertEquals(shop.counters, { read: 1, dropped: {}, degraded: {} });
});

Deno.test("flowRecords closes what a table does not have any more", async () => {
  const shop = workshop();
  const reconciled = Promise.withResolvers<void>();
  let now = NOW;
  async function* events(): AsyncGenerator<FlowEvent[] | FlowTable> {
    yield [flow("new", 1), flow("new", 2)];
    yield { dump: [flow("dump", 2), flow("dump", 3)], began: NOW + 100 };
    await reconciled.promise;
    yield [];
  }
  const records: string[] = [];
  for await (const batch of flowRecords(events, { ...shop, now: () => now }, never)) {
    records.push(...batch.map(({ event, attributionReason }) => `${event} ${attributionReason}`));
    if (records.length < 3) continue;
    now += 3_000_000;
    reconciled.resolve();
  }
  assertEquals(records, ["open flow 1", "open flow 2", "open flow 3", "close flow 1"]);
  assertEquals(shop.counters.read, 4);
});

Deno.test("flowRecords closes nothing before it has the whole table", async () => {
  const shop = workshop();
  async function* events(): AsyncGenerator<FlowEvent[] | FlowTable> {
    yield [flow("new", 1), flow("new", 2)];
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    yield { dump: [flow("dump", 2), flow("dump", 3)], began: NOW + 100, isPart: true };
    yield { dump: [flow("dump", 1)], began: NOW + 100, isPart: true };
    yield { dump: [], began: NOW + 100 };
    // The rest of this one could not be read.
    yield { dump: [flow("dump", 1)], began: NOW + 200, isPart: true };
  }
  let now = NOW;
  const clock = () => now += 3_000_000;
  const records = await all(flowRecords(events, { ...shop, now: clock }, never));
  assertEquals(records.map(({ event }) => event), ["open", "open", "open"]);
  // Whose the flows are that are known is not looked for again.
  assertEquals(shop.calls.flat(), [1, 2, 3]);
});

Deno.test("flowRecords makes batches of a thousand", async () => {
  const flows = Array.from({ length: 2500 }, (_, id) => flow("new", id));
  const sizes: number[] = [];
  for await (const batch of flowRecords(() => of(flows), workshop(), never)) {
    sizes.push(batch.length);
  }
  assertEquals(sizes, [1000, 1000, 500]);
});

Deno.test("flowRecords fails as the transport does, after the records before", async () => {
  const shop = workshop();
  async function* broken(): AsyncGenerator<FlowEvent[]> {
    yield [flow("new", 1)];
    await Promise.resolve();
    throw new RangeError("no socket");
  }
  const records: Connection[] = [];
  await assertRejects(
    async () => {
      for await (const batch of flowRecords(broken, shop, never)) records.push(...batch);
    },
    RangeError,
    "no socket",
  );
  assertEquals(records.length, 1);
});

Deno.test("flowRecords ends with the signal, with all that was read", async () => {
  const stop = new AbortController();
  async function* events(signal: AbortSignal): AsyncGenerator<FlowEvent[]> {
    yield [flow("new", 1)];
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield [flow("destroy", 1)];
  }
  const records: string[] = [];
  for await (const batch of flowRecords(events, workshop(), stop.signal)) {
    records.push(...batch.map(({ event }) => event));
    stop.abort();
  }
  assertEquals(records, ["open", "close"]);
});

Deno.test("flowRecords loses and adds nothing", async () => {
  const event = fc.record({
    event: fc.constantFrom("new", "update", "destroy", "dump"),
    id: fc.nat(5),
  });
  const batches = fc.array(fc.array(event, { maxLength: 10 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(batches, fc.array(fc.nat(5)), async (batches, delays) => {
      const shop = workshop((call) => delays[call] ?? 0);
      const flows = batches.map((batch) => batch.map(({ event, id }) => flow(event, id)));
      const records = await all(flowRecords(() => of(...flows), shop, never));
      assertEquals(records.length, shop.counters.read);
      const repeated = flows.flat().filter(({ event }) => event === "new" || event === "dump");
      assert(records.length <= flows.flat().length);
      assert(records.length >= flows.flat().length - repeated.length);
    }),
    { numRuns: 100 },
  );
});

Deno.test("flowRecords marks the last batch of what was read, also if there are no records", async () => {
  const batches = [Array.from({ length: 1500 }, (_, i) => flow("new", i)), []];
  let read = 0;
  const shop = { ...workshop(), drained: { after: () => ++read } };
  const said: [number, number | undefined][] = [];
  for await (const batch of flowRecords(() => of(...batches), shop, never)) {
    said.push([batch.length, batch.watermark?.time]);
  }
  assertEquals(said, [[1000, undefined], [500, 1], [0, 2]]);
});
