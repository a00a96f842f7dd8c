import { assert, assertEquals } from "@std/assert";
import type { FlowEvent } from "./flow.ts";
import { followFlows } from "./follow.ts";
import { begun } from "./owners/test_host.ts";
import type { FlowTransport } from "./transport.ts";

/** Follows a transport without events over so many looks; tells at which of them the table was read. */
async function looks(
  lost: readonly number[],
  gaps: readonly number[] = [],
): Promise<{ tables: number[]; told: number[] }> {
  const stop = new AbortController();
  const tables: number[] = [];
  const told: number[] = [];
  let look = 0;
  const transport: FlowTransport = {
    dropped: {},
    lost: () => lost[look],
    get gaps() {
      return gaps[look] ?? 0;
    },
    dump: () => Promise.resolve([]),
    async *entries(): AsyncGenerator<FlowEvent[]> {},
    async *events(signal): AsyncGenerator<FlowEvent[]> {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield [];
    },
  };
  const sleep = async () => {
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  const context = {
    system: { now: () => look, sleep },
    onLost: (count: number) => told.push(count),
    onFailure: () => {},
  };
  for await (const read of followFlows(transport, context, stop.signal)) {
    if ("dump" in read) {
      if (!read.isPart) tables.push(read.began);
      continue;
    }
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

Deno.test("followFlows reads the table again after a gap, of which nobody knows how many it has cost", async () => {
  const { tables, told } = await looks([0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 1]);
  assertEquals(tables, [0, 3]);
  assertEquals(told, []);
});

/** Follows a transport whose table is read in these batches; gives what is told of it. */
async function table(
  entries: (signal?: AbortSignal) => AsyncIterable<FlowEvent[]>,
): Promise<
  { parts: (readonly [began: number, size: number, isPart?: true])[]; failures: string[] }
> {
  const stop = new AbortController();
  const parts: (readonly [began: number, size: number, isPart?: true])[] = [];
  const failures: string[] = [];
  const transport: FlowTransport = {
    dropped: {},
    lost: () => 0,
    dump: () => Promise.resolve([]),
    entries,
    async *events(signal): AsyncGenerator<FlowEvent[]> {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield [];
    },
  };
  let looks = 0;
  const sleep = async () => {
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  };
  const context = {
    system: { now: () => 7, sleep },
    onLost: () => {},
    onFailure: (message: string) => failures.push(message),
  };
  for await (const read of followFlows(transport, context, stop.signal)) {
    if ("dump" in read) {
      const { began, dump: { length }, isPart } = read;
      parts.push(isPart ? [began, length, isPart] : [began, length]);
    } else if (++looks === 3) stop.abort();
  }
  return { parts, failures };
}

Deno.test("followFlows gives the table in parts, and tells where it begins and ends", async () => {
  const event = begun("tcp", ["10.0.0.1", 4000], ["192.0.2.9", 80]);
  const whole = await table(async function* () {
    yield [event, event];
    await Promise.resolve();
    yield [event];
  });
  assertEquals(whole, {
    parts: [[7, 0, true], [7, 2, true], [7, 1, true], [7, 0]],
    failures: [],
  });
  const cut = await table(async function* () {
    yield [event];
    await Promise.resolve();
    throw new RangeError("no more");
  });
  assertEquals(cut, { parts: [[7, 0, true], [7, 1, true]], failures: ["no more"] });
});

Deno.test("followFlows gives the reading of a table up when it ends", async () => {
  let isClosed = false;
  await table(async function* (signal) {
    try {
      yield [];
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    } finally {
      isClosed = true;
    }
  });
  assert(isClosed);
});
