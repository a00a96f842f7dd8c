import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { assertCovering } from "../test_coverage.ts";
import { LineFinder, type Needle } from "./line_finder.ts";

const LINE_FEED = 0x0a;
const NONE: Needle = { text: "" };

/** Pairs as {@linkcode LineFinder.find} gives them, found byte by byte. */
function naive(
  buffer: Uint8Array,
  texts: readonly (string | Needle)[],
  start: number,
  end: number,
): number[] {
  const needles = texts.map((text) => typeof text === "string" ? { text } : text);
  const patterns = needles.map(({ text }) => new TextEncoder().encode(text).map(small));
  const pairs: number[] = [];
  for (let at = start; at < end;) {
    let stop = at;
    while (stop < end && buffer[stop] !== LINE_FEED) stop++;
    const hasCarriageReturn = stop < end && stop > at && buffer[stop - 1] === 0x0d;
    const lineEnd = hasCarriageReturn ? stop - 1 : stop;
    const line = buffer.slice(at, lineEnd);
    const isFound = patterns.some((pattern, i) => contains(line, pattern, needles[i] ?? NONE));
    if (patterns.length === 0 || isFound) {
      pairs.push(at, lineEnd);
    }
    at = stop + 1;
  }
  return pairs;
}

function small(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function contains(line: Uint8Array, pattern: Uint8Array, needle: Needle): boolean {
  for (let at = 0; at + pattern.length <= line.length; at++) {
    if (!pattern.every((byte, i) => small(line[at + i] ?? 0) === byte)) continue;
    const rest = line.subarray(at + pattern.length);
    const after = needle.isLast === true ? rest : rest.subarray(0, 1);
    if (areAmong(line.subarray(at - Math.min(at, 1), at), needle.before)) {
      if (areAmong(after, needle.after)) return true;
    }
  }
  return false;
}

/** Whether the bytes are all among the characters, which are of ASCII and may be capital. */
function areAmong(bytes: Uint8Array, characters: string | undefined): boolean {
  return characters === undefined ||
    bytes.every((byte) => byte < 0x80 && characters.includes(String.fromCharCode(byte)));
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

Deno.test("LineFinder finds needles that are bounded as a search byte by byte finds them", () => {
  const characters = fc.string({ unit: fc.constantFrom(" ", "\t", "\r", ".", "a", "A") });
  const needle: fc.Arbitrary<Needle> = fc.record({
    text: fc.string({ unit: fc.constantFrom("a", "A", "b", "."), minLength: 1, maxLength: 3 }),
    before: characters,
    after: characters,
    isLast: fc.boolean(),
  }, { requiredKeys: ["text"] });
  const unit = fc.constantFrom("a", "A", "b", "b.a", " ", " ", "\t", ".", "\r", "\n", "\r\n", "é");
  const text = fc.string({ unit, minLength: 20, maxLength: 200 });
  const needles = fc.array(needle, { minLength: 1, maxLength: 4 });
  let found = 0;
  const property = fc.property(needles, text, fc.nat({ max: 20 }), (needles, text, start) => {
    const finder = new LineFinder(needles);
    const bytes = new TextEncoder().encode(text);
    // What stands around the part must not matter.
    finder.buffer.set(bytes);
    finder.buffer.set(bytes, start);
    finder.buffer.set(bytes, start + bytes.length);
    const end = start + bytes.length;
    const pairs = findAll(finder, start, end);
    assertEquals(pairs, naive(finder.buffer, needles, start, end));
    if (pairs.length > 0) found++;
  });
  assertCovering(property, { numRuns: 2000 }, () => assert(found > 400, `${found} with lines`));
});
