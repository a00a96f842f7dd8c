import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lookup, table, TIMEOUT } from "./datagrams_test_tools.ts";
import type { RouteEvent } from "./event.ts";
import type { Happening } from "./happening.ts";

/** Who sends, to which port, from which, and how long after the one before. */
const sending = fc.record({
  tid: fc.integer({ min: 1, max: 3 }),
  port: fc.integer({ min: 1, max: 3 }),
  from: fc.integer({ min: 1, max: 2 }),
  tables: fc.integer({ min: 0, max: 2 }),
  fails: fc.boolean(),
  wait: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 * TIMEOUT })),
});

const noise = fc.record({
  tid: fc.integer({ min: 0, max: 3 }),
  flags: fc.constantFrom(".....", "..s1.", "b...."),
  table: fc.constantFrom(255, 254),
  protocol: fc.constantFrom(0, 1, 6, 17, 58),
  from: fc.constantFrom("0.0.0.0/0", "0.0.0.0/5", "192.0.2.7/5", "::/5", "2001:db8::7/5"),
  to: fc.constantFrom("192.0.2.1/5", "192.0.2.1/0", "192.0.2.7/5", "2001:db8::1/5", "ff02::1/5"),
  error: fc.constantFrom(0, -11, -13, -113),
  wait: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 2 * TIMEOUT })),
});

/** The lookups of one datagram: tables without an answer, then the one that has it. */
function datagram(boot: number, it: typeof sending extends fc.Arbitrary<infer T> ? T : never) {
  const events: RouteEvent[] = [];
  for (let asked = 0; asked <= it.tables; asked++) {
    const error = asked === it.tables && !it.fails ? 0 : -11;
    const ends = `0.0.0.0/${it.from} 192.0.2.1/${it.port}`;
    events.push(lookup(`${it.tid} ..... ${boot + asked / 10} ${255 - asked} 17 ${ends} ${error}`));
  }
  return events;
}

Deno.test("DatagramTable counts every datagram once in whatever order they come", () => {
  fc.assert(
    fc.property(
      fc.array(sending, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      (all, max) => {
        const datagrams = table(max);
        const into: Happening[] = [];
        let boot = 0;
        for (const it of all) {
          boot += it.wait;
          for (const event of datagram(boot, it)) datagrams.apply(event, into);
          assert(datagrams.size <= max);
        }
        datagrams.advance(boot + 10 * TIMEOUT, into);
        assertEquals(datagrams.size, 0);
        let packets = 0;
        for (const { event, packetsOut = 0 } of into) if (event === "close") packets += packetsOut;
        assertEquals(packets, all.filter(({ fails }) => !fails).length);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("DatagramTable never has a connection open twice, and closes what it opens", () => {
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 80 }), fc.integer({ min: 1, max: 8 }), (all, max) => {
      const datagrams = table(max);
      const into: Happening[] = [];
      let boot = 0;
      for (const { tid, flags, table, protocol, from, to, error, wait } of all) {
        boot += wait;
        datagrams.apply(
          lookup(`${tid} ${flags} ${boot} ${table} ${protocol} ${from} ${to} ${error}`),
          into,
        );
        assert(datagrams.size <= max);
      }
      datagrams.advance(boot + 10 * TIMEOUT, into);
      assertEquals(datagrams.size, 0);
      const open = new Map<string, string>();
      for (const happening of into) {
        const { event, key, owner, protocolNumber, local, remote, outcome, start, end } = happening;
        const ends = [owner.process?.pid, protocolNumber, local.port, remote?.ip, remote?.port];
        const place = ends.join(" ");
        if (event === "open") {
          assert(!open.has(place));
          open.set(place, key);
        } else if (open.get(place) === key) {
          open.delete(place);
        } else {
          // One that failed at once, beside one that is open.
          assert(outcome === "unreachable" || outcome === "denied");
          assertEquals(start, end);
        }
      }
      assertEquals(open.size, 0);
    }),
    { numRuns: 300 },
  );
});
