import { assertEquals, assertRejects } from "@std/assert";
import type { Connection } from "../connection.ts";
import { withWatermark } from "../collector.ts";
import { join, merge } from "./join.ts";
import { JOINED } from "./joined_record.ts";
import { type Batches, Ledger } from "./stage.ts";

const RECORD: Connection = {
  id: "t1",
  event: "open",
  time: 0,
  direction: "egress",
  initiator: "local",
  outcome: "established",
  protocol: "tcp",
  protocolNumber: 6,
  ipVersion: 4,
  local: { ip: "192.0.2.1", port: 50_000 },
  remote: { ip: "198.51.100.7", port: 443 },
  attribution: "exact",
  collector: "trace",
  host: { id: "h", name: "n" },
};

/** Gives each of the batches when its promise resolves; says when it was told to end. */
async function* source(
  batches: readonly (readonly Connection[] | Promise<readonly Connection[]>)[],
  onEnd: () => void = () => {},
): Batches {
  try {
    for (const batch of batches) yield [...await batch];
  } finally {
    onEnd();
  }
}

async function ids(batches: Batches): Promise<string[]> {
  return (await Array.fromAsync(batches)).flat().map(({ id }) => id);
}

function named(id: string): Connection[] {
  return [{ ...RECORD, id }];
}

Deno.test("merge gives batches as they come, each source's in its order", async () => {
  const { promise, resolve } = Promise.withResolvers<Connection[]>();
  const quick = source([named("a1"), named("a2"), named("a3")], () => resolve(named("b1")));
  assertEquals(await ids(merge([source([promise, named("b2")]), quick], () => {})), [
    "a1",
    "a2",
    "a3",
    "b1",
    "b2",
  ]);
  assertEquals(await ids(merge([], () => {})), []);
});

Deno.test("merge fails when one source does, and tells the others to end", async () => {
  let ended = 0;
  const failing = source([named("a"), Promise.reject(new Error("no more"))]);
  const other = source(Array.from({ length: 100 }, () => named("b")), () => ended++);
  await assertRejects(() => ids(merge([other, failing], () => {})), Error, "no more");
  assertEquals(ended, 1);
});

Deno.test("merge ends its sources when nobody wants more", async () => {
  let ended = 0;
  const sources = ["a", "b"].map((id) => source([named(id), named(id)], () => ended++));
  for await (const _batch of merge(sources, () => {})) break;
  assertEquals(ended, 2);
});

Deno.test("join makes one record of both, counts the other, and gives out the rest at the end", async () => {
  const ledger = new Ledger();
  let now = 0;
  const system = {
    elapsed: () => now,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve())),
  };
  const flow: Connection = { ...RECORD, id: "c1", collector: "conntrack" };
  const alone: Connection = { ...RECORD, id: "t2", remote: { ip: "198.51.100.8", port: 443 } };
  const out: Connection[] = [];
  for await (const batch of join(source([[RECORD, alone], [flow]]), system, ledger)) {
    out.push(...batch);
    now++;
  }
  assertEquals(out.map(({ id, collector }) => `${id} ${collector}`), [`t1 ${JOINED}`, "t2 trace"]);
  assertEquals(ledger.folded, 1);
});

Deno.test("join gives out what has waited while nothing comes", async () => {
  const ledger = new Ledger();
  const { promise, resolve } = Promise.withResolvers<Connection[]>();
  let now = 0;
  const system = {
    elapsed: () => now,
    sleep: () => {
      now += 1_000_000;
      return Promise.resolve();
    },
  };
  const seen: string[] = [];
  for await (const batch of join(source([[RECORD], promise]), system, ledger)) {
    seen.push(...batch.map(({ id }) => id));
    if (seen.length === 1) resolve(named("t3"));
  }
  assertEquals(seen, ["t1", "t3"]);
});

Deno.test("join does not count the time in which nothing was let run", async () => {
  let now = 0;
  let given = false;
  const gate = Promise.withResolvers<void>();
  const system = {
    elapsed: () => now,
    sleep: () => {
      // The first tick comes after a stop of a minute; what was told meanwhile, later.
      if (now > 60_000_000) gate.resolve();
      now += given && now < 60_000_000 ? 60_000_000 : 250_000;
      return Promise.resolve();
    },
  };
  async function* late(): Batches {
    yield withWatermark([], "conntrack", 0);
    yield [RECORD];
    given = true;
    await gate.promise;
    yield [{ ...RECORD, id: "c1", collector: "conntrack" }];
  }
  const out = (await Array.fromAsync(join(late(), system, new Ledger()))).flat();
  assertEquals(out.map(({ id, collector }) => `${id} ${collector}`), [`t1 ${JOINED}`]);
});

Deno.test("join waits for a collector whose watermark is behind", async () => {
  let now = 0;
  const gate = Promise.withResolvers<void>();
  const system = {
    elapsed: () => now,
    sleep: () => {
      now += 250_000;
      if (now > 6_000_000) gate.resolve();
      return Promise.resolve();
    },
  };
  async function* late(): Batches {
    yield withWatermark([], "conntrack", 0);
    yield [RECORD];
    await gate.promise;
    yield [{ ...RECORD, id: "c1", collector: "conntrack" }];
  }
  const out = (await Array.fromAsync(join(late(), system, new Ledger()))).flat();
  assertEquals(out.map(({ id, collector }) => `${id} ${collector}`), [`t1 ${JOINED}`]);
});
