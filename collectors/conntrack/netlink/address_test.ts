import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp } from "../../../lib/ip.ts";
import { ipv4Text, ipv6Text } from "./address.ts";

const word = fc.oneof(fc.constantFrom(0, 1, 0xffff), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

function bytesOf(...words: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, i) => view.setUint32(i * 4, word));
  return new Uint8Array(view.buffer);
}

Deno.test("ipv4Text gives the text of each address, remembered or not", function () {
  assertEquals([ipv4Text(0), ipv4Text(0xffffffff)], ["0.0.0.0", "255.255.255.255"]);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 2000 }), (addresses) => {
      for (const n of [...addresses, ...addresses]) assertEquals(ipv4Text(n), formatIp(bytesOf(n)));
    }),
    { numRuns: 20 },
  );
});

Deno.test("ipv6Text gives the text of each address, remembered or not", function () {
  assertEquals(ipv6Text(0, 0, 0, 0), "::");
  assertEquals(ipv6Text(0, 0, 0xffff, 0x0a630001), "10.99.0.1");
  const address = fc.tuple(word, word, word, word)
    .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff);
  fc.assert(
    fc.property(fc.array(address, { maxLength: 2000 }), (addresses) => {
      for (const words of [...addresses, ...addresses]) {
        assertEquals(ipv6Text(...words), formatIp(bytesOf(...words)));
      }
    }),
    { numRuns: 20 },
  );
});
