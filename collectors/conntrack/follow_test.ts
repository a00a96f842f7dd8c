import { assertEquals } from "@std/assert";
import type { FlowEvent } from "./flow.ts";
import { followFlows } from "./follow.ts";
import type { FlowTransport } from "./transport.ts";

/** Follows a transport without events over so many looks; tells at which of them the table was read. */
async function looks(lost: readonly number[]): Promise<{ tables: number[]; told: number[] }> {
  const stop = new AbortController();
  const tables: number[] = [];
  const told: number[] = [];
  let look = 0;
  const transport: FlowTransport = {
    dropped: {},
    lost: () => lost[look],
    dump: () => {
      tables.push(look);
      return Promise.resolve([]);
    },
    async *events(signal): AsyncGenerator<FlowEvent[]> {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield [];
    },
  };
  const sleep = async () => {
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  const context = {
    system: { now: () => 0, sleep },
    onLost: (count: number) => told.push(count),
    onFailure: () => {},
  };
  for await (const read of followFlows(transport, context, stop.signal)) {
    if ("dump" in read) continue;
    if (++look === lost.length) stop.abort();
  }
  return { tables, told };
}

Deno.test("followFlows reads the table at the start, and then each minute", async () => {
  const { tables } = await looks(Array(130).fill(0));
  assertEquals(tables, [0, 59, 119]);
});

Deno.test("followFlows reads the table again once no more events are lost", async () => {
  const { tables, told } = await looks([0, 0, 5, 9, 9, 20, 20, 20, 20]);
  assertEquals(tables, [0, 4, 6]);
  assertEquals(told, [5, 4, 11]);
});
