import { sha1 } from "@noble/hashes/legacy";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LONGEST_MESSAGE, Sha1Block } from "./sha1_block.ts";

const ABC = "a9993e364706816aba3e25717850c26c9cd0d89d";

function digestOf(hash: Sha1Block, message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(20);
  hash.digestOf(message, digest);
  return digest;
}

Deno.test("Sha1Block hashes the example of the standard", () => {
  assertEquals(digestOf(new Sha1Block(), new TextEncoder().encode("abc")).toHex(), ABC);
});

Deno.test("Sha1Block hashes messages of all lengths as SHA-1 does, whatever it has hashed before", () => {
  const hash = new Sha1Block();
  const message = fc.uint8Array({ maxLength: LONGEST_MESSAGE });
  fc.assert(
    fc.property(message, (message) => {
      assertEquals(digestOf(hash, message), sha1(message));
    }),
    { numRuns: 500 },
  );
  for (let length = 0; length <= LONGEST_MESSAGE; length++) {
    const message = new Uint8Array(length).fill(0xff);
    assertEquals(digestOf(hash, message), sha1(message), `${length} bytes`);
  }
});
