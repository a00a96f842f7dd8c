// Random interleavings stand in tcp_bytes_property_test.ts.
import { assert, assertEquals } from "@std/assert";
import { closed, FakeSocket, opened, SOFTIRQ, told } from "./tcp_bytes_test_tools.ts";
import { isBeginning, TcpBytes } from "./tcp_bytes.ts";

/** The orders in which an end, the destruction and the line of ss may come. */
const ORDERS = [
  ["end", "destroy", "line"],
  ["end", "line", "destroy"],
  ["destroy", "end", "line"],
  ["destroy", "line", "end"],
  ["line", "end", "destroy"],
  ["line", "destroy", "end"],
];

for (const order of ORDERS) {
  Deno.test(`TcpBytes gives an end its bytes: ${order.join(", ")}`, () => {
    for (const asks of [true, false]) {
      const { socket, bytes } = closed();
      const out: string[] = [];
      for (const [step, what] of order.entries()) {
        const at = 5 + step;
        if (what === "end") out.push(...told([bytes.end(socket.end(at), at)]));
        else if (what === "destroy") bytes.apply(socket.destroy(at));
        else bytes.line(socket.line(), at);
        if (asks) out.push(...told(bytes.done(at)));
      }
      out.push(...told(bytes.done(8)));
      // The peer's FIN is none of the payload.
      assertEquals([out, bytes.size], [["1-1 7/1001"], 0], `asks ${asks}`);
      assertEquals(bytes.finish(), []);
    }
  });
}

Deno.test("TcpBytes gives an end at once whose bytes are there", () => {
  const { socket, bytes } = closed();
  bytes.line(socket.line(), 4);
  bytes.apply(socket.destroy(5));
  assertEquals(bytes.done(5), []);
  const end = bytes.end(socket.end(6), 6);
  assertEquals(told([end]), ["1-1 7/1001"]);
  assert(end && !bytes.isUnanswered(end));
});

Deno.test("TcpBytes waits half a second for a line, and no longer", () => {
  const { socket, bytes } = closed();
  assertEquals(bytes.end(socket.end(5), 5), undefined);
  bytes.apply(socket.destroy(6));
  assertEquals(bytes.done(505.9), []);
  const [end] = bytes.done(506);
  assertEquals(told([end]), ["1-1 -/-"]);
  assert(end && bytes.isUnanswered(end));
  bytes.line(socket.line(), 507);
  assertEquals([bytes.finish(), bytes.size], [[], 0]);
});

Deno.test("TcpBytes holds no end longer than half a second because of another", () => {
  const { socket, bytes } = closed();
  const { socket: other } = closed(new FakeSocket(2, 2, 4001), bytes);
  bytes.end(socket.end(5), 5);
  bytes.end(other.end(6), 6);
  bytes.apply(socket.destroy(400));
  assertEquals(told(bytes.done(506)), ["2-2 -/-"]);
  assertEquals(told(bytes.done(900)), ["1-1 -/-"]);
});

Deno.test("TcpBytes tells the end of a socket that is kept open, and counts its next connection", () => {
  const { socket, bytes } = closed();
  assertEquals(bytes.end(socket.end(5), 5), undefined);
  const again = new FakeSocket(1, 2);
  opened(again, bytes, 100);
  assertEquals(told(bytes.done(505)), ["1-1 -/-"]);
  bytes.apply(again.state(600, 1, 8, SOFTIRQ));
  bytes.apply(again.state(601, 8, 9));
  bytes.apply(again.state(602, 9, 7, SOFTIRQ));
  assertEquals(bytes.end(again.end(602), 602), undefined);
  bytes.apply(again.destroy(603));
  bytes.line(again.line(), 604);
  assertEquals([told(bytes.done(604)), bytes.size], [["1-2 7/1002"], 0]);
});

