import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { JOINED } from "./joined_record.ts";
import { Joiner } from "./joiner.ts";

const SECOND = 1_000_000;

const TRACE: Connection = {
  id: "t1",
  event: "open",
  time: 0,
  start: 0,
  direction: "egress",
  initiator: "local",
  outcome: "established",
  protocol: "tcp",
  protocolNumber: 6,
  ipVersion: 4,
  local: { ip: "192.0.2.1", port: 50_000 },
  remote: { ip: "198.51.100.7", port: 443 },
  attribution: "exact",
  process: { pid: 7, start: 0, name: "curl", entityId: "e" },
  collector: "trace",
  host: { id: "h", name: "n" },
};
const FLOW: Connection = {
  ...TRACE,
  id: "c1",
  attribution: "none",
  attributionReason: "gone",
  collector: "conntrack",
  nat: { source: { ip: "203.0.113.1", port: 1024 } },
};
const { process: _process, ...BARE } = FLOW;
const COUNTED = { bytesIn: 2000, bytesOut: 1000, packetsIn: 2, packetsOut: 1 };

class Bench {
  readonly out: Connection[] = [];
  folded = 0;
  taken = 0;
  readonly joiner = new Joiner((record) => this.out.push(record), (n) => this.folded += n);

  add(record: Connection, now = 0): void {
    this.taken++;
    this.joiner.add(record, now);
  }

  /** What was given out: event, collector and id of each. */
  get said(): string[] {
    return this.out.map(({ event, collector, id }) => `${event} ${collector} ${id}`);
  }

  end(): void {
    this.joiner.end();
    assertEquals(this.taken, this.out.length + this.folded, "law of conservation");
    assertEquals(this.joiner.size, 0);
  }
}

function closed(record: Connection, more: Partial<Connection> = {}): Connection {
  return { ...record, event: "close", end: SECOND, ...more };
}

for (const order of ["trace first", "conntrack first"]) {
  Deno.test(`Joiner makes one record of an open and one of a close, ${order}`, () => {
    const bench = new Bench();
    const pairs = [[TRACE, BARE], [closed(TRACE), closed(BARE, COUNTED)]];
    for (const pair of pairs) {
      for (const record of order === "trace first" ? pair : pair.toReversed()) bench.add(record);
    }
    assertEquals(bench.said, [`open ${JOINED} t1`, `close ${JOINED} t1`]);
    const [open, close] = bench.out;
    assertEquals([open?.process?.pid, open?.nat, open?.bytesIn], [7, FLOW.nat, undefined]);
    assertEquals([close?.process?.pid, close?.bytesIn, close?.packetsOut], [7, 2000, 1]);
    bench.end();
    assertEquals(bench.folded, 2);
  });
}

Deno.test("Joiner waits for the counters no longer than the kernel tracks a closed connection", () => {
  const bench = new Bench();
  bench.add(TRACE);
  bench.add(BARE);
  bench.add(closed(TRACE), SECOND);
  bench.joiner.advance(120 * SECOND);
  assertEquals(bench.out.length, 1);
  bench.joiner.advance(132 * SECOND);
  assertEquals(bench.said[1], `close ${JOINED} t1`);
  bench.add(closed(BARE, COUNTED), 200 * SECOND);
  assertEquals(bench.out.length, 2);
  bench.end();
});

Deno.test("Joiner does not wait where the close has its own counters, or the kernel counts nothing", () => {
  const bench = new Bench();
  bench.add(TRACE);
  bench.add(BARE);
  bench.add(closed(TRACE, { bytesIn: 5, bytesOut: 6 }));
  assertEquals(bench.out[1]?.bytesIn, 5);
  bench.add(closed(BARE));
  bench.add({ ...TRACE, id: "t2" });
  bench.add({ ...BARE, id: "c2" });
  bench.add(closed({ ...TRACE, id: "t2" }));
  assertEquals(bench.said.at(-1), `close ${JOINED} t2`);
  bench.end();
});

Deno.test("Joiner gives out alone what the other collector does not see", () => {
  const bench = new Bench();
  bench.add(TRACE);
  const other: Connection = { ...BARE, id: "c9", remote: { ip: "198.51.100.9", port: 53 } };
  for (const event of ["open", "update"] as const) bench.add({ ...other, event });
  for (const collector of ["trace", "conntrack"]) {
    bench.joiner.mark({ collector, time: 2 * SECOND }, 2 * SECOND);
  }
  bench.joiner.advance(2 * SECOND);
  assertEquals(bench.out.length, 0);
  bench.joiner.advance(3 * SECOND);
  assertEquals(bench.said, ["open trace t1", "open conntrack c9"]);
  bench.add({ ...other, event: "update" }, 3 * SECOND);
  for (const record of [TRACE, other]) bench.add(closed(record), 3 * SECOND);
  assertEquals(bench.said.slice(2), [
    "update conntrack c9",
    "close trace t1",
    "close conntrack c9",
  ]);
  bench.end();
});

