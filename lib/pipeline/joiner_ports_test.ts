import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection, ConnectionEvent } from "../connection.ts";
import { JOINED } from "./joined_record.ts";
import { Joiner } from "./joiner.ts";

const SECOND = 1_000_000;

/** Longer than anything is held back. */
const LONG = 200 * SECOND;

/** What `trace` tells of a connection, in its order; `-` is without the local port. */
const TRACES = [
  ["open-", "update", "close"],
  ["open-", "update-", "update", "update", "close"],
  ["open-", "close"],
  ["open-", "close-"],
  ["open", "close"],
  ["close"],
  [],
];

/** The same of `conntrack`. */
const FLOWS = [["open", "close"], ["open", "update", "close"], ["close"], []];

const COUNTED = { bytesIn: 2000, bytesOut: 1000, packetsIn: 2, packetsOut: 1 };

/** One record of connection `n`: `trace` knows its process, `conntrack` its translation, both are called `n`. */
function recordOf(collector: "trace" | "conntrack", n: number, port: number, said: string) {
  const isTrace = collector === "trace";
  const event = said.replace("-", "") as ConnectionEvent;
  const record: Connection = {
    id: `${collector} ${n}`,
    event,
    time: n,
    start: n,
    direction: "egress",
    initiator: "local",
    outcome: "unknown",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: said.endsWith("-") ? { ip: "192.0.2.1" } : { ip: "192.0.2.1", port },
    remote: { ip: "198.51.100.7", port: 443 },
    attribution: isTrace ? "exact" : "none",
    ...(isTrace && { process: { pid: n, start: 0, name: "x", entityId: `${n}` } }),
    ...(!isTrace && { nat: { source: { ip: "203.0.113.1", port: n } } }),
    ...(event === "close" && { end: n + 1, ...(!isTrace && COUNTED) }),
    collector,
    host: { id: "h", name: "n" },
  };
  return record;
}

Deno.test("Joiner does not find a connect as one without a port once its port is known", () => {
  for (const hasFlow of [true, false]) {
    const out: Connection[] = [];
    const joiner = new Joiner((record) => out.push(record), () => {});
    joiner.add(recordOf("trace", 1, 40_000, "open-"), 0);
    joiner.add(recordOf("trace", 1, 40_000, "update"), 0);
    if (hasFlow) joiner.add(recordOf("conntrack", 1, 40_000, "open"), 0);
    // Anyone may send from port 0.
    joiner.add(recordOf("conntrack", 2, 0, "open-"), 0);
    joiner.end();
    assertEquals(out.map(({ collector, id }) => `${collector} ${id}`), [
      hasFlow ? `${JOINED} trace 1` : "trace trace 1",
      "conntrack conntrack 2",
    ]);
  }
});

/** Connections to one peer from different ports, and whose record comes next, how long after the one before. */
const ROUND = fc.record({
  lives: fc.array(
    fc.record({ trace: fc.nat(TRACES.length - 1), flow: fc.nat(FLOWS.length - 1) }),
    { minLength: 1, maxLength: 5 },
  ),
  turns: fc.array(fc.nat(9), { minLength: 40, maxLength: 40 }),
  pauses: fc.oneof(
    fc.constant([0]),
    fc.array(fc.constantFrom(0, 1000, SECOND, 3 * SECOND, 140 * SECOND), {
      minLength: 40,
      maxLength: 40,
    }),
  ),
});

/** The numbers of the connections whose parts a record has. */
function partsOf({ process, nat }: Connection): Set<number | undefined> {
  return new Set([process?.pid, nat?.source?.port].filter((n) => n !== undefined));
}

for (const max of [undefined, 3]) {
  const room = max === undefined ? "" : ", and where there is no room for all";
  Deno.test(`Joiner makes one of what belongs together, also where a port comes later${room}`, () => {
    fc.assert(
      fc.property(fc.array(ROUND, { minLength: 1, maxLength: 3 }), (rounds) => {
        const out: Connection[] = [];
        let taken = 0;
        let folded = 0;
        let now = 0;
        let count = 0;
        const joiner = new Joiner((record) => out.push(record), (n) => folded += n, max);
        for (const { lives, turns, pauses } of rounds) {
          const first = out.length;
          const queues = lives.flatMap(({ trace, flow }, port) => {
            const n = ++count;
            const make = (collector: "trace" | "conntrack", said: readonly string[] = []) =>
              said.map((event) => recordOf(collector, n, 40_000 + port, event));
            return [make("trace", TRACES[trace]), make("conntrack", FLOWS[flow])];
          });
          const wanted = queues.flat();
          const add = (record: Connection | undefined) => {
            if (record === undefined) return;
            taken++;
            joiner.add(record, now);
            assert(joiner.size <= (max ?? Infinity));
          };
          turns.forEach((turn, index) => {
            now += pauses[index % pauses.length] ?? 0;
            joiner.advance(now);
            add(queues[turn % queues.length]?.shift());
          });
          queues.flat().forEach(add);
          // Also what was said twice is not held for ever.
          for (let left = 3; left > 0; left--) joiner.advance(now += LONG);
          const told = out.slice(first);
          for (const record of told) assert(partsOf(record).size < 2, "parts of two connections");
          if (max !== undefined) continue;
          assertEquals(joiner.size, 0, "nothing is kept of what has ended");
          assertEquals(taken, out.length + folded, "law of conservation");
          assertLives(wanted, told, pauses.length === 1);
        }
        joiner.end();
        assertEquals(taken, out.length + folded, "law of conservation");
        assertEquals(joiner.size, 0);
      }),
      { numRuns: 400 },
    );
  });
}

/** @param isAtOnce Whether all of the records came at one moment. */
function assertLives(
  wanted: readonly Connection[],
  told: readonly Connection[],
  isAtOnce: boolean,
) {
  for (const id of new Set(told.map((record) => record.id))) {
    const events = told.filter((record) => record.id === id).map(({ event }) => event).join(" ");
    assert(/^(open (update )*)?close$/.test(events), `${id}: ${events}`);
  }
  const isOfBoth = ({ collector }: Connection) => collector === JOINED;
  const numbers = new Set(wanted.map(({ time }) => time));
  for (const n of numbers) {
    const mine = wanted.filter(({ time }) => time === n);
    const out = told.filter((record) => partsOf(record).has(n));
    const sources = new Set(mine.map(({ collector }) => collector));
    const ids = new Set(out.map(({ id }) => id));
    assert(ids.size >= 1 && ids.size <= sources.size, `${n}: ${ids.size} of ${sources.size}`);
    const [known] = mine.filter(({ collector, local }) => collector === "trace" && local.port);
    if (isAtOnce && known !== undefined && sources.size === 2) {
      assert(ids.size === 1 && out.every(isOfBoth), `${n} is apart`);
      assertEquals(out.at(-1)?.bytesIn, COUNTED.bytesIn);
    }
    if (mine.some(({ collector, event }) => collector === "trace" && event !== "close")) {
      assert(out.some(({ event }) => event === "open"), `${n}: its beginning is lost`);
    }
    const isLost = sources.has("trace") &&
      !out.some(({ event, process }) => event === "close" && process !== undefined);
    assert(!isLost, `${n}: its end is lost`);
  }
}
