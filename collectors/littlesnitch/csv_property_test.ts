import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/csv/parse";
import { stringify } from "@std/csv/stringify";
import fc from "fast-check";
import { assertCovering } from "../../lib/test_coverage.ts";
import { readCsv } from "./csv_test_tools.ts";

const RUNS = { numRuns: 300 };

/** Characters that matter to CSV, and a few that do not. */
const hostile = fc.string({ unit: fc.constantFrom(...'",\n\r;a b\0\x1bé\u202e'), maxLength: 12 });

/** Bytes of the same kind, some of them no UTF-8. */
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) =>
  array.map((byte) => [0x22, 0x22, 0x2c, 0x0a, 0x0a, 0x0d, 0x61, byte][byte & 7] ?? byte)
);

function parsed(text: string): string[][] | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

Deno.test("CsvReader reads back what @std/csv writes", function () {
  const table = fc.array(fc.array(hostile, { minLength: 2, maxLength: 5 }), { maxLength: 8 });
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 50 }), (rows, size) => {
      const text = stringify(rows, { headers: false });
      assertEquals(readCsv(text, { size }), { rows, dropped: [] });
    }),
    RUNS,
  );
});

Deno.test("CsvReader agrees with @std/csv on what is and what is not a whole file", function () {
  const field = fc.constantFrom("", "a", "b c", "é", ";", '""', '"a"', '"a"",b"', '"x\ny"');
  const end = fc.constantFrom(",", "\n", "\r\n");
  const piece = fc.constantFrom('"', '""', ",", "\n", "\r\n", "a", "b c", '"a"', ',"x\ny"');
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(field, end).map((parts) => parts.join("")) },
    { weight: 1, arbitrary: piece },
  );
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
  let whole = 0;
  assertCovering(
    fc.property(text, (text) => {
      const { rows, dropped } = readCsv(text);
      const expected = parsed(text);
      assertEquals(dropped.length > 0, expected === undefined, JSON.stringify(text));
      if (expected === undefined) return;
      // Between quotation marks it makes LF of CR LF.
      assertEquals(rows.map((row) => row.map((field) => field.replaceAll("\r\n", "\n"))), expected);
      whole++;
    }),
    { numRuns: 2000 },
    () => assert(whole > 500),
  );
});

Deno.test("CsvReader reads the same however the bytes are cut", function () {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), fc.boolean(), (bytes, size, whole) => {
      const { rows, dropped } = readCsv(bytes, { size, whole });
      const all = readCsv(bytes, { whole });
      assertEquals(rows, all.rows);
      // Of a line that is not all there yet, less can be told.
      assertEquals(dropped.map(([fault]) => fault), all.dropped.map(([fault]) => fault));
    }),
    RUNS,
  );
});

Deno.test("CsvReader gives each line that is not empty to one row or drops it", function () {
  fc.assert(
    fc.property(bytes, (bytes) => {
      const { rows, dropped } = readCsv(bytes);
      const lines = bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 1);
      assert(rows.length + dropped.length <= lines);
      assert(
        bytes.every((byte) => byte === 0x0a || byte === 0x0d) || rows.length + dropped.length > 0,
      );
    }),
    RUNS,
  );
});