Deno.test("Joiner folds the beginning of a flow into a failed attempt", () => {
  for (const last of [true, false]) {
    const bench = new Bench();
    const refused = closed(TRACE, { outcome: "refused" });
    const flow = [BARE, closed(BARE, { outcome: "refused" })];
    for (const record of last ? [...flow, refused] : [refused, ...flow]) bench.add(record);
    bench.end();
    assertEquals(bench.said, [`close ${JOINED} t1`]);
  }
});

Deno.test("Joiner finds the flow of a connect as soon as its port is known", () => {
  for (const last of [TRACE, closed(TRACE, { outcome: "timeout" })]) {
    for (const isFlowFirst of [true, false]) {
      const bench = new Bench();
      const pending: Connection = { ...TRACE, outcome: "unknown", local: { ip: "192.0.2.1" } };
      const first = isFlowFirst ? [BARE, pending] : [pending, BARE];
      for (const record of first) bench.add(record);
      // Another one to the same peer.
      bench.add({ ...pending, id: "t2" });
      bench.joiner.advance(2 * SECOND);
      assertEquals(bench.out, []);
      bench.add({ ...last, event: last === TRACE ? "update" : "close" }, 2 * SECOND);
      const { outcome, local } = bench.out[0] ?? {};
      assertEquals(bench.said[0], `open ${JOINED} t1`);
      assertEquals(outcome, last === TRACE ? "established" : "unknown");
      if (last === TRACE) assertEquals(local?.port, 50_000);
      bench.joiner.advance(3 * SECOND);
      assertEquals(bench.said[1], "open trace t2");
      bench.end();
      assertEquals(bench.out.at(-1)?.event, last === TRACE ? "open" : "close");
    }
  }
});

Deno.test("Joiner keeps the beginning of a connect that was given out without its port", () => {
  const bench = new Bench();
  bench.add({ ...TRACE, local: { ip: "192.0.2.1" } });
  bench.add(BARE);
  bench.joiner.advance(3 * SECOND);
  assertEquals(bench.said.toSorted(), ["open conntrack c1", "open trace t1"]);
  bench.add({ ...TRACE, event: "update" }, 3 * SECOND);
  bench.add(closed(TRACE), 4 * SECOND);
  assertEquals(bench.said.slice(2), ["update trace t1", "close trace t1"]);
  bench.end();
});

Deno.test("Joiner makes an update of a beginning that comes too late, with the id that was given out", () => {
  const bench = new Bench();
  bench.add(BARE);
  bench.joiner.advance(3 * SECOND);
  bench.add(TRACE, 4 * SECOND);
  bench.add(closed(TRACE, { bytesIn: 1, bytesOut: 1 }), 4 * SECOND);
  assertEquals(bench.said, ["open conntrack c1", `update ${JOINED} c1`, `close ${JOINED} c1`]);
  bench.end();
});

Deno.test("Joiner knows a socket behind a redirection, and a datagram socket without an address", () => {
  const bench = new Bench();
  bench.add({
    ...BARE,
    initiator: "remote",
    direction: "ingress",
    local: { ip: "192.0.2.1", port: 80 },
    remote: { ip: "198.51.100.7", port: 5000 },
    nat: { destination: { ip: "192.0.2.1", port: 8080 } },
  });
  bench.add({
    ...TRACE,
    initiator: "remote",
    direction: "ingress",
    local: { ip: "192.0.2.1", port: 8080 },
    remote: { ip: "198.51.100.7", port: 5000 },
  });
  const udp = { protocol: "udp", protocolNumber: 17 };
  bench.add({ ...TRACE, ...udp, id: "t2", local: { ip: "0.0.0.0", port: 50_000 } });
  bench.add({ ...BARE, ...udp, id: "c2" });
  assertEquals(bench.said, [`open ${JOINED} t1`, `open ${JOINED} t2`]);
  bench.end();
});

Deno.test("Joiner passes listeners and the records of other collectors", () => {
  const bench = new Bench();
  const { remote: _remote, ...listener } = TRACE;
  bench.add({ ...listener, event: "listen" });
  bench.add({ ...TRACE, collector: "proc" });
  assertEquals(bench.said, ["listen trace t1", "open proc t1"]);
  bench.end();
});

