import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { JOINED } from "./joined_record.ts";
import { Joiner } from "./joiner.ts";

const SECOND = 1_000_000;

/** One connection of one namespace. The two have the same addresses, and use the same ports. */
interface Made {
  readonly netns: number;
  readonly port: number;
  readonly protocolNumber: number;
  /** Whether the socket is bound to no address. */
  readonly unbound: boolean;
}

function recordOf(made: Made, n: number, collector: "trace" | "conntrack"): Connection {
  const { netns, port, protocolNumber, unbound } = made;
  const isTrace = collector === "trace";
  const ip = isTrace && unbound && protocolNumber !== 6 ? "0.0.0.0" : "172.17.0.2";
  return {
    id: `${collector}-${n}`,
    event: "open",
    time: n,
    start: n,
    direction: "egress",
    initiator: "local",
    outcome: "established",
    protocol: protocolNumber === 6 ? "tcp" : "udp",
    protocolNumber,
    ipVersion: 4,
    local: { ip, port },
    remote: { ip: "198.51.100.7", port: 443 },
    netns,
    attribution: isTrace ? "exact" : "none",
    ...(isTrace && { process: { pid: n + 1, start: 0, name: "x", entityId: `${n}` } }),
    ...(!isTrace && { nat: { source: { ip: "203.0.113.1", port: n } } }),
    collector,
    host: { id: "h", name: "n" },
  };
}

const MADE = fc.uniqueArray(
  fc.record({
    netns: fc.constantFrom(1, 2, 3),
    port: fc.constantFrom(4000, 4001),
    protocolNumber: fc.constantFrom(6, 17),
    unbound: fc.boolean(),
  }),
  { maxLength: 12, selector: (made) => `${made.netns} ${made.port} ${made.protocolNumber}` },
);

Deno.test("Joiner never makes one record of two namespaces with the same addresses", () => {
  fc.assert(
    fc.property(
      MADE.chain((made) => {
        const all = made.flatMap((one, n) => [
          recordOf(one, n, "trace"),
          recordOf(one, n, "conntrack"),
        ]);
        return fc.shuffledSubarray(all, { minLength: 0, maxLength: all.length });
      }),
      (records) => {
        const out: Connection[] = [];
        let folded = 0;
        const joiner = new Joiner((record) => out.push(record), (count) => folded += count);
        for (const record of records) joiner.add(record, 0);
        joiner.advance(3 * SECOND);
        joiner.end();
        assertEquals(records.length, out.length + folded);
        const numbers = records.map(({ id }) => id.split("-")[1]);
        const both = numbers.filter((n, i) => numbers.indexOf(n) !== i);
        const joined = out.filter(({ collector }) => collector === JOINED);
        assertEquals(joined.length, both.length);
        for (const { id, process, nat, netns } of joined) {
          assertEquals(process?.pid, (nat?.source?.port ?? NaN) + 1);
          const made = records.find((record) => record.id === id);
          assertEquals(netns, made?.netns);
        }
      },
    ),
    { numRuns: 500 },
  );
});
