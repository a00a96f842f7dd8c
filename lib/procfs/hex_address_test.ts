import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp } from "../ip.ts";
import { decodeHexIp, encodeHexIp, hostIsLittleEndian } from "./hex_address.ts";

Deno.test("decodeHexIp reads what a little-endian kernel printed", () => {
  const cases: [string, string, 4 | 6][] = [
    ["0100007F", "127.0.0.1", 4],
    ["0100630A", "10.99.0.1", 4],
    ["00000000", "0.0.0.0", 4],
    ["FFFFFFFF", "255.255.255.255", 4],
    ["000099FD000000000000000001000000", "fd99::1", 6],
    ["00000000000000000000000001000000", "::1", 6],
    ["00000000000000000000000000000000", "::", 6],
    ["0000000000000000FFFF00000100007F", "127.0.0.1", 4],
    ["B80D0120000000000000000067452301", "2001:db8::123:4567", 6],
  ];
  for (const [hex, ip, ipVersion] of cases) assertEquals(decodeHexIp(hex), { ip, ipVersion });
});

Deno.test("decodeHexIp refuses everything else", () => {
  for (
    const hex of [
      "",
      "0100007",
      "0100007f",
      "0100007G",
      "0100007F ",
      "0".repeat(31),
      "0".repeat(33),
    ]
  ) {
    assertThrows(() => decodeHexIp(hex), RangeError, "is not an address");
  }
});

Deno.test("encodeHexIp is undone by decodeHexIp", () => {
  const bytes = fc.constantFrom(4, 16).chain((length) =>
    fc.uint8Array({ minLength: length, maxLength: length })
  );
  fc.assert(
    fc.property(bytes, (ip) => {
      const hex = encodeHexIp(ip);
      assertEquals(hex.length, ip.length * 2);
      assertEquals(parseIp(decodeHexIp(hex).ip), parseIp(formatIp(ip)));
    }),
    { numRuns: 300 },
  );
});

Deno.test("hostIsLittleEndian is true wherever Deno runs", () => {
  assert(hostIsLittleEndian());
});
