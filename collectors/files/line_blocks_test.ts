import { assert, assertEquals } from "@std/assert";
import type { ByteSource } from "./byte_source.ts";
import { LineBlocks } from "./line_blocks.ts";
import { LineCutter } from "./line_cutter.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function piecesOf(pieces: readonly string[], problem?: string): ByteSource {
  const left = pieces.map((piece) => encoder.encode(piece));
  return {
    problem,
    read(into) {
      const piece = left.shift();
      if (piece === undefined) return 0;
      into.set(piece);
      return piece.length;
    },
  };
}

async function allOf(source: ByteSource, size: number) {
  const buffer = new Uint8Array(size);
  const blocks = new LineBlocks(source, buffer, { begin: 0 });
  const texts: string[] = [];
  for (let block; (block = await blocks.next()) !== undefined;) {
    texts.push(`${block.at} ${decoder.decode(buffer.subarray(block.start, block.end))}`);
  }
  return { texts, tooLong: blocks.tooLong };
}

Deno.test("LineBlocks gives whole lines as soon as they are there", async function () {
  const { texts } = await allOf(piecesOf(["a\nb", "c\nd\n", "e"]), 100);
  assertEquals(texts, ["0 a\n", "2 bc\nd\n", "7 e"]);
});

Deno.test("LineBlocks does not give the torn line of a source with a problem", async function () {
  const { texts } = await allOf(piecesOf(["a\nb"], "torn"), 100);
  assertEquals(texts, ["0 a\n"]);
});

Deno.test("LineBlocks passes over a line that is longer than its buffer, and counts it", async function () {
  const { texts, tooLong } = await allOf(piecesOf(["a\nbcd", "efg", "h\ni\n"]), 6);
  assertEquals({ texts, tooLong }, { texts: ["0 a\n", "10 i\n"], tooLong: 1 });
});

Deno.test("LineBlocks works in memory of WebAssembly", async function () {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const buffer = new Uint8Array(memory.buffer, 100, 10);
  const block = await new LineBlocks(piecesOf(["ab\nc"]), buffer, { begin: 7 }).next();
  assertEquals(block, { start: 0, end: 3, at: 7 });
  assertEquals(decoder.decode(new Uint8Array(memory.buffer, 100, 3)), "ab\n");
});

Deno.test("LineCutter is done when a line that is too long goes beyond its range", function () {
  const cutter = new LineCutter(new Uint8Array(4), { begin: 0, end: 6 });
  for (const isDone of [false, true]) {
    cutter.space().fill(0x61);
    cutter.take(4);
    assertEquals(cutter.isDone, isDone);
  }
  assertEquals(cutter.finish(), undefined);
  assertEquals(cutter.tooLong, 1);
});

Deno.test("LineCutter does not ask for much more than a range holds", function () {
  const cutter = new LineCutter(new Uint8Array(1 << 20), { begin: 0, end: 200_000 });
  assertEquals(cutter.space().length, 200_000);
  cutter.take(200_000);
  assert(cutter.space().length <= 65_536);
});
