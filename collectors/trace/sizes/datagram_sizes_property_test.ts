import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DatagramTable } from "../datagrams.ts";
import { OWNERS, TIMEOUT } from "../datagrams_test_tools.ts";
import type { TraceEvent } from "../event.ts";
import type { Happening } from "../happening.ts";
import { type Act, KernelModel } from "./kernel_test_tools.ts";

const number = fc.nat(3);

const ACT: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    do: fc.constant("open"),
    six: fc.boolean(),
    bound: fc.nat(4).map((chance) => chance === 0),
    port: fc.nat(2),
  }),
  fc.record({ do: fc.constant("close"), socket: number }),
  fc.record({ do: fc.constant("connect"), socket: number, peer: number }),
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send"),
      socket: number,
      peer: number,
      size: fc.nat(1400),
      more: fc.nat(7).map((chance) => chance === 0),
      refused: fc.nat(9).map((chance) => chance === 0),
    }),
  },
  fc.record({ do: fc.constant("ask"), peer: number }),
);

/** What threads do, one after the other. */
const ACTS = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), ACT), {
  minLength: 20,
  maxLength: 80,
  size: "max",
});

/** The ends of all streams. */
function closes(events: readonly TraceEvent[]): Happening[] {
  const table = new DatagramTable({ owners: OWNERS, timeoutUs: TIMEOUT, sizes: true });
  const into: Happening[] = [];
  for (const event of events) {
    if (event.type === "route") table.apply(event, into);
    else if (event.type === "send") table.sent(event);
  }
  table.advance(1e15, into);
  return into.filter(({ event }) => event === "close");
}

function keyOf({ owner, local, remote }: Happening): string {
  return `${owner.process?.pid} ${local.port} ${remote?.ip}`;
}

/** Seeded: who plays long enough makes sockets with and without peers look alike. */
Deno.test("DatagramSizes tells the true bytes of a stream, or none, whatever processes do", () => {
  let told = 0;
  fc.assert(
    fc.property(ACTS, (acts) => {
      const kernel = new KernelModel();
      for (const [tid, act] of acts) kernel.act(tid, act);
      for (const close of closes(kernel.events)) {
        if (close.bytesOut === undefined) continue;
        told++;
        assertEquals(close.bytesOut, kernel.sent.get(keyOf(close)), keyOf(close));
        assert(close.packetsOut !== undefined);
      }
    }),
    { numRuns: 2_000, seed: 4 },
  );
  assert(told > 1_000, `${told} streams were told with bytes`);
});

Deno.test("DatagramSizes tells the true bytes where calls of several threads overlap", () => {
  const calls = fc.array(
    fc.record({ tid: fc.integer({ min: 1, max: 3 }), peer: number, size: fc.nat(1400) }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(calls, fc.array(fc.nat(2), { maxLength: 200 }), (sends, order) => {
      const kernel = new KernelModel();
      for (const tid of [1, 2, 3]) {
        kernel.act(tid, { do: "open", six: false, bound: false, port: tid });
      }
      for (const { tid, peer, size } of sends) {
        const unicast = peer % 2;
        kernel.act(tid, {
          do: "send",
          socket: 0,
          peer: unicast,
          size,
          more: false,
          refused: false,
        });
      }
      // Any order that keeps that of each thread.
      const lanes = [1, 2, 3].map((tid) => kernel.events.filter((event) => event.tid === tid));
      const merged: TraceEvent[] = [];
      for (const lane of [...order, ...kernel.events.flatMap(() => [0, 1, 2])]) {
        const event = lanes[lane]?.shift();
        if (event !== undefined) merged.push({ ...event, boot: merged.length * 2_000 });
      }
      const found = new Map(closes(merged).map((close) => [keyOf(close), close.bytesOut]));
      assertEquals(found, new Map([...found.keys()].map((key) => [key, kernel.sent.get(key)])));
      assertEquals(found.size, kernel.sent.size);
    }),
    { numRuns: 300 },
  );
});
