import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { communityIdDigest, type FlowTuple } from "./community_id_hash.ts";
import { parseIp } from "./ip.ts";

interface Vector {
  readonly proto: number;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number | null;
  readonly dport: number | null;
  readonly communityid: string;
}

function vectors(name: string): readonly Vector[] {
  const path = new URL(`../fixtures/communityid/baseline_${name}.json`, import.meta.url);
  return JSON.parse(Deno.readTextFileSync(path));
}

function bytesOf(ip: string): Uint8Array {
  return parseIp(ip) ?? new Uint8Array(0);
}

function tuple({ proto, saddr, daddr, sport, dport }: Vector): FlowTuple {
  return {
    protocol: proto,
    source: bytesOf(saddr),
    destination: bytesOf(daddr),
    sourcePort: sport ?? undefined,
    destinationPort: dport ?? undefined,
  };
}

function hex(flow: FlowTuple, seed = 0): string | undefined {
  return communityIdDigest(flow, seed)?.toHex();
}

function swapped(flow: FlowTuple): FlowTuple {
  const { protocol, source, destination, sourcePort, destinationPort } = flow;
  return {
    protocol,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  };
}

const VECTORS: readonly (readonly [string, number, "base64" | "hex"])[] = [
  ["deflt", 0, "base64"],
  ["seed1", 1, "base64"],
  ["nob64", 0, "hex"],
];

for (const [name, seed, form] of VECTORS) {
  Deno.test(`communityIdDigest gives what the vectors ${name} of the specification have`, () => {
    const all = vectors(name);
    assertEquals(all.length, 23);
    for (const vector of all) {
      const digest = communityIdDigest(tuple(vector), seed);
      const said = form === "hex" ? digest?.toHex() : digest?.toBase64();
      assertEquals(`1:${said}`, vector.communityid, JSON.stringify(vector));
    }
  });
}

const port = fc.integer({ min: 0, max: 65535 });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
// Ends that have much in common, so that the last bytes and the ports decide, too.
const near4 = fc.constantFrom(..."123").map((last) => Uint8Array.of(10, 0, 0, Number(last)));
const ends = fc.oneof(
  fc.tuple(ipv4, ipv4),
  fc.tuple(near4, near4),
  fc.tuple(ipv6, ipv6),
);

function flows(protocol: fc.Arbitrary<number>): fc.Arbitrary<FlowTuple> {
  return fc.tuple(protocol, ends, port, port).map((
    [protocol, [source, destination], sourcePort, destinationPort],
  ) => ({ protocol, source, destination, sourcePort, destinationPort }));
}

Deno.test("communityIdDigest is the same from either end of TCP, UDP, SCTP and what has no ports", () => {
  const protocol = fc.constantFrom(6, 17, 132, 2, 46, 47, 50);
  fc.assert(
    fc.property(flows(protocol), port, (flow, seed) => {
      assertEquals(hex(swapped(flow), seed), hex(flow, seed));
    }),
    { numRuns: 300 },
  );
});

const ANSWERED = [[1, 8, 0], [1, 13, 14], [1, 15, 16], [1, 10, 9], [1, 17, 18]].concat(
  [[58, 128, 129], [58, 133, 134], [58, 135, 136], [58, 130, 131], [58, 139, 140], [58, 144, 145]],
);

Deno.test("communityIdDigest is the same for an ICMP message and its answer, whatever their codes", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ANSWERED), ends, port, port, (icmp, [a, b], code, other) => {
      const [protocol = 0, type = 0, answer = 0] = icmp;
      const asks = {
        protocol,
        source: a,
        destination: b,
        sourcePort: type,
        destinationPort: code,
      };
      const answers = {
        protocol,
        source: b,
        destination: a,
        sourcePort: answer,
        destinationPort: other,
      };
      assertEquals(hex(answers), hex(asks));
    }),
    { numRuns: 300 },
  );
});

