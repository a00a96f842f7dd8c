import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyTable } from "./key_table.ts";

/** Few units, so that the same text comes again; among them half of a character. */
const text = fc.array(fc.constantFrom("a", "b", "\0", "\uffff", "\ud800"), { maxLength: 4 })
  .map((units) => units.join(""));

function write(table: KeyTable, text: string): void {
  const units = table.begin();
  units.number(text.length);
  units.text(text);
}

Deno.test("KeyTable numbers keys as a map does, and gives back what they were made of", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.boolean()), {
        maxLength: 300,
      }),
      (steps) => {
        const table = new KeyTable();
        const known = new Map<string, number>();
        for (const [text, isEntered] of steps) {
          write(table, text);
          const expected = known.get(text) ?? (isEntered ? known.size : -1);
          assertEquals(isEntered ? table.enter() : table.find(), expected);
          if (isEntered) known.set(text, expected);
        }
        assertEquals(table.size, known.size);
        for (const [text, number] of known) {
          const start = table.start(number);
          assertEquals(table.units.numberAt(start), text.length);
          assertEquals(table.units.textAt(start + 2, text.length), text);
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("KeyTable takes a text of any length", () => {
  const table = new KeyTable();
  const long = "\ud800x".repeat(100_000);
  for (const text of ["a", long, "b"]) {
    write(table, text);
    table.enter();
  }
  write(table, long);
  assertEquals(table.find(), 1);
  assertEquals(table.units.textAt(table.start(1) + 2, long.length), long);
});