Deno.test("Joiner keeps the law of conservation, one open and one close at most, in any order", () => {
  const step = fc.record({
    port: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom("trace", "traceClose", "flow", "flowClose", "wait"),
    counts: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench();
      const generation = new Map<string, number>();
      let now = 0;
      for (const { port, kind, counts } of steps) {
        now += kind === "wait" ? 50 * SECOND : 1000;
        bench.joiner.advance(now);
        if (kind === "wait") continue;
        const isTrace = kind.startsWith("trace");
        const base = isTrace ? TRACE : BARE;
        const name = `${isTrace ? "t" : "c"}${port}`;
        const id = `${name}.${generation.get(name) ?? 0}`;
        const record = { ...base, id, local: { ip: "192.0.2.1", port } };
        const isClose = kind.endsWith("Close");
        bench.add(isClose ? closed(record, counts ? COUNTED : {}) : record, now);
        if (isClose) generation.set(name, (generation.get(name) ?? 0) + 1);
      }
      bench.end();
      const closes = bench.out.filter(({ event }) => event === "close").map(({ id }) => id);
      assertEquals(new Set(closes).size, closes.length);
      // What begins twice under one id was said twice by its own collector.
      for (const { process, collector } of bench.out) {
        assert(collector === "conntrack" || process?.pid === 7);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("Joiner waits for a collector whose watermark is behind, not for one whose is not", () => {
  for (const late of ["conntrack", "trace"]) {
    const [first, second] = late === "trace" ? [FLOW, TRACE] : [TRACE, FLOW];
    const alone = { ...first, id: "a1", time: SECOND, start: SECOND, local: { ip: "::", port: 9 } };
    const bench = new Bench();
    const mark = (time: number, now: number) => bench.joiner.mark({ collector: late, time }, now);
    mark(-Infinity, 0);
    bench.add(first);
    bench.add(alone);
    // Others that were read as late bear a time that tells nothing of how far it is.
    bench.add(
      { ...second, id: "o1", time: 6 * SECOND, remote: { ip: "192.0.2.9", port: 1 } },
      6 * SECOND,
    );
    mark(SECOND, 6 * SECOND);
    bench.joiner.advance(6 * SECOND);
    assertEquals(bench.said, []);
    bench.add(second, 7 * SECOND);
    mark(4 * SECOND, 7 * SECOND);
    bench.joiner.advance(7 * SECOND);
    assertEquals(bench.said, [`open ${JOINED} t1`, `open ${first.collector} a1`]);
    bench.end();
  }
});

Deno.test("Joiner does not wait for ever for a collector that is behind, nor for one that is silent", () => {
  for (const [last, until] of [[0, 10], [30, 13]] as const) {
    const bench = new Bench();
    bench.joiner.mark({ collector: "conntrack", time: 0 }, 0);
    bench.add(TRACE);
    for (let second = 1; second <= until; second++) {
      assertEquals(bench.said, [], `${second} s`);
      if (second <= last) bench.joiner.mark({ collector: "conntrack", time: 0 }, second * SECOND);
      bench.joiner.advance(second * SECOND);
    }
    assertEquals(bench.said, ["open trace t1"]);
    bench.end();
  }
});

Deno.test("Joiner does not wait at all for a collector that tells no more", () => {
  const bench = new Bench();
  bench.add(TRACE);
  bench.joiner.mark({ collector: "conntrack", time: Infinity }, 0);
  bench.add({ ...TRACE, id: "t2", remote: { ip: "192.0.2.9", port: 1 } });
  assertEquals(bench.said, ["open trace t2"]);
  bench.joiner.advance(3 * SECOND);
  assertEquals(bench.said, ["open trace t2", "open trace t1"]);
  bench.end();
});

Deno.test("Joiner believes the latest watermark: the clock may have been set back", () => {
  const bench = new Bench();
  bench.joiner.mark({ collector: "conntrack", time: 3600 * SECOND }, 0);
  bench.add(TRACE);
  bench.joiner.mark({ collector: "conntrack", time: 0 }, SECOND);
  bench.joiner.advance(4 * SECOND);
  assertEquals(bench.said, []);
  bench.joiner.mark({ collector: "conntrack", time: 2 * SECOND }, 4 * SECOND);
  bench.joiner.advance(4 * SECOND);
  assertEquals(bench.said, ["open trace t1"]);
  bench.end();
});

Deno.test("Joiner waits for counters also after a flow whose end was missed, and which has none", () => {
  const bench = new Bench();
  const other = (id: string, port: number) => ({ ...BARE, id, remote: { ip: "192.0.2.9", port } });
  bench.add(closed(other("o1", 1), COUNTED));
  bench.add(closed(other("o2", 2)));
  for (const record of [TRACE, BARE, closed(TRACE)]) bench.add(record);
  assertEquals(bench.said.at(-1), `open ${JOINED} t1`);
  bench.add(closed(BARE, COUNTED));
  assertEquals([bench.said.at(-1), bench.out.at(-1)?.bytesIn], [`close ${JOINED} t1`, 2000]);
  bench.end();
});
