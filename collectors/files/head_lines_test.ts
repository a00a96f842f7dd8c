import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { detectFormat } from "./formats.ts";
import { headLines } from "./head_lines.ts";

function head(text: string): string[] {
  return headLines(new TextEncoder().encode(text));
}

Deno.test("headLines gives whole lines without breaks, blank ones and the byte order mark", function () {
  assertEquals(head("\ufeffa b\r\n\n  \r\nc\ntorn"), ["a b", "c"]);
});

Deno.test("headLines counts a line without its break only where there is no other", function () {
  assertEquals(head("\n one"), [" one"]);
  assertEquals(head("one\ntwo"), ["one"]);
  assertEquals(head("x".repeat(64 * 1024)), []);
  assertEquals(head(""), []);
});

Deno.test("headLines reads no further than 50 lines and 64 KiB", function () {
  assertEquals(head("a\n".repeat(60)).length, 50);
  assertEquals(head(`a\n${"b".repeat(70_000)}\nc\n`), ["a"]);
});

Deno.test("headLines leaves out lines that are no text", function () {
  assertEquals(head("\0\0\0a\nb\nc\0\nd\n"), ["b", "d"]);
  assertEquals(head("b\0\nc"), []);
  assertEquals(head("b\0"), []);
});

Deno.test("headLines gives lines of any bytes that are none of them blank", function () {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const line of headLines(bytes)) {
        assertEquals(line.trim() === "" || line.includes("\n"), false);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("detectFormat gives the format that recognises the lines", async () => {
  assertEquals((await detectFormat(["1565647204351 a b"]))?.name, "connspy");
  assertEquals(
    (await detectFormat(["1373127181: ipv4/tcp 192.0.2.1/1 > 192.0.2.2/2 :: ? -:- - :: -"]))?.name,
    "conntrack-logger",
  );
  assertEquals(await detectFormat(["Lorem ipsum dolor"]), undefined);
});

Deno.test("detectFormat knows no format of a log without lines", async () => {
  assertEquals(await detectFormat([]), undefined);
});
