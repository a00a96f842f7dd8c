/** A netlink socket that gives what a test has put into it. */
import { concat } from "./encode_test_tools.ts";
import {
  EMPTY,
  type NetlinkSocket,
  type NetlinkSocketOptions,
  type OpenNetlinkSocket,
} from "./socket.ts";

/** What `receive` gives, one after the other: a datagram, or `EMPTY`, `OVERRUN` or a length. */
export type Received = Uint8Array | number;

/** A socket without a kernel. It is empty once everything is taken. */
export class FakeSocket implements NetlinkSocket {
  readonly buffer = new Uint8Array(4096);
  readonly portid = 4711;
  readonly receiveBuffer = 1000;
  readonly sent: Uint8Array[] = [];
  waits = 0;
  closed = false;

  /** @param onWait Called, with their number, when the reader waits. */
  constructor(readonly queue: Received[], readonly onWait: (waits: number) => void = () => {}) {}

  receive(): number {
    const received = this.queue.shift() ?? EMPTY;
    if (typeof received === "number") return received;
    this.buffer.set(received.subarray(0, this.buffer.length));
    return received.length;
  }

  send(message: Uint8Array): void {
    this.sent.push(concat(message));
  }

  readable(): Promise<void> {
    this.onWait(++this.waits);
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.closed = true;
  }
}

/** Gives the sockets in their order, and keeps what they were asked to be. */
export function opener(
  ...sockets: FakeSocket[]
): { open: OpenNetlinkSocket; options: NetlinkSocketOptions[] } {
  const options: NetlinkSocketOptions[] = [];
  function open(asked: NetlinkSocketOptions): NetlinkSocket {
    const socket = sockets[options.length];
    if (socket === undefined) throw new Error("one socket too many is opened");
    options.push(asked);
    return socket;
  }
  return { open, options };
}
