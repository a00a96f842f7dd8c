import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "../../lib/test_coverage.ts";
import type { ByteSource } from "./byte_source.ts";
import { linesOf } from "./files_test_tools.ts";
import { LineBlocks } from "./line_blocks.ts";

/** Mostly line breaks and few other bytes. */
const text = fc.uint8Array({ maxLength: 120 }).map((bytes) =>
  bytes.map((byte) => [0x0a, 0x0a, 0x0d, 0x61, 0x62, 0x63, 0x00, byte][byte & 7] ?? byte)
);

/** Gives a text in pieces of these sizes, some of them later. */
function sourceOf(text: Uint8Array, from: number, sizes: readonly number[]): ByteSource {
  let at = from;
  let turn = 0;
  return {
    read(into) {
      const size = sizes[turn++ % sizes.length] ?? 1;
      const bytes = text.subarray(at, at + Math.min(size, into.length));
      into.set(bytes);
      at += bytes.length;
      return turn % 3 === 0 ? Promise.resolve(bytes.length) : bytes.length;
    },
  };
}

/** The lines of each range that the text is cut into, and how many were too long. */
async function ranged(
  text: Uint8Array,
  cuts: readonly number[],
  bufferSize: number,
  sizes: readonly number[],
) {
  const lines: { at: number; bytes: Uint8Array }[] = [];
  let tooLong = 0;
  const places = [0, ...cuts.toSorted((a, b) => a - b), Infinity];
  for (const [i, begin] of places.slice(0, -1).entries()) {
    const buffer = new Uint8Array(bufferSize);
    const first = Math.max(0, begin - 1);
    const blocks = new LineBlocks(sourceOf(text, first, sizes), buffer, {
      begin: first,
      end: places[i + 1] ?? Infinity,
      skipFirst: begin > 0,
    });
    for (let block; (block = await blocks.next()) !== undefined;) {
      const { start, end, at } = block;
      const bytes = buffer.slice(start, end);
      assert(end > start);
      assert(bytes.at(-1) === 0x0a || at + bytes.length === text.length);
      for (const line of linesOf(bytes)) lines.push({ at: at + line.at, bytes: line.bytes });
    }
    tooLong += blocks.tooLong;
  }
  return { lines, tooLong };
}

Deno.test("LineBlocks gives each line once, however a log is cut and read", async function () {
  let long = 0;
  await assertCovering(
    fc.asyncProperty(
      text,
      fc.array(fc.nat(130), { maxLength: 5 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      async (text, cuts, bufferSize, sizes) => {
        const all = linesOf(text);
        const expected = all.filter(({ bytes }) => bytes.length < bufferSize);
        const { lines, tooLong } = await ranged(text, cuts, bufferSize, sizes);
        assertEquals(lines, expected);
        assertEquals(tooLong, all.length - expected.length);
        long += tooLong;
      },
    ),
    { numRuns: 3000 },
    () => assert(long > 100),
  );
});
