import { assertEquals, assertRejects } from "@std/assert";
import { EXIT, ExitError } from "../../../lib/exit.ts";
import type { FlowEvent } from "../flow.ts";
import { type Dump, requestDump } from "./dump.ts";
import { concat, flowMessage, message } from "./encode_test_tools.ts";
import { FakeSocket } from "./fake_socket_test_tools.ts";
import { FLAG, MESSAGE } from "./messages.ts";
import { OVERRUN } from "./socket.ts";

const FLOW: FlowEvent = {
  event: "dump",
  ipVersion: 4,
  protocol: "tcp",
  protocolNumber: 6,
  original: { src: "10.0.0.1", dst: "10.0.0.2", sport: 4000, dport: 80 },
  reply: { src: "10.0.0.2", dst: "10.0.0.1", sport: 80, dport: 4000 },
  unreplied: false,
  assured: true,
};

const SEQUENCE = 7;

function entry(id: number, sequence = SEQUENCE): Uint8Array {
  return flowMessage({ ...FLOW, id }, sequence);
}

/** The end of an answer, or with another type a refusal. */
function end(errno = 0, flags = 0, type: number = MESSAGE.done): Uint8Array {
  const payload = new Uint8Array(Int32Array.of(-errno).buffer);
  return message({ type, flags, sequence: SEQUENCE }, payload);
}

/** The whole answer, and how many flows were in each batch. */
async function answerOf(
  socket: FakeSocket,
): Promise<Dump & { readonly flows: FlowEvent[]; readonly sizes: number[] }> {
  const flows: FlowEvent[] = [];
  const sizes: number[] = [];
  const answer = requestDump(socket, SEQUENCE);
  for (let part = await answer.next();; part = await answer.next()) {
    if (part.done) return { ...part.value, flows, sizes };
    flows.push(...part.value);
    sizes.push(part.value.length);
  }
}

async function refusal(errno: number): Promise<ExitError> {
  const socket = new FakeSocket([end(errno, 0, MESSAGE.error)]);
  return await assertRejects(() => answerOf(socket), ExitError);
}

Deno.test("requestDump asks once, and reads the answer up to its end, in all its parts", async function () {
  const socket = new FakeSocket([concat(entry(1), entry(2)), entry(3), end(), entry(4)]);
  const { flows, interrupted, malformed } = await answerOf(socket);
  assertEquals(flows, [1, 2, 3].map((id) => ({ ...FLOW, id })));
  assertEquals([interrupted, malformed], [false, 0]);
  assertEquals(socket.queue.length, 1);
  // struct nlmsghdr (length, type, flags, sequence, port id) and struct nfgenmsg: AF_UNSPEC.
  const request = [20, 0, 0, 0, 1, 1, 1, 3, SEQUENCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  assertEquals(socket.sent, [Uint8Array.from(request)]);
});

Deno.test("requestDump finds the end in the middle of a datagram", async function () {
  const { flows } = await answerOf(new FakeSocket([concat(entry(1), end())]));
  assertEquals(flows.length, 1);
});

Deno.test("requestDump takes no other message for a part of the answer", async function () {
  const foreign = message({ type: 0x0a00, sequence: SEQUENCE }, new Uint8Array(8));
  const acknowledgement = end(0, 0, MESSAGE.error);
  const socket = new FakeSocket([entry(1, 6), foreign, acknowledgement, entry(2), end()]);
  const { flows, malformed } = await answerOf(socket);
  assertEquals([flows.map(({ id }) => id), malformed], [[2], 0]);
});

Deno.test("requestDump counts entries and datagrams that are not whole", async function () {
  const cutEntry = message({ type: 256, sequence: SEQUENCE }, entry(1).subarray(16, -4));
  const cutDatagram = entry(2).subarray(0, -4);
  // Its second message begins where the buffer ends.
  const oversize = concat(message({ type: 0x0a00 }, new Uint8Array(4096 - 16)), entry(3));
  const socket = new FakeSocket([cutEntry, cutDatagram, oversize, entry(4), end()]);
  const { flows, malformed } = await answerOf(socket);
  assertEquals([flows.map(({ id }) => id), malformed], [[4], 3]);
});

Deno.test("requestDump says when the table has changed while it was read", async function () {
  for (const answer of [[end(0, FLAG.dumpInterrupted)], [OVERRUN, end()]]) {
    const { interrupted } = await answerOf(new FakeSocket(answer));
    assertEquals(interrupted, true);
  }
});

Deno.test("requestDump says what to do when the kernel refuses", async function () {
  const notPermitted = await refusal(1);
  assertEquals(notPermitted.code, EXIT.permission);
  assertEquals(
    notPermitted.message,
    "not permitted to list the kernel's connections: run as root or with CAP_NET_ADMIN",
  );
  const noModule = await refusal(22);
  assertEquals(noModule.code, EXIT.unavailable);
  assertEquals(
    noModule.message,
    'cannot list the kernel\'s connections: the kernel has no nf_conntrack_netlink, load it with "modprobe nf_conntrack_netlink"',
  );
  const other = await refusal(12);
  assertEquals(other.code, EXIT.unavailable);
  assertEquals(other.message, "cannot list the kernel's connections: errno 12");
  const atTheEnd = new FakeSocket([entry(1), end(12)]);
  await assertRejects(() => answerOf(atTheEnd), ExitError, "errno 12");
});

Deno.test("requestDump gives up when the kernel does not answer", async function () {
  const socket = new FakeSocket([entry(1)]);
  await assertRejects(() => answerOf(socket), ExitError, "does not finish the list");
});

Deno.test("requestDump gives a long answer in parts, and lets others run between them", async function () {
  const answer = Array.from({ length: 100 }, (_, id) => entry(id));
  const socket = new FakeSocket([...answer, end()]);
  const { sizes } = await answerOf(socket);
  assertEquals(sizes, [16, 16, 16, 16, 16, 16, 4]);
  assertEquals(socket.waits, 6);
});
