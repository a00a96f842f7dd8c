import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { constants, zstdCompressSync } from "node:zlib";
import { beginsZstdFrame, ZstdFrames } from "./zstd_frames.ts";

/** Where frames end in what comes in pieces of a size. */
function endsOf(bytes: Uint8Array, size: number): number[] {
  const frames = new ZstdFrames();
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const walked = frames.walk(bytes.subarray(at, at + size));
    if (walked === 0) break;
    at += walked;
    if (frames.isBetween) ends.push(at);
  }
  return ends;
}

function joined(parts: readonly Uint8Array[]): { bytes: Uint8Array; ends: number[] } {
  const ends: number[] = [];
  const bytes: number[] = [];
  for (const part of parts) {
    for (const byte of part) bytes.push(byte);
    ends.push(bytes.length);
  }
  return { bytes: new Uint8Array(bytes), ends };
}

/** Frames as zstd makes them: empty, of one byte repeated, incompressible, with and without a checksum. */
const frame = fc.tuple(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.constantFrom(500, 70_000, 300_000))
      .map(([byte, length]) => new Uint8Array(length).fill(byte)),
  ),
  fc.boolean(),
  fc.boolean(),
).map(([plain, checksum, contentSize]) =>
  new Uint8Array(zstdCompressSync(plain, {
    params: {
      [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0,
      [constants.ZSTD_c_contentSizeFlag]: contentSize ? 1 : 0,
    },
  }))
);

/** A frame that stands for nothing (RFC 8878, 3.1.2). */
const skippable = fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 40 })).map(([variant, content]) =>
  new Uint8Array([0x50 + variant, 0x2a, 0x4d, 0x18, content.length, 0, 0, 0, ...content])
);

Deno.test("ZstdFrames finds where each frame ends, however it comes", function () {
  const stream = fc.array(fc.oneof(frame, skippable), { maxLength: 5 });
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 200 }), (parts, size) => {
      const { bytes, ends } = joined(parts);
      assertEquals(endsOf(bytes, size), ends);
      if (parts.length > 0) assert(beginsZstdFrame(bytes));
    }),
    { numRuns: 300 },
  );
});

Deno.test("ZstdFrames stops at what begins no frame", function () {
  const { bytes } = joined([zstdCompressSync(new Uint8Array(10)), new Uint8Array([1, 2, 3, 4, 5])]);
  assertEquals(endsOf(bytes, 100), [bytes.length - 5]);
});

Deno.test("ZstdFrames walks over any bytes to an end", function () {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const frames = new ZstdFrames();
      const begun = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, ...bytes]);
      for (let at = 0; at < begun.length;) {
        const walked = frames.walk(begun.subarray(at, at + 7));
        if (walked === 0) break;
        at += walked;
        assert(at <= begun.length);
      }
    }),
    { numRuns: 1000 },
  );
});
