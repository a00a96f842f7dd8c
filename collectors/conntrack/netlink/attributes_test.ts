import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Attributes } from "./attributes.ts";
import { attribute, concat, nested, number } from "./encode_test_tools.ts";

/** Reads one attribute with this value. */
function read<T>(
  value: Uint8Array,
  take: (attributes: Attributes) => T,
): { value: T | undefined; bad: boolean } {
  const attributes = over(attribute(7, value));
  const found: T[] = [];
  attributes.walk(0, 4 + value.length, (attributes) => found.push(take(attributes)), undefined);
  assertEquals(found.length, 1);
  return { value: found[0], bad: attributes.bad };
}

function over(bytes: Uint8Array): Attributes {
  return new Attributes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** The types of the attributes, in their order. */
function typesOf(bytes: Uint8Array): { types: number[]; bad: boolean } {
  const attributes = over(bytes);
  const types: number[] = [];
  attributes.walk(0, bytes.length, ({ type }, into) => into.push(type), types);
  return { types, bad: attributes.bad };
}

Deno.test("Attributes reads numbers in the byte order of the network", function () {
  const bytes = Uint8Array.of(0x81, 2, 3, 4, 5, 6, 7, 8);
  assertEquals(read(bytes, (a) => a.u8()), { value: 0x81, bad: false });
  assertEquals(read(bytes, (a) => a.u16()), { value: 0x8102, bad: false });
  assertEquals(read(bytes, (a) => a.u32()), { value: 0x81020304, bad: false });
  assertEquals(read(number(8, 2n ** 53n - 1n), (a) => a.u64()).value, Number.MAX_SAFE_INTEGER);
});

Deno.test("Attributes finds a value bad that is shorter than its number", function () {
  assertEquals(read(new Uint8Array(0), (a) => a.u8()).bad, true);
  assertEquals(read(new Uint8Array(1), (a) => a.u16()).bad, true);
  assertEquals(read(new Uint8Array(3), (a) => a.u32()).bad, true);
  assertEquals(read(new Uint8Array(7), (a) => a.u64()).bad, true);
  assertEquals(read(new Uint8Array(7), (a) => a.microseconds()), { value: undefined, bad: true });
});

Deno.test("Attributes gives microseconds that are exact, or none", function () {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nanoseconds) => {
      const exact = nanoseconds / 1000n;
      const expected = exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : undefined;
      assertEquals(read(number(8, nanoseconds), (a) => a.microseconds()).value, expected);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Attributes gives text without its final zeros, and none with control characters", function () {
  const text = (text: string) => read(new TextEncoder().encode(text), (a) => a.text()).value;
  assertEquals(text("ftp\0"), "ftp");
  assertEquals(text("ftp"), "ftp");
  assertEquals(text("Q.931\0\0\0"), "Q.931");
  assertEquals(text("\0"), undefined);
  assertEquals(text(""), undefined);
  assertEquals(text("a\0b"), undefined);
  assertEquals(text("\x1b[2J"), undefined);
});

Deno.test("Attributes visits what is inside without losing its place", function () {
  const bytes = concat(
    nested(1, attribute(11, number(1, 5)), nested(12, attribute(121, number(2, 6)))),
    attribute(2, number(4, 7)),
  );
  const seen: number[] = [];
  const attributes = over(bytes);
  attributes.walk(0, bytes.length, function visit(attributes, into: number[]) {
    into.push(attributes.type);
    if (attributes.type === 1 || attributes.type === 12) attributes.nested(visit, into);
  }, seen);
  assertEquals([seen, attributes.bad], [[1, 11, 12, 121, 2], false]);
});

Deno.test("Attributes ends at a length that cannot be", function () {
  const good = attribute(1, number(4, 7));
  assertEquals(typesOf(concat(good, good)), { types: [1, 1], bad: false });
  // The padding of the last one may be missing.
  assertEquals(typesOf(attribute(3, number(1, 5)).subarray(0, 5)), { types: [3], bad: false });
  for (const tail of [[0, 0, 9, 0], [3, 0, 9, 0], [5, 0, 9, 0], [255, 255, 9, 0], [4, 0, 9], [0]]) {
    assertEquals(typesOf(concat(good, Uint8Array.from(tail))), { types: [1], bad: true });
  }
});
