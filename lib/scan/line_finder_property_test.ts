import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { LineFinder } from "./line_finder.ts";

const LINE_FEED = 0x0a;

/** Pairs as {@linkcode LineFinder.find} gives them, found byte by byte. */
function naive(
  buffer: Uint8Array,
  needles: readonly string[],
  start: number,
  end: number,
): number[] {
  const patterns = needles.map((needle) => new TextEncoder().encode(needle).map(small));
  const pairs: number[] = [];
  for (let at = start; at < end;) {
    let stop = at;
    while (stop < end && buffer[stop] !== LINE_FEED) stop++;
    const hasCarriageReturn = stop < end && stop > at && buffer[stop - 1] === 0x0d;
    const lineEnd = hasCarriageReturn ? stop - 1 : stop;
    const line = buffer.slice(at, lineEnd).map(small);
    if (patterns.length === 0 || patterns.some((pattern) => contains(line, pattern))) {
      pairs.push(at, lineEnd);
    }
    at = stop + 1;
  }
  return pairs;
}

function small(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function contains(line: Uint8Array, pattern: Uint8Array): boolean {
  for (let at = 0; at + pattern.length <= line.length; at++) {
    if (pattern.every((byte, i) => line[at + i] === byte)) return true;
  }
  return false;
}

/** Pairs of all calls. */
function findAll(finder: LineFinder, start: number, end: number): number[] {
  const pairs: number[] = [];
  for (let at = start; at < end; at = finder.next) pairs.push(...finder.find(at, end));
  return pairs;
}

// Few characters, so that much is found; some differ by 0x20 and are no letters.
const CHARACTERS = ["a", "A", "b", "1", ".", "\x11", "\x0e", "@", "`", "é", "É"];
const piece = fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 5 });
const long = fc.string({ unit: fc.constantFrom("a", "B", "1"), minLength: 100, maxLength: 255 });
const needle = fc.oneof({ weight: 8, arbitrary: piece }, { weight: 1, arbitrary: long });
const lineBreak = fc.constantFrom("\n", "\n", "\r\n", "\r", "\n\n");
const filler = fc.nat({ max: 150 }).map((length) => "x".repeat(length));

/** Needles and a text that holds some of them, whole, in part, or broken by line breaks. */
const search = fc.array(needle, { maxLength: 8 }).chain((needles) => {
  const planted = needles.length === 0
    ? piece
    : fc.constantFrom(...needles).chain((text) =>
      fc.oneof(
        fc.constantFrom(text, text.toLowerCase(), text.toUpperCase()),
        fc.nat({ max: text.length }).map((length) => text.slice(0, length)),
        fc.nat({ max: text.length }).map((length) => text.slice(length)),
      )
    );
  const text = fc.array(fc.oneof(planted, lineBreak, filler, piece), { maxLength: 60 });
  return fc.tuple(fc.constant(needles), text.map((parts) => parts.join("")));
});

Deno.test("LineFinder finds what a search byte by byte finds", () => {
  const edge = fc.nat({ max: 80 });
  const property = fc.property(search, edge, fc.boolean(), ([needles, text], gap, atEnd) => {
    const finder = new LineFinder(needles);
    const { buffer } = finder;
    const bytes = new TextEncoder().encode(text);
    const start = atEnd ? buffer.length - bytes.length : gap;
    // What stands around the part must not matter: here more of the same.
    buffer.set(bytes, 0);
    buffer.set(bytes, start);
    if (!atEnd) buffer.set(bytes, start + bytes.length);
    const end = start + bytes.length;
    assertEquals(findAll(finder, start, end), naive(buffer, needles, start, end));
  });
  fc.assert(property, { numRuns: 600 });
});

Deno.test("LineFinder finds what a search byte by byte finds, whatever the bytes and the part", () => {
  const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x61, 0x41), fc.nat({ max: 255 }));
  const bytes = fc.array(byte, { maxLength: 400 });
  const edges = fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 400 }));
  const needles = fc.array(fc.constantFrom("a", "aa", "aA", "é", "\0", "a\x0b"), { maxLength: 3 });
  const property = fc.property(bytes, edges, needles, (bytes, edges, needles) => {
    const finder = new LineFinder(needles);
    finder.buffer.set(bytes);
    const [start, end] = [Math.min(...edges), Math.max(...edges)];
    assertEquals(findAll(finder, start, end), naive(finder.buffer, needles, start, end));
  });
  fc.assert(property, { numRuns: 600 });
});

Deno.test("LineFinder finds the same, whatever was searched before in its buffer", () => {
  const texts = fc.array(search, { minLength: 2, maxLength: 4 });
  const property = fc.property(texts, (searches) => {
    const [needles = []] = searches[0] ?? [];
    const finder = new LineFinder(needles);
    for (const [, text] of searches) {
      const { written } = new TextEncoder().encodeInto(text, finder.buffer);
      assertEquals(findAll(finder, 0, written), naive(finder.buffer, needles, 0, written));
    }
  });
  fc.assert(property, { numRuns: 100 });
});