Deno.test("communityIdDigest tells the two directions of an ICMP message apart that nothing answers", () => {
  for (const protocol of [1, 58]) {
    const source = Uint8Array.of(10, 0, 0, 1);
    const destination = Uint8Array.of(10, 0, 0, 2);
    const there = { protocol, source, destination, sourcePort: 3, destinationPort: 1 };
    const back = { ...there, source: destination, destination: source };
    assertNotEquals(hex(back), hex(there));
    assertNotEquals(hex({ ...there, destinationPort: 2 }), hex(there));
  }
});

Deno.test("communityIdDigest leaves the order of an ICMP message that nothing answers", () => {
  const unreachable = {
    protocol: 1,
    source: bytesOf("10.0.0.2"),
    destination: bytesOf("10.0.0.1"),
    sourcePort: 3,
    destinationPort: 1,
  };
  // By sha1sum, of 0000 0a000002 0a000001 01 00 0003 0001.
  assertEquals(hex(unreachable), "2478e5c83e482498e5df01d638c8f8ea52d665a8");
});

Deno.test("communityIdDigest does not ask for the code of an ICMP message that is answered", () => {
  const ends = { source: bytesOf("10.0.0.2"), destination: bytesOf("10.0.0.1") };
  for (const [protocol, request, answer] of [[1, 8, 0], [58, 128, 129]] as const) {
    const echo = { ...ends, protocol, sourcePort: request };
    assertEquals(hex(echo), hex({ ...echo, destinationPort: 0 }));
    const { source, destination } = ends;
    const reply = { protocol, source: destination, destination: source, sourcePort: answer };
    assertEquals(hex(reply), hex(echo));
  }
});

Deno.test("communityIdDigest differs by seed, protocol, address and port", () => {
  fc.assert(
    fc.property(flows(fc.constantFrom(6, 17, 132)), port, port, (flow, seed, other) => {
      fc.pre(seed !== other);
      const said = hex(flow, seed);
      const { protocol, source, destinationPort = 0 } = flow;
      const moved = source.map((byte, i) => i === 3 ? byte ^ 1 : byte);
      assertNotEquals(hex(flow, other), said);
      assertNotEquals(hex({ ...flow, protocol: protocol === 6 ? 17 : 6 }, seed), said);
      assertNotEquals(hex({ ...flow, destinationPort: destinationPort ^ 256 }, seed), said);
      assertNotEquals(hex({ ...flow, source: moved }, seed), said);
    }),
    { numRuns: 300 },
  );
});

Deno.test("communityIdDigest ignores the ports of protocols without", () => {
  const bare = { protocol: 47, source: bytesOf("10.0.0.1"), destination: bytesOf("10.0.0.2") };
  assertEquals(hex({ ...bare, sourcePort: 1, destinationPort: 70_000 }), hex(bare));
});

Deno.test("communityIdDigest says nothing of what the specification says nothing of", () => {
  const flow = { protocol: 6, source: bytesOf("10.0.0.1"), destination: bytesOf("10.0.0.2") };
  const whole = { ...flow, sourcePort: 1, destinationPort: 2 };
  const ports = [-1, 65_536, 1.5, NaN, Infinity, undefined];
  const wrong: readonly FlowTuple[] = [
    flow,
    { ...whole, destination: bytesOf("2001:db8::1") },
    { ...whole, source: new Uint8Array(0), destination: new Uint8Array(0) },
    { ...whole, source: new Uint8Array(5), destination: new Uint8Array(5) },
    ...[-1, 256, 6.5, NaN].map((protocol) => ({ ...whole, protocol })),
    ...ports.map((sourcePort) => ({ ...whole, sourcePort })),
    ...ports.map((destinationPort) => ({ ...whole, destinationPort })),
    { ...flow, protocol: 1 },
    { ...whole, protocol: 1, sourcePort: 3, destinationPort: undefined },
  ];
  for (const one of wrong) assertEquals(communityIdDigest(one, 0), undefined, Deno.inspect(one));
});
