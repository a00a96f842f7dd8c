import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { RecentCache, verdictKey } from "./verdict_cache.ts";
import { type Sample, sample } from "./test_connections.ts";

Deno.test("verdictKey differs where anything differs that a rule can look at", () => {
  const differences: Sample[] = [
    {},
    { direction: "ingress" },
    { direction: "unknown" },
    { protocol: "udp" },
    { ip: "203.0.113.8" },
    { ip: null },
    { host: "a" },
    { host: "" },
    { host: "a", nameSource: "ptr" },
    { port: 80 },
    { localIp: "192.0.2.11" },
    { process: { pid: 1 } },
    { exe: "/a" },
    { process: { name: "/a" } },
    { process: { uid: 0 } },
    { process: { user: "0" } },
    { process: { unit: "a" } },
    { process: { userUnit: "a" } },
    { process: { parent: { name: "a" } } },
    { process: { parent: { executable: "a" } } },
  ];
  const keys = differences.map((each) => verdictKey(sample(each)));
  assertEquals(new Set(keys).size, keys.length);
  assertNotEquals(
    verdictKey({ ...sample({ direction: "unknown" }), initiator: "remote" }),
    verdictKey(sample({ direction: "unknown" })),
  );
});

Deno.test("verdictKey cannot be made equal by the choice of names", () => {
  const text = fc.array(fc.constantFrom("1", ":", "-", "a", "0", " "), { maxLength: 6 })
    .map((parts) => parts.join(""));
  const names = fc.record({ exe: text, name: text, host: text }, { requiredKeys: [] });
  const keyOf = ({ exe, name, host }: { exe?: string; name?: string; host?: string }) =>
    verdictKey(sample({
      ...(exe !== undefined && { exe }),
      ...(host !== undefined && { host }),
      process: { pid: 1, ...(name !== undefined && { name }) },
    }));
  assertNotEquals(keyOf({ exe: "a", name: ":" }), keyOf({ exe: "a:", name: "" }));
  assertNotEquals(keyOf({ exe: "-" }), keyOf({ name: "-" }));
  fc.assert(
    fc.property(names, names, (a, b) => {
      const same = a.exe === b.exe && a.name === b.name && a.host === b.host;
      assertEquals(keyOf(a) === keyOf(b), same);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("RecentCache keeps what is used, and never more than it may", () => {
  const cache = new RecentCache<number>(100);
  cache.set("hot", 1);
  for (let i = 0; i < 10_000; i++) {
    cache.set(`${i}`, i);
    assertEquals(cache.get("hot"), 1);
    assert(cache.size <= 100);
  }
  assertEquals(cache.get("9999"), 9999);
  assertEquals(cache.get("9"), undefined);
  cache.set("x".repeat(100_000), 1);
  assertEquals(cache.get("x".repeat(100_000)), undefined);
});
