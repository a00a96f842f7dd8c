import { assertEquals } from "@std/assert";
import { errnoOf, hasErrno } from "./errno.ts";

Deno.test("errnoOf reads the number in Deno's text", () => {
  assertEquals(errnoOf(new Error("Device or resource busy (os error 16): remove '/x'")), "EBUSY");
  assertEquals(errnoOf(new TypeError("Invalid argument (os error 22)")), "EINVAL");
  assertEquals(errnoOf(new Error("(os error 999)")), undefined);
  assertEquals(errnoOf("(os error 22)"), undefined);
  assertEquals(hasErrno(new Error("else"), "EBUSY"), false);
});
