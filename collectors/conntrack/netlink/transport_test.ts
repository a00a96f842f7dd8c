import { assert, assertEquals, assertRejects } from "@std/assert";
import { ExitError } from "../../../lib/exit.ts";
import type { FlowEvent } from "../flow.ts";
import { GROUP } from "./ctnetlink.ts";
import { concat, flowMessage, message } from "./encode_test_tools.ts";
import { FakeSocket, opener, type Received } from "./fake_socket_test_tools.ts";
import { FLAG, MESSAGE } from "./messages.ts";
import { EMPTY, netlinkError, OVERRUN } from "./socket.ts";
import { DEFAULT_BUFFER, NetlinkTransport, type NetlinkTransportOptions } from "./transport.ts";

const FLOW: FlowEvent = {
  event: "new",
  ipVersion: 6,
  protocol: "udp",
  protocolNumber: 17,
  original: { src: "fd99::1", dst: "fd99::2", sport: 4000, dport: 53 },
  reply: { src: "fd99::2", dst: "fd99::1", sport: 53, dport: 4000 },
  unreplied: true,
  assured: false,
};

const NOW = 1_795_239_000_000_000;

function event(id: number): Uint8Array {
  return flowMessage({ ...FLOW, id });
}

/** A table of netlink sockets in which the fake one has so many drops. */
function table(drops: number): Uint8Array {
  return new TextEncoder().encode(
    `sk Eth Pid Groups Drops Inode\n0 12 4711 00000005 ${drops} 99\n`,
  );
}

/** A transport over these sockets, and all that it opens them with. */
function transportOver(sockets: FakeSocket[], options: Partial<NetlinkTransportOptions> = {}) {
  const { open, options: opened } = opener(...sockets);
  const transport = new NetlinkTransport({
    now: () => NOW,
    readNetlinkTable: () => table(0),
    open,
    ...options,
  });
  return { transport, opened };
}

/** Takes all batches of a socket whose reader is told to stop when it has waited `waits` times. */
async function batchesOf(
  queue: Received[],
  options: Partial<NetlinkTransportOptions> = {},
  waits = 1,
) {
  const controller = new AbortController();
  const socket = new FakeSocket(queue, (count) => count >= waits && controller.abort());
  const { transport, opened } = transportOver([socket], options);
  const batches: FlowEvent[][] = [];
  for await (const batch of transport.events(controller.signal)) batches.push(batch);
  return { batches, transport, opened, socket };
}

Deno.test("NetlinkTransport listens to the beginning and end of flows, and to changes if asked to", async function () {
  const { opened } = await batchesOf([]);
  assertEquals(opened, [{ groups: GROUP.new | GROUP.destroy, receiveBuffer: DEFAULT_BUFFER }]);
  const { opened: all } = await batchesOf([], { updates: true, buffer: 4096 });
  assertEquals(all, [{ groups: 7, receiveBuffer: 4096 }]);
});

Deno.test("NetlinkTransport yields what has come as one batch, and nothing while nothing comes", async function () {
  const { batches, socket } = await batchesOf([event(1), concat(event(2), event(3))], {}, 3);
  assertEquals(batches, [[1, 2, 3].map((id) => ({ ...FLOW, id, timestampUs: NOW }))]);
  assertEquals([socket.waits, socket.closed], [3, true]);
});

Deno.test("NetlinkTransport takes what has come before the abort", async function () {
  const controller = new AbortController();
  const backlog = Array.from({ length: 5000 }, (_, i) => event(i + 2));
  const socket = new FakeSocket([event(1), EMPTY, ...backlog]);
  const { transport } = transportOver([socket]);
  const ids = [];
  for await (const batch of transport.events(controller.signal)) {
    ids.push(...batch.map(({ id }) => id));
    controller.abort();
  }
  assertEquals([ids.length, ids.at(-1), socket.waits, socket.closed], [5001, 5001, 0, true]);
});

Deno.test("NetlinkTransport closes its socket when nobody wants more", async function () {
  const socket = new FakeSocket([event(1), event(2)]);
  const { transport } = transportOver([socket]);
  for await (const _ of transport.events(new AbortController().signal)) break;
  assertEquals([socket.closed, transport.buffer], [true, undefined]);
});

/** A socket that never is empty. */
class Flood extends FakeSocket {
  readonly #event = event(1);

