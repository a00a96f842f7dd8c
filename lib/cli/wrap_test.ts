import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { indent, twoColumns, wrap } from "./wrap.ts";

Deno.test("wrap breaks at blanks and keeps long words whole", () => {
  assertEquals(wrap("a bb  ccc\ndddd", 4), ["a bb", "ccc", "dddd"]);
  assertEquals(wrap("a muchtoolong b", 5), ["a", "muchtoolong", "b"]);
  assertEquals(wrap("  ", 5), []);
});

Deno.test("wrap keeps every word and exceeds the width only by a single word", () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^\S{1,12}$/)),
      fc.integer({ min: 1, max: 30 }),
      (words, width) => {
        const lines = wrap(words.join(" "), width);
        assertEquals(lines.join(" "), words.join(" "));
        for (const line of lines) assert(line.length <= width || !line.includes(" "));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("indent sets every line off", () => {
  assertEquals(indent("word ".repeat(30), 4).every((line) => /^ {4}word/.test(line)), true);
});

Deno.test("twoColumns lines the meanings up, and gives wide terms a line of their own", () => {
  assertEquals(twoColumns([["a", "one"], ["bbb", "two"], ["c".repeat(30), "three"], ["d", ""]]), [
    "  a    one",
    "  bbb  two",
    "  " + "c".repeat(30),
    "       three",
    "  d",
  ]);
});
