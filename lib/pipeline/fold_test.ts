import { assertEquals, assertRejects } from "@std/assert";
import type { Connection } from "../connection.ts";
import { fold, type FoldStageOptions } from "./fold.ts";
import { DEFAULT_FOLD_FIELDS } from "./fold/fields.ts";
import { FOLD_ORDERS } from "./fold/order.ts";
import { type Batches, Ledger } from "./stage.ts";

const MINUTE = 60_000_000;

function row(minute: number, executable: string, count = 1): Connection {
  return {
    id: `${minute} ${executable}`,
    event: "summary",
    time: minute * MINUTE,
    direction: "egress",
    outcome: "unknown",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: {},
    remote: { ip: "192.0.2.1", port: 443 },
    count,
    process: { executable },
    attribution: "exact",
    collector: "littlesnitch",
    host: { id: "h", name: "n" },
  };
}

const OPTIONS: FoldStageOptions = {
  windowUs: MINUTE,
  by: DEFAULT_FOLD_FIELDS,
  maxKeys: 100,
  settleUs: MINUTE,
  clock: "records",
  signal: new AbortController().signal,
};

const SYSTEM = { now: () => 0, sleep: () => Promise.reject(new Error("it sleeps")) };

async function* source(batches: readonly Connection[][], error?: Error): Batches {
  yield* batches;
  if (error !== undefined) throw error;
}

/** Minute, program and count of each summary, in the batches in which they came. */
async function run(
  batches: readonly Connection[][],
  options: Partial<FoldStageOptions> = {},
  ledger = new Ledger(),
): Promise<unknown[][]> {
  const folded = fold(source(batches), SYSTEM, ledger, { ...OPTIONS, ...options });
  const all = await Array.fromAsync(folded);
  const told = all.map((batch) =>
    batch.map(({ start = 0, process, count }) => [start / MINUTE, process?.executable, count])
  );
  return told.filter((batch) => batch.length > 0);
}

Deno.test("fold gives a window out when its records have had time to come", async () => {
  assertEquals(
    await run([[row(1, "a")], [row(2, "a"), row(1, "a")], [row(3, "a")], [row(5, "b")]]),
    [
      [[1, "a", 2]],
      [[2, "a", 1], [3, "a", 1]],
      [[5, "b", 1]],
    ],
  );
});

Deno.test("fold does not end windows for one record of a wrong time", async () => {
  assertEquals(await run([[row(9_000_000, "a"), row(1, "a")], [row(1, "a")], [row(1, "a")]]), [
    [[1, "a", 3], [9_000_000, "a", 1]],
  ]);
});

Deno.test("fold orders the summaries within their windows", async () => {
  const batch = [row(1, "b", 1), row(2, "b", 2), row(1, "a", 7), row(2, "a", 9)];
  const orders = { compare: FOLD_ORDERS["count"] ?? (() => 0) };
  assertEquals(await run([batch], orders), [
    [[1, "a", 7], [1, "b", 1], [2, "a", 9], [2, "b", 2]],
  ]);
});

Deno.test("fold gives no part of a window for the whole when it is cut short, and counts what was in it", async () => {
  const stop = new AbortController();
  stop.abort();
  const ledger = new Ledger();
  const batches = [[row(1, "a"), row(1, "a")], [row(4, "a")], [row(4, "a")]];
  assertEquals(await run(batches, { signal: stop.signal }, ledger), [[[1, "a", 2]]]);
  assertEquals([ledger.folded, ledger.dropped.get("interrupted")], [1, 2]);
  const failing = fold(source(batches, new Error("broken")), SYSTEM, new Ledger(), OPTIONS);
  const seen: Connection[] = [];
  await assertRejects(
    async () => {
      for await (const batch of failing) seen.push(...batch);
    },
    Error,
    "broken",
  );
  assertEquals(seen.map(({ start = 0 }) => start / MINUTE), [1]);
});

Deno.test("fold gives out what is open at the end of what happened just now", async () => {
  const stop = new AbortController();
  stop.abort();
  const system = { now: () => 4 * MINUTE, sleep: () => new Promise<void>(() => {}) };
  const options = { ...OPTIONS, clock: "host", signal: stop.signal } as const;
  const all = await Array.fromAsync(fold(source([[row(4, "a")]]), system, new Ledger(), options));
  assertEquals(all.flat().length, 1);
});
