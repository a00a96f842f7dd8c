import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { SAMPLES, TIME } from "../formats/test_records.ts";
import { partitionOf } from "./partition.ts";

const OPEN = SAMPLES["open"]!;

function ofHost(name: string): string {
  return partitionOf({ ...OPEN, host: { id: "h", name } });
}

Deno.test("partitionOf names the day in UTC and the host", () => {
  assertEquals(ofHost("web-1.example.net"), "day=2026-11-21/host=web-1.example.net");
  const midnight = Date.UTC(2026, 10, 22) * 1000;
  assertEquals(partitionOf({ ...OPEN, time: midnight - 1 }), "day=2026-11-21/host=web-1");
  assertEquals(partitionOf({ ...OPEN, time: midnight }), "day=2026-11-22/host=web-1");
});

Deno.test("partitionOf puts a summary into the day that its window is of", () => {
  const end = Date.UTC(2026, 10, 22) * 1000;
  const summary = { ...OPEN, event: "summary", time: end, start: TIME, end } as const;
  assertEquals(partitionOf(summary), "day=2026-11-21/host=web-1");
});

Deno.test("partitionOf names a host that is not known as Hive does, and no other so", () => {
  const { host: _host, ...alone } = OPEN;
  assertEquals(partitionOf(alone), "day=2026-11-21/host=__HIVE_DEFAULT_PARTITION__");
  assertEquals(ofHost("__HIVE_DEFAULT_PARTITION__").includes("=__"), false);
});

Deno.test("partitionOf gives two safe names, whatever a host is called, which tell what it is called", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (name) => {
      const parts = ofHost(name).split("/");
      assertEquals(parts.length, 2);
      const [, value = ""] = parts[1]?.split("=") ?? [];
      assertMatch(value, /^(?:[A-Za-z0-9._-]|%[0-9A-F]{2})+$/);
      assert((parts[1] ?? "").length <= 255);
      const read = decodeURIComponent(value);
      assert(
        value.length > 230 ? name.toWellFormed().startsWith(read) : name.toWellFormed() === read,
      );
    }),
    { numRuns: 300 },
  );
  for (const name of ["../..", "a/b", ".", "..", "a=b", "\0", "é", "%2F"]) {
    assertEquals(ofHost(name).split("/").length, 2, name);
  }
});
