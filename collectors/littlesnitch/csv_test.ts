import { assertEquals } from "@std/assert";
import { CsvReader, MAX_FIELD } from "./csv.ts";
import { readCsv } from "./csv_test_tools.ts";
import { MAX_ROW } from "./csv_row.ts";

Deno.test("CsvReader reads fields with and without quotation marks", function () {
  assertEquals(readCsv('a,b,"c d"\n"",,"e"\n').rows, [["a", "b", "c d"], ["", "", "e"]]);
});

Deno.test("CsvReader makes doubled quotation marks single, and only those", function () {
  const text = '"a ""b"" c","""","""""",d\n';
  assertEquals(readCsv(text).rows, [['a "b" c', '"', '""', "d"]]);
});

Deno.test("CsvReader keeps commas, line feeds and carriage returns between quotation marks", function () {
  assertEquals(readCsv('"a,b\nc\r\nd",e\nf,g\n').rows, [["a,b\nc\r\nd", "e"], ["f", "g"]]);
});

Deno.test("CsvReader ends rows at LF and at CR LF, and leaves out empty lines", function () {
  assertEquals(readCsv('a,b\r\n\r\n\n"c",\r\n,\r\nd\re,"f"\n').rows, [
    ["a", "b"],
    ["c", ""],
    ["", ""],
    ["d\re", "f"],
  ]);
});

Deno.test("CsvReader reads a last row without a line feed where the stream is whole", function () {
  for (
    const [text, row] of [["a,b", ["a", "b"]], ["a,", ["a", ""]], ['a,"b"', ["a", "b"]]] as const
  ) {
    assertEquals(readCsv(text), { rows: [[...row]], dropped: [] });
    assertEquals(readCsv(text, { whole: false }), { rows: [], dropped: [["malformed", text]] });
  }
  assertEquals(readCsv('a,"b"\r').rows, [["a", "b"]]);
  assertEquals(readCsv("a\nb\n", { whole: false }), { rows: [["a"], ["b"]], dropped: [] });
});

Deno.test("CsvReader keeps NUL and control characters, and replaces what is no UTF-8", function () {
  const bytes = new Uint8Array([
    0x61,
    0,
    0x1b,
    0x2c,
    0xff,
    0xc3,
    0x28,
    0x2c,
    0x22,
    0xe2,
    0x80,
    0xae,
    0x22,
  ]);
  assertEquals(readCsv(bytes).rows, [["a\0\x1b", "\ufffd\ufffd(", "\u202e"]]);
});

Deno.test("CsvReader drops a row with a misplaced quotation mark, and reads the next one", function () {
  assertEquals(readCsv('a"b,c\nd\n"e"f,g\nh\n"i" ,j\nk\n"l"\rm\nn\n'), {
    rows: [["d"], ["h"], ["k"], ["n"]],
    dropped: [
      ["malformed", 'a"b,c'],
      ["malformed", '"e"f,g'],
      ["malformed", '"i" ,j'],
      ["malformed", '"l"\rm'],
    ],
  });
});

Deno.test("CsvReader loses one row to a quotation mark that is not closed", function () {
  const rows = Array.from({ length: 50 }, (_, i) => [`${i}`, `/path ${i}`, ""]);
  const text = rows.map(([a, b]) => `${a},"${b}",\n`).join("");
  assertEquals(readCsv('x,"torn\n' + text), { rows, dropped: [["malformed", 'x,"torn']] });
  assertEquals(readCsv(text + 'x,"torn\n1,2\n'), {
    rows: [...rows, ["1", "2"]],
    dropped: [["malformed", 'x,"torn']],
  });
});

Deno.test("CsvReader goes on after a quotation mark that nothing ever closes", function () {
  const line = "a".repeat(99) + "\n";
  const count = 3 * Math.ceil(MAX_ROW / 100);
  const { rows, dropped } = readCsv('x,"torn\n' + line.repeat(count));
  assertEquals(dropped, [["oversize", 'x,"torn']]);
  assertEquals(rows.length, count);
});

Deno.test("CsvReader drops a row with a field that is too long, to its true end", function () {
  const long = "x".repeat(MAX_FIELD + 1);
  const longest = "x".repeat(MAX_FIELD);
  for (const field of [long, `"${long}"`, `"${longest}\ny"`]) {
    const { rows, dropped } = readCsv(`a,${field},b\nc\n`);
    assertEquals([rows, dropped.map(([fault]) => fault)], [[["c"]], ["oversize"]]);
  }
  assertEquals(readCsv(`${longest},"${longest}"\n`).rows, [[longest, longest]]);
});

Deno.test("CsvReader drops a row that is too long, wherever it is cut", function () {
  const row = (length: number) => "y,".repeat(length / 2 - 1) + "zz\n";
  for (const [length, isKept] of [[MAX_ROW, true], [MAX_ROW + 2, false]] as const) {
    for (const size of [1000, 65_536, 10_000_000]) {
      const { rows, dropped } = readCsv("a\n" + row(length) + "b\n", { size });
      assertEquals(dropped.map(([fault]) => fault), isKept ? [] : ["oversize"]);
      assertEquals(rows.length, isKept ? 3 : 2);
    }
  }
});

Deno.test("CsvReader counts a flood without a line feed once", function () {
  const flood = new Uint8Array(10_000_000).fill(0x78);
  for (const whole of [true, false]) {
    const { rows, dropped } = readCsv(flood, { whole });
    assertEquals([rows, dropped.map(([fault]) => fault)], [[], ["oversize"]]);
  }
});

Deno.test("CsvRow tells whether a field is a text", function () {
  const found: boolean[] = [];
  const reader = new CsvReader({
    row: (row) => found.push(row.is(0, "out"), row.is(1, "out"), row.is(2, "out"), row.is(3, "")),
    dropped: () => {},
  });
  reader.push(new TextEncoder().encode('out,"out",outs\nin,,ou\n'));
  assertEquals(found, [true, true, false, false, false, false, false, false]);
});
