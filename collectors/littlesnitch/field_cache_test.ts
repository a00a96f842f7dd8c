import { assertEquals, assertNotEquals } from "@std/assert";
import { type Columns, columnsOf } from "./columns.ts";
import { CsvReader } from "./csv.ts";
import { FieldCache } from "./field_cache.ts";

/** The numbers of the values that each row has, by direction and address: a new value has a new number. */
function numbers(rows: readonly string[]): number[] {
  let columns: Columns | undefined;
  let cache: FieldCache<number> | undefined;
  let made = 0;
  const found: number[] = [];
  const reader = new CsvReader({
    row(row) {
      columns ??= columnsOf(row);
      if (columns === undefined) return;
      if (cache === undefined) cache = new FieldCache(columns, ["direction", "ipAddress", "uid"]);
      else found.push(cache.get(row, () => made++));
    },
    dropped: () => {},
  });
  reader.push(new TextEncoder().encode(["date,direction,ipAddress", ...rows, ""].join("\n")));
  return found;
}

Deno.test("FieldCache makes a value once for the same fields, whatever else is in the row", function () {
  assertEquals(numbers(["1,out,a", "2,out,b", "3,out,a", '4,"out","b",more', "5,in,a"]), [
    0,
    1,
    0,
    1,
    2,
  ]);
});

Deno.test("FieldCache tells fields apart that are the same bytes side by side", function () {
  const [first, second] = numbers(["1,ab,c", "1,a,bc"]);
  assertNotEquals(first, second);
});
