import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyRows } from "./key_rows.ts";

Deno.test("KeyRows give back every row, with nothing where date and counters were", function () {
  const part = fc.oneof(fc.string(), fc.integer({ min: 0, max: 50_000 }).map((n) => "x".repeat(n)));
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { maxLength: 20 }), (parts) => {
      const encoder = new TextEncoder();
      const rows = new KeyRows();
      for (const [head, tail] of parts) rows.add(encoder.encode(head), encoder.encode(tail));
      const texts = parts.map((_, number) => new TextDecoder().decode(rows.row(number)));
      assertEquals(texts, parts.map(([head, tail]) => `,${head},,,,,${tail}\n`));
    }),
    { numRuns: 50 },
  );
});
