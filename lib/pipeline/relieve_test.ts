import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { assertCovering } from "../test_coverage.ts";
import { relieve } from "./relieve.ts";
import { type Batches, Ledger } from "./stage.ts";

const START = 1_795_230_000_000_000;
const MIB = 1_048_576;
/** Between two looks whether a window has ended, milliseconds. */
const TICK = 1000;

function connection(i: number, fields: Partial<Connection> = {}): Connection {
  return {
    id: `c-${i}`,
    event: "close",
    time: START + i * 1000,
    direction: "egress",
    outcome: "established",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.1", port: 40_000 + (i % 1000) },
    remote: { ip: "198.51.100.7", port: 443 },
    bytesIn: 10,
    bytesOut: 1,
    attribution: "none",
    collector: "test",
    ...fields,
  };
}

interface Outcome {
  readonly batches: Connection[][];
  readonly ledger: Ledger;
  readonly said: string[];
  /** How often a batch waited. */
  readonly waits: number;
}

/** Runs batches through the stage: with each a second passes, and the memory is what is given with it. */
async function run(
  input: readonly (readonly [mib: number, batch: Connection[]])[],
  brakes = true,
): Promise<Outcome> {
  const ledger = new Ledger();
  const said: string[] = [];
  const written: Connection[][] = [];
  let seconds = 0;
  let waits = 0;
  async function* source(): Batches {
    for (const [, batch] of input) {
      ledger.read += batch.length;
      yield batch;
    }
  }
  const system = {
    now: () => START + seconds * 1e6,
    // Asked once a batch.
    elapsed: () => ++seconds * 1e6,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        // A tick never comes: no batch comes late.
        if (ms === TICK) return signal.addEventListener("abort", () => resolve());
        waits++;
        resolve();
      }),
    residentBytes: () => (input[seconds - 1]?.[0] ?? 0) * MIB,
  };
  const { signal } = new AbortController();
  const say = (text: string) => said.push(text);
  const options = { limitBytes: 100 * MIB, system, ledger, signal, brakes, say };
  for await (const batch of relieve(source(), options)) {
    written.push(batch);
    ledger.emitted += batch.length;
  }
  assertEquals(ledger.balance, 0);
  return { batches: written, ledger, said, waits };
}

Deno.test("relieve lets everything through as long as there is memory", async () => {
  const batches = [[connection(1)], [connection(2), connection(3)]];
  const outcome = await run(batches.map((batch) => [79, batch]));
  assertEquals(outcome.batches.slice(0, 2), batches);
  assertEquals(outcome.ledger.folded, 0);
  assertEquals(outcome.said, []);
});

Deno.test("relieve sums up while memory is short, and says when that begins and ends", async () => {
  const many = Array.from({ length: 100 }, (_, i) => connection(i));
  const { batches, ledger, said } = await run([
    [79, [connection(1000)]],
    [80, many],
    // Not yet: it would begin and end all the time.
    [71, [connection(200)]],
    [69, [connection(1001)]],
  ]);
  const records = batches.flat();
  assertEquals(records.map(({ event, count }) => [event, count]), [
    ["close", undefined],
    ["summary", 101],
    ["close", undefined],
  ]);
  assertEquals(records[1]?.bytesIn, 1010);
  assertEquals(ledger.folded, 100);
  assertEquals(said.map((text) => text.split(":")[0]), [
    "memory is short",
    "memory is no longer short",
  ]);
});

Deno.test("relieve keeps one summary of all where even few are too much, and counts them", async () => {
  const peers = Array.from(
    { length: 50 },
    (_, i) => connection(i, { remote: { ip: `198.51.100.${i}`, port: 443 } }),
  );
  const { batches, ledger } = await run([[80, peers.slice(0, 10)], [90, peers.slice(10)]]);
  const records = batches.flat();
  assertEquals(records.length, 11);
  assertEquals(records.filter(({ other }) => other).map(({ count }) => count), [40]);
  assertEquals(ledger.degraded.get("memory"), 40);
});

Deno.test("relieve lets collectors wait where there is hardly any memory left, if they do not wait anyway", async () => {
  const input = [79, 80, 89, 90, 120, 89].map((mib, i): [number, Connection[]] => [
    mib,
    [connection(i)],
  ]);
  assertEquals((await run(input)).waits, 2);
  assertEquals((await run(input, false)).waits, 0);
});

Deno.test("relieve tells of what it holds when the source fails", async () => {
  const ledger = new Ledger();
  async function* source(): Batches {
    yield [connection(1), connection(2)];
    throw new Error("gone");
  }
  const system = {
    now: () => START,
    elapsed: () => 0,
    sleep: () => Promise.resolve(),
    residentBytes: () => 90 * MIB,
  };
  const records: Connection[] = [];
  let message = "";
  try {
    const { signal } = new AbortController();
    const options = { limitBytes: 100 * MIB, system, ledger, signal, brakes: true, say: () => {} };
    for await (const batch of relieve(source(), options)) records.push(...batch);
  } catch (error) {
    message = String(error);
  }
  assertEquals(message, "Error: gone");
  assertEquals(records.map(({ count }) => count), [2]);
});

Deno.test("relieve loses no connection and no byte, whatever the memory does", async () => {
  const batch = fc.tuple(fc.integer({ min: 40, max: 130 }), fc.nat(5));
  let folded = 0;
  await assertCovering(
    fc.asyncProperty(fc.array(batch, { maxLength: 20 }), async (steps) => {
      let i = 0;
      const input = steps.map(([mib, length]): [number, Connection[]] => [
        mib,
        Array.from({ length }, () => connection(i++, { local: { ip: "192.0.2.1", port: i } })),
      ]);
      const { batches, ledger } = await run(input);
      const records = batches.flat();
      assertEquals(records.reduce((sum, { count = 1 }) => sum + count, 0), i);
      assertEquals(records.reduce((sum, { bytesIn = 0 }) => sum + bytesIn, 0), i * 10);
      folded += ledger.folded;
    }),
    { numRuns: 300 },
    () => assert(folded > 0),
  );
});
