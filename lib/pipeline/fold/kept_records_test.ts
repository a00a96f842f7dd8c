import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../connection.ts";
import { KeptRecords } from "./kept_records.ts";

const text = fc.array(fc.constantFrom("a", ":", "\0", "\ud800", "\uffff"), { maxLength: 8 })
  .map((units) => units.join(""));
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
// Few values, so that records are alike in all but one of them.
const port = fc.constantFrom(0, 443);
const uid = fc.constantFrom(0, 501);
const source = fc.constantFrom("dns", "sni");
const program = fc.constantFrom("/bin/a", "/bin/b");

const record: fc.Arbitrary<Connection> = fc.record({
  id: text,
  event: fc.constant("summary" as const),
  time: number,
  direction: fc.constantFrom("egress" as const, "ingress" as const),
  outcome: fc.constantFrom("established" as const, "denied" as const),
  local: fc.record({ port }, { requiredKeys: [] }),
  remote: fc.record({ ip: text, port, name: text, nameSource: source }, { requiredKeys: ["ip"] }),
  attribution: fc.constant("exact" as const),
  collector: fc.constant("test"),
  first: number,
  last: number,
  count: number,
  denied: number,
  bytesIn: number,
  bytesOut: number,
  records: number,
  protocolNumber: fc.constantFrom(6, 17),
  process: fc.record({
    executable: program,
    uid,
    parent: fc.record({ executable: program }, { requiredKeys: [] }),
  }, { requiredKeys: [] }),
  host: fc.record({ id: fc.constant("h"), name: fc.constantFrom("n", "m") }),
}, {
  requiredKeys: [
    "id",
    "event",
    "time",
    "direction",
    "outcome",
    "local",
    "remote",
    "attribution",
    "collector",
  ],
});

Deno.test("KeptRecords gives records back as they were", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const kept = new KeptRecords();
      const numbers = records.map((record) => kept.keep(record));
      assertEquals(numbers, records.map((_, index) => index));
      assertEquals(numbers.map((number) => kept.record(number)), records);
      assertEquals(
        numbers.map((number) => kept.span(number)),
        records.map(({ time, first = time, last = time }) => ({ first, last })),
      );
    }),
    { numRuns: 100 },
  );
});

const PLAIN: Connection = {
  id: "a",
  event: "summary",
  time: 1,
  direction: "egress",
  outcome: "established",
  local: {},
  remote: { ip: "192.0.2.1" },
  attribution: "exact",
  collector: "test",
};

Deno.test("KeptRecords refuses a record that has anything else", () => {
  const kept = new KeptRecords();
  const { remote: _, ...without } = PLAIN;
  const others: Connection[] = [
    without,
    { ...PLAIN, event: "open" },
    { ...PLAIN, packetsIn: 1 },
    { ...PLAIN, samples: ["a"] },
    { ...PLAIN, noteworthy: [{ rule: "r", reason: "s" }] },
    { ...PLAIN, remote: { port: 1 } },
  ];
  assertEquals(others.map((record) => kept.keep(record)), others.map(() => -1));
  assertEquals(kept.keep(PLAIN), 0);
});

Deno.test("KeptRecords keeps few of records that have little in common", () => {
  const kept = new KeptRecords();
  let refused = 0;
  for (let uid = 0; uid < 2000; uid++) {
    if (kept.keep({ ...PLAIN, process: { executable: `/bin/${uid}`, uid } }) < 0) refused++;
  }
  assertEquals(refused > 1000, true);
});

Deno.test("KeptRecords tells apart records that differ in one thing alone", () => {
  const kept = new KeptRecords();
  const process = { executable: "/bin/a", parent: { name: "b" } };
  const records: Connection[] = [
    PLAIN,
    { ...PLAIN, local: { port: 1 } },
    { ...PLAIN, local: { port: 2 } },
    { ...PLAIN, outcome: "denied" },
    { ...PLAIN, direction: "local" },
    { ...PLAIN, initiator: "remote" },
    { ...PLAIN, protocol: "tcp" },
    { ...PLAIN, protocolNumber: 6 },
    { ...PLAIN, ipVersion: 4 },
    { ...PLAIN, attribution: "late" },
    { ...PLAIN, attributionReason: "r" },
    { ...PLAIN, collector: "other" },
    { ...PLAIN, host: { id: "h", name: "n" } },
    { ...PLAIN, host: { id: "h", name: "m" } },
    { ...PLAIN, remote: { ip: "192.0.2.1", nameSource: "s" } },
    { ...PLAIN, process },
    { ...PLAIN, process: { ...process, uid: 1 } },
    { ...PLAIN, process: { ...process, parent: { name: "c" } } },
  ];
  const numbers = records.map((record) => kept.keep(record));
  assertEquals(numbers.map((number) => kept.record(number)), records);
});
