import { assertEquals } from "@std/assert";
import { DatagramSizes, type SizedStream } from "./datagram_sizes.ts";

const SOCKET = 0x40;

/** A bench: a clock that counts events, streams, and the process `p`. */
class Bench {
  readonly sizes = new DatagramSizes();
  #boot = 0;

  stream(ip: string, protocol = 17, localPort = 5000): SizedStream {
    return {
      who: "p",
      protocol,
      ipVersion: ip.includes(":") ? 6 : 4,
      localPort,
      remote: { ip },
      uncounted: false,
      startBoot: ++this.#boot,
      over: false,
      tally: undefined,
    };
  }

  look(stream: SizedStream, tid = 1): void {
    this.#boot++;
    this.sizes.looked(stream, tid);
  }

  send(result: number, { tid = 1, socket = SOCKET, family = 2, who = "p", protocol = 17 } = {}) {
    const boot = ++this.#boot;
    this.sizes.sent(
      { type: "send", time: boot, boot, tid, interrupted: false, socket, family, protocol, result },
      who,
    );
  }

  /** A datagram of a socket without a peer. */
  datagram(stream: SizedStream, result: number, options: Parameters<Bench["send"]>[1] = {}): void {
    this.look(stream, options.tid);
    this.send(result, { family: stream.ipVersion === 4 ? 2 : 10, ...options });
  }

  /** Bytes and datagrams. */
  total(stream: SizedStream): [number, number] | undefined {
    const sent = this.sizes.total(stream);
    return sent && [sent.bytes, sent.datagrams];
  }
}

Deno.test("DatagramSizes adds up what a socket without a peer sends, peer by peer", () => {
  const bench = new Bench();
  const [a, b] = [bench.stream("10.0.0.1"), bench.stream("10.0.0.2")];
  bench.datagram(a, 100);
  bench.datagram(b, 5);
  bench.datagram(a, 0);
  bench.datagram(a, 11, { family: 10 });
  assertEquals([bench.total(a), bench.total(b)], [[111, 3], [5, 1]]);
});

Deno.test("DatagramSizes keeps threads apart", () => {
  const bench = new Bench();
  const [a, b] = [bench.stream("10.0.0.1"), bench.stream("10.0.0.2")];
  bench.look(a, 1);
  bench.look(b, 2);
  bench.send(7, { tid: 2, socket: 2 });
  bench.send(3, { tid: 1, socket: 1 });
  assertEquals([bench.total(a), bench.total(b)], [[3, 1], [7, 1]]);
});

Deno.test("DatagramSizes counts nothing for what the kernel has refused", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  bench.datagram(stream, 9);
  bench.datagram(stream, -1);
  assertEquals(bench.total(stream), [9, 1]);
});

Deno.test("DatagramSizes tells nothing where a datagram has no size, or not yet", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  assertEquals(bench.total(stream), undefined);
  bench.datagram(stream, 9);
  bench.look(stream);
  assertEquals(bench.total(stream), undefined);
});

Deno.test("DatagramSizes tells nothing where two lookups come before a size", () => {
  const bench = new Bench();
  const [a, b] = [bench.stream("fd00::1"), bench.stream("10.0.0.2")];
  bench.look(a);
  bench.datagram(b, 9);
  bench.datagram(b, 9);
  assertEquals([bench.total(a), bench.total(b)], [undefined, undefined]);
});

Deno.test("DatagramSizes takes a request for a route for no datagram", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  bench.look(stream);
  bench.send(60, { family: 16, protocol: 0 });
  bench.send(30, { socket: 2 });
  assertEquals(bench.total(stream), undefined);
});

Deno.test("DatagramSizes tells nothing of a stream that connect(2) has begun", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  bench.look(stream);
  bench.sizes.connected(stream, 1);
  bench.send(30);
  bench.datagram(stream, 9);
  assertEquals(bench.total(stream), undefined);
});

Deno.test("DatagramSizes tells nothing where a datagram may have got another piece", () => {
  const bench = new Bench();
  const [a, b] = [bench.stream("10.0.0.1"), bench.stream("10.0.0.2")];
  bench.datagram(a, 20);
  bench.send(21);
  bench.datagram(b, 5, { socket: 2 });
  assertEquals([bench.total(a), bench.total(b)], [undefined, [5, 1]]);
});

