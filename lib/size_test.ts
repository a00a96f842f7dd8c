import { assertEquals, assertThrows } from "@std/assert";
import { MOST_STORAGE, parseSize } from "./size.ts";

Deno.test("parseSize reads bytes and powers of 1024", () => {
  const sizes = ["1", "4096", "512k", "16M", "1G"].map((text) => parseSize(text));
  assertEquals(sizes, [1, 4096, 524_288, 16_777_216, 1_073_741_824]);
});

Deno.test("parseSize refuses more than 1G", () => {
  for (const text of ["2G", "1T", "1025M", "1073741825", "9999999999"]) {
    assertThrows(() => parseSize(text), RangeError, "the maximum is 1G");
  }
});

Deno.test("parseSize takes a larger maximum", () => {
  assertEquals(parseSize("3T", MOST_STORAGE), 3 * 2 ** 40);
  assertThrows(() => parseSize("1025T", MOST_STORAGE), RangeError, "the maximum is 1048576G");
});

Deno.test("parseSize refuses what is no size", () => {
  for (const text of ["", "0", "-1", "M", "1.5M", "1P", "16 M", "1e3", "99999999999"]) {
    assertThrows(() => parseSize(text), RangeError, "not a size");
  }
});