  constructor() {
    super([]);
    this.buffer.set(this.#event);
  }

  override receive(): number {
    return this.#event.length;
  }
}

Deno.test("NetlinkTransport lets the abort through a flood", async function () {
  const controller = new AbortController();
  const flood = new Flood();
  const { transport } = transportOver([flood]);
  const timer = setTimeout(() => controller.abort(), 0);
  for await (const _ of transport.events(controller.signal));
  clearTimeout(timer);
  assert(flood.closed, "the flood is read for ever");
});

Deno.test("NetlinkTransport counts what is no flow event, and goes on", async function () {
  const other = message({ type: 0x0a00 }, new Uint8Array(8));
  const { batches, transport } = await batchesOf([
    new Uint8Array(5000),
    event(1).subarray(0, 30),
    message({ type: 256 }, event(2).subarray(16, -4)),
    other,
    new Uint8Array(0),
    event(3),
  ]);
  assertEquals(batches.flat().map(({ id }) => id), [3]);
  assertEquals(transport.dropped, { oversize: 1, malformed: 2 });
});

Deno.test("NetlinkTransport counts gaps, and asks the table how many events were lost", async function () {
  let drops = 12;
  const { transport, batches } = await batchesOf([event(1), OVERRUN, event(2), OVERRUN], {
    readNetlinkTable: () => table(drops),
  });
  assertEquals([transport.gaps, batches.flat().length], [2, 2]);
  // The socket is closed; its row is no longer there to be read.
  drops = 99;
  assertEquals(transport.lost(), 12);
});

Deno.test("NetlinkTransport adds up what its sockets have lost", async function () {
  const sockets = [new FakeSocket([event(1)]), new FakeSocket([event(2)])];
  const { transport } = transportOver(sockets, { readNetlinkTable: () => table(5) });
  assertEquals(transport.lost(), 0);
  for (const lost of [5, 10]) {
    for await (const _ of transport.events(new AbortController().signal)) {
      assertEquals(transport.lost(), lost);
      break;
    }
    assertEquals(transport.lost(), lost);
  }
});

Deno.test("NetlinkTransport does not know what was lost where the table cannot be read", async function () {
  for (const content of [undefined, new Uint8Array(0)]) {
    const { transport } = await batchesOf([event(1)], { readNetlinkTable: () => content });
    assertEquals(transport.lost(), undefined);
  }
});

Deno.test("NetlinkTransport passes on that the socket cannot be opened", async function () {
  const { transport } = transportOver([], {
    open: () => {
      throw netlinkError(1, "listen to the kernel's conntrack events");
    },
  });
  const events = transport.events(new AbortController().signal);
  await assertRejects(() => events.next(), ExitError, "run as root or with CAP_NET_ADMIN");
});

function answer(sequence: number, flags: number, ids: number[]): Uint8Array[] {
  const done = message({ type: MESSAGE.done, sequence, flags }, new Uint8Array(4));
  return [...ids.map((id) => flowMessage({ ...FLOW, id }, sequence)), done];
}

Deno.test("NetlinkTransport asks again, not for ever, when the table has changed meanwhile", async function () {
  const interrupted = FLAG.dumpInterrupted;
  const once = new FakeSocket([...answer(1, interrupted, [1]), ...answer(2, 0, [1, 2])]);
  const { transport, opened } = transportOver([once]);
  assertEquals((await transport.dump()).map(({ id, event }) => [id, event]), [
    [1, "dump"],
    [1, "dump"],
    [2, "dump"],
  ]);
  assertEquals([once.sent.length, once.closed, opened], [2, true, [{ groups: 0 }]]);
  const always = new FakeSocket([1, 2, 3, 4].flatMap((n) => answer(n, interrupted, [n])));
  const { transport: unlucky } = transportOver([always]);
  assertEquals((await unlucky.dump()).map(({ id }) => id), [1, 2, 3]);
});

Deno.test("NetlinkTransport closes the socket of a dump that fails", async function () {
  const refused = message({ type: MESSAGE.error, sequence: 1 }, Uint8Array.of(255, 255, 255, 255));
  const socket = new FakeSocket([refused]);
  const { transport } = transportOver([socket]);
  await assertRejects(() => transport.dump(), ExitError, "not permitted to list");
  assertEquals(socket.closed, true);
});

Deno.test("NetlinkTransport knows up to which time it has read, once that was taken", async () => {
  const controller = new AbortController();
  let now = NOW;
  const socket = new FakeSocket([event(1)], (count) => {
    now++;
    if (count > 1) controller.abort();
  });
  const { transport } = transportOver([socket], { now: () => now });
  const events = transport.events(controller.signal);
  assertEquals(transport.drained, -Infinity);
  await events.next();
  assertEquals(transport.drained, -Infinity);
  await events.next();
  assertEquals(transport.drained, now);
});

Deno.test("NetlinkTransport does not know how far it has read while there is more", async () => {
  const flood = new Flood();
  const { transport } = transportOver([flood]);
  const events = transport.events(new AbortController().signal);
  for (let batch = 0; batch < 3; batch++) await events.next();
  assertEquals(transport.drained, -Infinity);
  await events.return(undefined);
});
