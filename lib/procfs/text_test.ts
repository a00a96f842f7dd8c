import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bracketed, textOf, unsigned } from "./text.ts";

Deno.test("textOf keeps every character and marks what is not UTF-8", () => {
  assertEquals(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 97, 0, 0xff)), "\ufeffa\0\ufffd");
});

Deno.test("unsigned takes nothing but digits", () => {
  assertEquals(["0", "007", "9007199254740991"].map(unsigned), [0, 7, 9007199254740991]);
  for (const text of ["", "-1", "+1", "1.0", "1e3", " 1", "0x1", "9007199254740992", undefined]) {
    assertEquals(unsigned(text), undefined);
  }
});

Deno.test("bracketed reads the number of a link target and refuses other targets", () => {
  assertEquals(bracketed("socket:[91553]", "socket:["), 91553);
  const others = [
    "pipe:[91553]",
    "socket:[]",
    "socket:[1",
    "socket:[1]x",
    "socket:[1 ]",
    "socket:[-1]",
  ];
  others.push(
    "socket:[1234567890123456]",
    "anon_inode:[eventpoll]",
    "/tmp/socket:[1]",
    "",
    "socket:[",
  );
  for (const target of others) assertEquals(bracketed(target, "socket:["), undefined, target);
  fc.assert(fc.property(fc.nat(), (n) => assertEquals(bracketed(`net:[${n}]`, "net:["), n)));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const number = bracketed(`net:[${text}`, "net:[");
      assertEquals(number, /^\d{1,15}\]$/.test(text) ? parseInt(text) : undefined);
    }),
  );
});
