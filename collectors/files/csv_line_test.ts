import { assertEquals } from "@std/assert";
import { stringify } from "@std/csv/stringify";
import fc from "fast-check";
import { splitCsvLine } from "./csv_line.ts";

Deno.test("splitCsvLine gives back the cells that another writer has put into a line", () => {
  const cell = fc.string({ unit: fc.constantFrom(..."\"', a=;\t🦕"), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (cells) => {
      const line = stringify([cells], { headers: false }).replace(/\r\n$/, "");
      assertEquals(splitCsvLine(line), cells);
      const quoted = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(",");
      assertEquals(splitCsvLine(quoted), cells);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("splitCsvLine takes empty cells, and quotation marks inside a cell as text", () => {
  assertEquals(splitCsvLine(""), [""]);
  assertEquals(splitCsvLine(',"",'), ["", "", ""]);
  assertEquals(splitCsvLine('a"b,"c"""'), ['a"b', 'c"']);
});

Deno.test("splitCsvLine gives nothing for a line that breaks off, or goes on behind a closing mark", () => {
  for (const line of ['"', '"a', 'a,"b""', '"a"b,c', '"a" ,c']) {
    assertEquals(splitCsvLine(line), undefined, line);
  }
});