Deno.test("DatagramSizes knows a socket that another process has got the address of", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  bench.datagram(stream, 20);
  bench.send(21, { tid: 9, who: "q" });
  assertEquals(bench.total(stream), [20, 1]);
});

Deno.test("DatagramSizes knows a socket of the same process that has got the address of another", () => {
  const bench = new Bench();
  const [first, second] = [bench.stream("10.0.0.1"), bench.stream("10.0.0.1", 17, 5001)];
  bench.datagram(first, 20);
  bench.datagram(second, 30);
  assertEquals([bench.total(first), bench.total(second)], [[20, 1], [30, 1]]);
  // On IPv6 the lookup may be that of a connect(2), and the size that of a piece.
  bench.datagram(bench.stream("fd00::1", 17, 5002), 40, { family: 2 });
  bench.datagram(bench.stream("fd00::1", 17, 5002), 40);
  assertEquals([bench.total(first), bench.total(second)], [[20, 1], undefined]);
});

Deno.test("DatagramSizes wants a second datagram on IPv6 and to a group: the first may be a connect(2)", () => {
  for (const ip of ["fd00::1", "239.1.2.3", "255.255.255.255"]) {
    const bench = new Bench();
    const stream = bench.stream(ip);
    bench.datagram(stream, 20);
    assertEquals(bench.total(stream), undefined);
    bench.datagram(stream, 1);
    assertEquals(bench.total(stream), [21, 2]);
    // The process has a socket with a peer: were the sizes those of that one?
    bench.send(5, { socket: 2 });
    assertEquals(bench.total(stream), undefined);
    const later = bench.stream(ip);
    bench.datagram(later, 3);
    bench.datagram(later, 4);
    assertEquals(bench.total(later), [7, 2]);
  }
});

Deno.test("DatagramSizes tells nothing where a stream has used several sockets", () => {
  const bench = new Bench();
  const stream = bench.stream("10.0.0.1");
  bench.datagram(stream, 20);
  bench.datagram(stream, 20, { socket: 2 });
  assertEquals(bench.total(stream), undefined);
});

Deno.test("DatagramSizes leaves out sizes of another process, protocol or family, and of ended streams", () => {
  for (
    const options of [{ who: "q" }, { protocol: 136 }, { family: 2 }, { family: 16, protocol: 0 }]
  ) {
    const bench = new Bench();
    const stream = bench.stream("fd00::1");
    bench.datagram(stream, 1, options);
    bench.datagram(stream, 1);
    assertEquals(bench.total(stream), undefined);
  }
  const bench = new Bench();
  const stream = { ...bench.stream("10.0.0.1"), over: true };
  bench.datagram(stream, 1);
  assertEquals(bench.total(stream), undefined);
  const icmp = bench.stream("10.0.0.1", 1);
  bench.datagram(icmp, 8, { protocol: 1 });
  assertEquals(bench.total(icmp), undefined);
});

Deno.test("DatagramSizes tells nothing of what was open while events were lost", () => {
  const bench = new Bench();
  const [before, during, after] = [1, 2, 3].map((n) => bench.stream(`10.0.0.${n}`));
  if (before === undefined || during === undefined || after === undefined) throw new Error();
  bench.datagram(before, 1);
  bench.sizes.isLosing = true;
  bench.datagram(during, 1);
  assertEquals(bench.total(before), undefined);
  bench.sizes.isLosing = false;
  bench.datagram(during, 1);
  bench.datagram(after, 1);
  assertEquals([before, during, after].map((each) => bench.total(each)), [
    undefined,
    undefined,
    [1, 1],
  ]);
});

Deno.test("DatagramSizes forgets the oldest of too many sockets, and doubts its streams", () => {
  const bench = new Bench();
  const [first, last] = [bench.stream("10.0.0.1"), bench.stream("10.0.0.2")];
  bench.datagram(first, 1, { socket: 1 });
  for (let socket = 2; socket <= 8_193; socket++) {
    bench.datagram(bench.stream("10.0.0.3"), 1, { socket });
  }
  bench.datagram(last, 1, { socket: 8_193 });
  assertEquals([bench.total(first), bench.total(last)], [undefined, [1, 1]]);
});
