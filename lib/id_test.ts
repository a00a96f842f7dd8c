import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { entityId, hostId, idPrefix } from "./id.ts";

/** The same with the Web Crypto API. */
async function expected(parts: readonly string[], length: number): Promise<string> {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const part of parts) {
    const text = encoder.encode(part);
    bytes.push(...encoder.encode(String(text.length)), 58, ...text);
  }
  const hash = await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(hash, 0, length)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

Deno.test("hostId is an HMAC of the machine id, whatever white space is around it", async () => {
  const machineId = "2f0c9c4bd8d84e8c9e1c5d4c3b2a1908";
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(machineId), algorithm, false, [
    "sign",
  ]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode("connscribe host id 1"));
  const hex = [...new Uint8Array(mac, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
  assertEquals(hostId(machineId + "\n"), hex.join(""));
  assertEquals(hostId(machineId.toUpperCase()), hostId(machineId));
  assertNotEquals(hostId(machineId.replace("2", "3")), hostId(machineId));
  assertMatch(hostId(""), /^[0-9a-f]{32}$/);
});

Deno.test("entityId is the same for the same process and another one for any other", () => {
  const id = entityId("host", "boot", 100, 4711);
  assertMatch(id, /^[\w-]{22}$/);
  assertEquals(entityId("host", "boot", 100, 4711), id);
  const others = [
    entityId("hostb", "oot", 100, 4711),
    entityId("host", "boot2", 100, 4711),
    entityId("host", "boot", 1004, 711),
    entityId("host", "boot", 101, 4711),
    entityId("host", "boot", 100, 4712),
  ];
  assertEquals(new Set([id, ...others]).size, 6);
});

Deno.test("entityId and idPrefix are SHA-256 of length-prefixed parts", async () => {
  const part = fc.string({ unit: fc.constantFrom("a", ":", "1", "é", "😀"), maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      assertEquals(idPrefix(...parts), await expected(parts, 9));
    }),
    { numRuns: 50 },
  );
  assertEquals(entityId("h", "b", 1, 2), await expected(["process", "h", "b", "1", "2"], 16));
});

Deno.test("idPrefix does not confuse where one part ends and the next one begins", () => {
  assertMatch(idPrefix("a"), /^[\w-]{12}$/);
  const lists = [["a", "bc"], ["ab", "c"], ["abc"], ["", "abc"], ["abc", ""], ["a", "2:bc"], [], [
    "",
  ]];
  assertEquals(new Set(lists.map((list) => idPrefix(...list))).size, lists.length);
});
