import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection, Direction } from "../../connection.ts";
import type { FoldField } from "./fields.ts";
import { Keys } from "./keys.ts";

const text = fc.constantFrom("", "a", "b", "1:a,", "-,", "0;", "10;1:a,");

const record = fc.record({
  direction: fc.constantFrom<Direction>("egress", "ingress"),
  executable: fc.option(text, { nil: undefined }),
  ip: text,
  name: fc.option(text, { nil: undefined }),
}).map(({ direction, executable, ip, name }): Connection => ({
  id: "1",
  event: "open",
  time: 0,
  direction,
  outcome: "unknown",
  local: {},
  remote: { ip, ...(name !== undefined && { name }) },
  ...(executable !== undefined && { process: { executable } }),
  attribution: "none",
  collector: "test",
}));

const FIELDS = ["executable", "ip", "name"] as const satisfies readonly FoldField[];

/** What tells kinds apart, in another way. */
function kindOf({ direction, process, remote }: Connection): string {
  return JSON.stringify(
    [direction, process?.executable, remote?.ip, remote?.name].map((value) => value ?? null),
  );
}

Deno.test("Keys are the same for the same fields alone, and so is what they stand for", function () {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      const keys = new Keys(FIELDS);
      const kinds = new Map<number, string>();
      for (const record of records) kinds.set(keys.of(record, true), kindOf(record));
      assertEquals(kinds.size, new Set(records.map(kindOf)).size);
      const texts = [...kinds.keys()].map((key) => keys.text(key));
      assertEquals(new Set(texts).size, kinds.size);
      // In another order there are other numbers.
      const others = new Keys(FIELDS);
      const again = records.toReversed().map((record) => others.text(others.of(record, true)));
      assertEquals(new Set(again), new Set(texts));
    }),
    { numRuns: 200 },
  );
});

Deno.test("Keys stand for the coarse key and each field after its length", function () {
  fc.assert(
    fc.property(record, (record) => {
      const keys = new Keys(FIELDS);
      const parts = [record.process?.executable, record.remote?.ip, record.remote?.name];
      const text = parts.map((part) => part === undefined ? "-," : `${part.length}:${part},`);
      const coarse = `-,${record.direction.length}:${record.direction},-,-,-,`;
      assertEquals(keys.of(record, false), -1);
      assertEquals(keys.text(keys.of(record, true)), coarse + text.join(""));
      assertEquals(keys.of(record, false), keys.of(record, true));
      assertEquals(keys.text(keys.coarse(record)), coarse);
      assertEquals(keys.size, 2);
      const none = new Keys([]);
      assertEquals(none.text(none.of(record, false)), coarse);
    }),
    { numRuns: 100 },
  );
});
