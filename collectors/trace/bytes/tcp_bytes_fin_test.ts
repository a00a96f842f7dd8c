// What was received with the peer's FIN, or cut off by a reset.
import { assertEquals } from "@std/assert";
import { FakeSocket, opened, told } from "./tcp_bytes_test_tools.ts";
import { TcpBytes } from "./tcp_bytes.ts";

/** Closed here while the peer has not, which leaves the rest to a socket in miniature. */
function abandoned(atomic: boolean | undefined) {
  const { socket, bytes } = opened();
  const where = atomic === undefined ? {} : { atomic };
  bytes.apply(socket.state(2, 1, 4, where));
  bytes.apply(socket.state(3, 4, 5, where));
  bytes.apply(socket.state(4, 5, 7, where));
  return { socket, bytes };
}

function finish({ socket, bytes }: ReturnType<typeof abandoned>): string[] {
  bytes.end(socket.end(5), 5);
  bytes.apply(socket.destroy(5));
  bytes.line(socket.line(), 6);
  return told(bytes.done(6));
}

Deno.test("TcpBytes counts a FIN among what was received only where there was one", () => {
  assertEquals(finish(abandoned(true)), ["1-1 8/1001"]);
  assertEquals(finish(abandoned(false)), ["1-1 7/1001"]);
});

Deno.test("TcpBytes does not guess where the kernel tells nothing of the context", () => {
  const { socket, bytes } = new Unaware();
  assertEquals(finish({ socket, bytes }), ["1-1 -/1001"]);
});

/** On a kernel that never tells whether a thread could be interrupted. */
class Unaware {
  readonly socket = new FakeSocket(1);
  readonly bytes = new TcpBytes();

  constructor() {
    for (const [old, next] of [[7, 2], [2, 1], [1, 4], [4, 5], [5, 7]]) {
      this.bytes.apply(this.socket.state(0, old ?? 0, next ?? 0));
    }
  }
}

Deno.test("TcpBytes counts no FIN where a reset came instead of it", () => {
  const received = abandoned(undefined);
  received.bytes.apply(received.socket.reset(4, false));
  // Too late: it is closed.
  assertEquals(finish(received), ["1-1 7/1001"]);

  const before = opened();
  before.bytes.apply(before.socket.state(2, 1, 4));
  before.bytes.apply(before.socket.state(3, 4, 5));
  before.bytes.apply(before.socket.reset(4, false));
  before.bytes.apply(before.socket.state(4, 5, 7));
  assertEquals(finish(before), ["1-1 8/1001"]);

  const sent = abandoned(undefined);
  sent.bytes.apply(sent.socket.reset(4, true));
  assertEquals(finish(sent), ["1-1 8/1001"]);
});

Deno.test("TcpBytes ties an error to the socket that has ended by it, and to no other", () => {
  const ties = (error: (socket: FakeSocket) => Parameters<TcpBytes["apply"]>[0]) => {
    const run = abandoned(undefined);
    run.bytes.apply(error(run.socket));
    return finish(run);
  };
  const NO_FIN = ["1-1 8/1001"];
  const FIN = ["1-1 7/1001"];
  assertEquals(ties((socket) => socket.error(4.5, 104)), NO_FIN);
  assertEquals(ties((socket) => socket.error(4.5, 0)), FIN);
  assertEquals(ties((socket) => socket.error(5, 104)), FIN);
  assertEquals(ties((socket) => socket.error(4.5, 104, { tid: 8 })), FIN);
  assertEquals(ties((socket) => socket.error(4.5, 104, { interrupted: true })), FIN);
  assertEquals(ties(() => new FakeSocket(1, 1, 4001).error(4.5, 104)), FIN);
  assertEquals(new TcpBytes().apply(new FakeSocket(1).error(1, 104)), undefined);
});

Deno.test("TcpBytes gives no numbers that a reset by close(2) has cleared", () => {
  const { socket, bytes } = opened();
  bytes.apply(socket.state(2, 1, 7));
  assertEquals(bytes.end(socket.end(3, { outcome: "reset" }), 3), undefined);
  // It was disconnected: it has no peer's port any more, for the trace and for ss.
  const remote = { ip: "10.0.0.2", port: 0 };
  bytes.apply({ ...socket.destroy(3), remote });
  bytes.line(socket.line({ remote, bytesSent: 0, bytesReceived: 0, segmentsIn: 0 }), 4);
  assertEquals([told(bytes.done(4)), bytes.size], [["1-1 -/-"], 0]);
});
