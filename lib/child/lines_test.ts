import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineSplitter, MAX_LINE } from "./lines.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function split(
  chunks: readonly Uint8Array[],
): { lines: string[]; oversize: number; torn: boolean } {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk, (bytes, start, end) => {
      lines.push(decoder.decode(bytes.subarray(start, end)));
    });
  }
  const torn = splitter.end();
  return { lines, oversize: splitter.oversize, torn };
}

Deno.test("LineSplitter puts together a line of several chunks", function () {
  const chunks = ["a", "b\nc", "", "d\n\n", "e\nf"].map((text) => encoder.encode(text));
  assertEquals(split(chunks), { lines: ["ab", "cd", "", "e"], oversize: 0, torn: true });
});

Deno.test("LineSplitter drops and counts a line of more than 64 KiB, wherever it is cut", function () {
  const longest = "x".repeat(MAX_LINE);
  const text = encoder.encode(`a\n${longest}\nb\n${longest}y\nc\n${longest}${longest}z\nd\n`);
  const expected = { lines: ["a", longest, "b", "c", "d"], oversize: 2, torn: false };
  for (const size of [text.length, 4096, 65_535, 100_000]) {
    const chunks = [];
    for (let at = 0; at < text.length; at += size) chunks.push(text.subarray(at, at + size));
    assertEquals(split(chunks), expected, `chunks of ${size}`);
  }
});

Deno.test("LineSplitter counts a line that never ends once", function () {
  const chunk = encoder.encode("x".repeat(50_000));
  assertEquals(split(new Array(200).fill(chunk)), { lines: [], oversize: 1, torn: false });
});

Deno.test("LineSplitter begins anew behind the end of a stream", function () {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const push = (text: string) =>
    splitter.push(encoder.encode(text), (bytes, start, end) => {
      lines.push(decoder.decode(bytes.subarray(start, end)));
    });
  push("torn");
  assertEquals(splitter.end(), true);
  push("whole\n");
  assertEquals(splitter.end(), false);
  push("x".repeat(MAX_LINE + 1));
  assertEquals(splitter.end(), false);
  push("whole too\n");
  assertEquals(lines, ["whole", "whole too"]);
});

Deno.test("LineSplitter gives the lines of any bytes, in whatever chunks they come", function () {
  const byte = fc.oneof(fc.constant(0x0a), fc.integer({ min: 0x20, max: 0x7e }));
  fc.assert(
    fc.property(
      fc.array(byte, { maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (bytes, sizes) => {
        const text = Uint8Array.from(bytes);
        const chunks = [];
        let at = 0;
        for (let i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(text.subarray(at, at + size));
          at += size;
        }
        const lines = decoder.decode(text).split("\n");
        const rest = lines.pop();
        assertEquals(split(chunks), { lines, oversize: 0, torn: rest !== "" });
      },
    ),
    { numRuns: 300 },
  );
});