Deno.test("TcpBytes keeps apart the connections of one address, of one tuple too", () => {
  const { socket, bytes } = closed();
  bytes.end(socket.end(5), 5);
  bytes.apply(socket.destroy(6));
  const { socket: next } = closed(new FakeSocket(1, 2), bytes, 10);
  bytes.end(next.end(15), 15);
  bytes.apply(next.destroy(16));
  bytes.line(next.line(), 17);
  assertEquals(told(bytes.done(17)), ["1-2 7/1002"]);
  bytes.line(socket.line({ bytesReceived: 3 }), 18);
  assertEquals([told(bytes.done(18)), bytes.size], [["1-1 2/1001"], 0]);
});

Deno.test("TcpBytes still follows a connection when the one before it on its address is told", () => {
  const { socket, bytes } = closed();
  bytes.end(socket.end(5), 5);
  const { socket: next } = closed(new FakeSocket(1, 2), bytes, 10);
  assertEquals([told(bytes.done(505)), bytes.size], [["1-1 -/-"], 1]);
  bytes.end(next.end(506), 506);
  bytes.apply(next.destroy(506));
  bytes.line(next.line(), 506);
  assertEquals([told(bytes.done(506)), bytes.size], [["1-2 7/1002"], 0]);
});

Deno.test("TcpBytes keeps what waits when the address becomes a listener", () => {
  const { socket, bytes } = closed();
  bytes.end(socket.end(5), 5);
  bytes.apply(socket.destroy(6));
  const listener = new FakeSocket(1, 2);
  bytes.apply(listener.state(7, 7, 10));
  assertEquals(bytes.size, 0);
  bytes.line(socket.line(), 8);
  assertEquals(told(bytes.done(8)), ["1-1 7/1001"]);
  bytes.apply(listener.state(9, 10, 7));
  bytes.apply(listener.destroy(10));
  assertEquals([bytes.finish(), bytes.size], [[], 0]);
});

Deno.test("TcpBytes counts what an accepted socket carries", () => {
  const socket = new FakeSocket(1);
  const bytes = new TcpBytes();
  bytes.apply(socket.state(0, 10, 3, SOFTIRQ));
  bytes.apply(socket.state(0, 3, 1, SOFTIRQ));
  bytes.apply(socket.state(1, 1, 4));
  bytes.apply(socket.state(2, 4, 5, SOFTIRQ));
  bytes.apply(socket.state(3, 5, 7, SOFTIRQ));
  bytes.end(socket.end(3), 3);
  bytes.apply(socket.destroy(3, SOFTIRQ));
  // Whoever has closed reads no more: what is in the queue is the FIN.
  bytes.line(socket.line({ receiveQueue: 1 }), 4);
  assertEquals(told(bytes.done(4)), ["1-1 7/1001"]);
});

Deno.test("TcpBytes takes the part of a connection that it sees for enough", () => {
  const socket = new FakeSocket(1);
  const bytes = new TcpBytes();
  bytes.apply(socket.state(0, 9, 7, SOFTIRQ));
  bytes.end(socket.end(0), 0);
  bytes.apply(socket.destroy(1));
  bytes.line(socket.line(), 2);
  assertEquals(told(bytes.done(2)), ["1-1 7/1001"]);
});

Deno.test("TcpBytes holds back nothing that has no bytes to come", () => {
  const { socket, bytes } = closed();
  for (const outcome of ["refused", "unreachable", "denied", "unknown"] as const) {
    const end = socket.end(5, { outcome });
    assertEquals(bytes.end(end, 5), end);
  }
  const ofOther = [
    socket.end(5, { protocolNumber: 132 }),
    new FakeSocket(2).end(5),
    { ...socket.end(5), socket: 3 },
  ];
  for (const end of ofOther) assertEquals(bytes.end(end, 5), end);
  // Two of them are TCP, and have carried something.
  assertEquals(ofOther.map((end) => bytes.isUnanswered(end)), [false, true, true]);
  const { socket: alive } = opened(new FakeSocket(4), bytes);
  assertEquals(bytes.end(alive.end(6), 6), alive.end(6));
  // A second end of the same connection makes no sense, but is told.
  assertEquals(bytes.end(socket.end(7), 7), undefined);
  assertEquals(bytes.end(socket.end(7), 7), socket.end(7));
  assertEquals(told(bytes.finish()), ["1-1 -/-"]);
});

