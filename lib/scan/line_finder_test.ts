import { assertEquals, assertThrows } from "@std/assert";
import { isNeedle, LineFinder, type Needle } from "./line_finder.ts";

/** Lines that are found in a text, and how many calls it took. */
function search(needles: (string | Needle)[], text: string): { lines: string[]; calls: number } {
  const finder = new LineFinder(needles);
  const { written } = new TextEncoder().encodeInto(text, finder.buffer);
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let calls = 0;
  for (let at = 0; at < written; at = finder.next) {
    calls++;
    const pairs = finder.find(at, written);
    for (let i = 0; i < pairs.length; i += 2) {
      lines.push(decoder.decode(finder.buffer.subarray(pairs[i], pairs[i + 1])));
    }
  }
  return { lines, calls };
}

function found(needles: (string | Needle)[], text: string): string[] {
  return search(needles, text).lines;
}

Deno.test("LineFinder finds the lines that contain a needle, each once", () => {
  const text = "1 web db\n2 db web\n3 mail web\n\n4 db db\n5 mail mail\n";
  assertEquals(found(["db"], text), ["1 web db", "2 db web", "4 db db"]);
  assertEquals(found(["5 mail mail"], text), ["5 mail mail"]);
  assertEquals(found(["dns"], text), []);
});

Deno.test("LineFinder finds the lines that contain any of several needles, in their order", () => {
  const text = "1 web db\n2 dns web\n3 mail db\n4 dns db\n5 mail web\n";
  assertEquals(found(["mail", "dns"], text), ["2 dns web", "3 mail db", "4 dns db", "5 mail web"]);
  const eight = ["1", "2", "3", "4", "a ", "b ", "c ", "d "];
  assertEquals(found(eight, text), text.split("\n").slice(0, 4));
});

Deno.test("LineFinder finds every line where there are no needles", () => {
  assertEquals(found([], "a\n\nb\r\n\r\nc"), ["a", "", "b", "", "c"]);
  assertEquals(found([], "\n"), [""]);
  assertEquals(found([], ""), []);
});

Deno.test("LineFinder takes small and capital letters of ASCII alone for the same", () => {
  assertEquals(found(["wEb-É"], "web-É\nWEB-É\nweb-é\n"), ["web-É", "WEB-É"]);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  assertEquals(found([letters], letters.toUpperCase()), [letters.toUpperCase()]);
  // Bytes that differ from the needle's by 0x20 too, but are no letters.
  assertEquals(found(["@[1"], "`{1\n@[1\n@[\x11\n"), ["@[1"]);
});

Deno.test("LineFinder leaves line breaks out, and only those", () => {
  assertEquals(found(["a"], "a\r\nba\r\r\nca\rb\nda\r"), ["a", "ba\r", "ca\rb", "da\r"]);
});

Deno.test("LineFinder finds no needle that only stands across lines", () => {
  assertEquals(found(["ab"], "a\nb\na\r\nb\nab\n"), ["ab"]);
});

Deno.test("LineFinder goes on where it had no room for more lines", () => {
  for (const needles of [[], ["a"], ["none", "a"]]) {
    for (const [count, calls] of [[65536, 1], [65537, 2], [140000, 3]] as const) {
      const got = search(needles, "a\n".repeat(count));
      assertEquals({ lines: got.lines.length, calls: got.calls }, { lines: count, calls });
    }
  }
});

Deno.test("LineFinder finds a last line without a line feed where the others had filled its room", () => {
  for (const needles of [[], ["a"]]) {
    const { lines, calls } = search(needles, "a\n".repeat(65536) + "ab");
    assertEquals([lines.length, lines.at(-1), calls], [65537, "ab", 2]);
  }
});

Deno.test("LineFinder finds a needle at both ends of a full buffer", () => {
  const finder = new LineFinder(["needle"]);
  const size = finder.buffer.length;
  assertEquals(size, 4 * 1024 * 1024);
  finder.buffer.fill(0x78);
  const encoder = new TextEncoder();
  encoder.encodeInto("needle\n", finder.buffer);
  encoder.encodeInto("\nneedle", finder.buffer.subarray(size - 7));
  assertEquals([...finder.find(0, size)], [0, 6, size - 6, size]);
  assertEquals(finder.next, size);
  assertEquals([...finder.find(0, size - 1)], [0, 6]);
  assertEquals([...finder.find(1, size - 1)], []);
});

Deno.test("LineFinder refuses a part that does not lie in its buffer", () => {
  const finder = new LineFinder([]);
  assertThrows(() => finder.find(0, finder.buffer.length + 1), RangeError);
  assertThrows(() => finder.find(-1, 5), RangeError);
  assertThrows(() => finder.find(6, 5), RangeError);
});

Deno.test("isNeedle says what LineFinder takes", () => {
  const needles = ["a", "é".repeat(127), "x".repeat(255), "\t", "\0"];
  assertEquals(needles.filter(isNeedle), needles);
  for (const text of ["", "é".repeat(128), "x".repeat(256), "a\nb", "a\r", "\ud800", "\ufffd"]) {
    assertEquals(isNeedle(text), false, JSON.stringify(text));
    assertThrows(() => new LineFinder([text]), RangeError, "cannot search for");
  }
  assertThrows(() => new LineFinder(Array(9).fill("a")), RangeError, "at most 8");
});

Deno.test("LineFinder passes over a needle beside which something else stands than may", () => {
  const word = { text: "db", before: " .", after: " ." };
  const text = "1 db web\n2 mydb web\n3 dbx web\n4 web DB.\n5 my.db web\ndb\n7 web db2";
  assertEquals(found([word], text), ["1 db web", "4 web DB.", "5 my.db web", "db"]);
  assertEquals(found([{ ...word, isLast: true }], text), ["4 web DB.", "db"]);
  assertEquals(found([word, "dbx"], text).length, 5);
});

Deno.test("LineFinder goes on in a line after a needle that does not count", () => {
  const last = { text: "db", before: " ", after: " \t\r", isLast: true };
  assertEquals(found([last], "1 mydb dbx db \t\r\n2 db db web\n3 db db"), [
    "1 mydb dbx db \t",
    "3 db db",
  ]);
});

Deno.test("LineFinder takes both ends of its part for those of lines", () => {
  const word = { text: "db", before: "", after: "" };
  const finder = new LineFinder([word]);
  new TextEncoder().encodeInto("xdbx", finder.buffer);
  assertEquals([...finder.find(1, 3)], [1, 3]);
  assertEquals([...finder.find(0, 3)], []);
  assertEquals([...finder.find(1, 4)], []);
});
