import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ByteCache } from "./byte_cache.ts";

const encoder = new TextEncoder();

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}

Deno.test("ByteCache makes what repeats once", function () {
  const cache = new ByteCache<{ readonly text: string }>();
  const make = (...place: Parameters<typeof textOf>) => ({ text: textOf(...place) });
  const first = cache.get(encoder.encode("..one.."), 2, 5, make);
  assertEquals(first, { text: "one" });
  assertStrictEquals(cache.get(encoder.encode("one"), 0, 3, make), first);
  assertEquals(cache.get(encoder.encode("ones"), 0, 4, make), { text: "ones" });
  assertEquals(cache.get(encoder.encode(""), 0, 0, make), { text: "" });
});

Deno.test("ByteCache never takes one key for another, however many there are", function () {
  const cache = new ByteCache<string>();
  let made = 0;
  const make = (...place: Parameters<typeof textOf>) => {
    made++;
    return textOf(...place);
  };
  for (let round = 0; round < 2; round++) {
    for (let i = 100_000; i < 150_000; i++) {
      const key = encoder.encode(String(i));
      assertEquals(cache.get(key, 0, key.length, make), String(i));
    }
  }
  // There is not room for all of them.
  assert(made > 50_000);
});

Deno.test("ByteCache keeps no long keys", function () {
  const cache = new ByteCache<number>();
  const key = new Uint8Array(10_000);
  let made = 0;
  for (let i = 0; i < 3; i++) cache.get(key, 0, key.length, () => made++);
  assertEquals(made, 3);
});