Deno.test("TcpBytes does not follow what is not TCP, nor sockets that do nothing", () => {
  const bytes = new TcpBytes();
  const socket = new FakeSocket(1);
  bytes.apply({ ...new FakeSocket(2).state(0, 7, 2), protocol: 132 });
  bytes.apply(new FakeSocket(3).state(1, 7, 7));
  bytes.apply(socket.state(2, 7, 10));
  bytes.apply(socket.state(3, 10, 7));
  bytes.apply(socket.destroy(4));
  bytes.apply(socket.reset(4, true));
  assertEquals([bytes.size, bytes.finish()], [0, []]);
});

Deno.test("TcpBytes begins anew where it has missed events of a socket", () => {
  // The peer's FIN of the connection before is not one of the next.
  const { socket, bytes } = opened();
  bytes.apply(socket.state(2, 1, 8, SOFTIRQ));
  const next = new FakeSocket(1, 2);
  bytes.apply(next.state(90, 1, 4));
  bytes.apply(next.state(91, 4, 7, SOFTIRQ));
  bytes.end(next.end(91), 91);
  bytes.apply(next.destroy(91));
  bytes.line(next.line(), 92);
  assertEquals([told(bytes.done(92)), bytes.size], [["1-2 8/1002"], 0]);
});

Deno.test("TcpBytes forgets what has ended without being asked for it", () => {
  const { socket, bytes } = closed();
  bytes.apply(socket.destroy(5));
  assertEquals([bytes.done(504), bytes.size], [[], 1]);
  assertEquals([bytes.done(505), bytes.size], [[], 0]);
});

Deno.test("TcpBytes forgets what is open when events are lost, but not what waits", () => {
  const { socket, bytes } = closed();
  bytes.end(socket.end(5), 5);
  opened(new FakeSocket(2, 2, 4001), bytes);
  bytes.lost();
  assertEquals(bytes.size, 1);
  bytes.apply(socket.destroy(6));
  bytes.line(socket.line(), 6);
  assertEquals([told(bytes.done(6)), bytes.size], [["1-1 7/1001"], 0]);
});

Deno.test("TcpBytes follows so many connections; the one that began first goes without bytes", () => {
  const bytes = new TcpBytes({ max: 3 });
  const [first, second, third, fourth] = [1, 2, 3, 4].map((n) => new FakeSocket(n, n, 4000 + n));
  if (!first || !second || !third || !fourth) throw new Error("there are four");
  closed(first, bytes);
  assertEquals(bytes.end(first.end(5), 5), undefined);
  opened(second, bytes);
  // It begins again, so it is not the oldest any more.
  const again = new FakeSocket(1, 5);
  opened(again, bytes, 10);
  opened(third, bytes);
  opened(fourth, bytes);
  assertEquals(bytes.size, 3);
  bytes.apply(again.state(20, 1, 7, SOFTIRQ));
  bytes.end(again.end(20), 20);
  bytes.apply(again.destroy(20));
  bytes.line(again.line(), 20);
  assertEquals(told(bytes.done(20)), ["1-5 8/1005"]);
  assertEquals(told(bytes.finish()), ["1-1 -/-"]);
});

Deno.test("isBeginning is so where a socket leaves CLOSE, and of the child of a listener", () => {
  const socket = new FakeSocket(1);
  const begins = (old: number, next: number) => isBeginning(socket.state(0, old, next));
  assertEquals([begins(7, 2), begins(7, 10), begins(7, 1), begins(10, 3)], Array(4).fill(true));
  assertEquals([begins(7, 7), begins(10, 7), begins(2, 1), begins(1, 7)], Array(4).fill(false));
});
