import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseMinFree, parseRotation } from "./parse_rotation.ts";

Deno.test("parseRotation reads its parts in any order", () => {
  assertEquals(parseRotation("size=100M,every=1d,keep=10,compress=zstd"), {
    size: 104_857_600,
    everyUs: 86_400_000_000,
    keep: 10,
    compress: "zstd",
  });
  assertEquals(parseRotation("keep=1,size=4K"), { keep: 1, size: 4096 });
  assertEquals(parseRotation("compress=none"), {});
});

Deno.test("parseRotation says what is wrong", () => {
  const cases = [
    ["", '"" is not understood'],
    ["size", '"size" is not understood'],
    ["every=1x", "every: it is not a duration"],
    ["every=0.5s", "every: the minimum is 1s"],
    ["size=1", "size: the minimum is 4K"],
    ["size=x", "size: it is not a size"],
    ["keep=0", "keep: it is no number"],
    ["keep=999999", "keep: it is no number"],
    ["compress=xz", "compress: it is none of"],
    ["keep=1,keep=2", '"keep" is there twice'],
    ["keep=1,", '"" is not understood'],
  ];
  for (const [text = "", message = ""] of cases) {
    assertThrows(() => parseRotation(text), RangeError, message);
  }
});

Deno.test("parseMinFree reads sizes and parts of a disk", () => {
  assertEquals(parseMinFree("1%"), { part: 0.01 });
  assertEquals(parseMinFree("2.5%"), { part: 0.025 });
  assertEquals(parseMinFree("1G"), { bytes: 2 ** 30 });
  for (const none of ["0", "0K"]) assertEquals(parseMinFree(none), { bytes: 0 });
  for (const wrong of ["", "100%", "-1%", "1%%", "%", "1e3", "x"]) {
    assertThrows(() => parseMinFree(wrong), RangeError, "or a part of the disk");
  }
});

Deno.test("parseRotation and parseMinFree read any text or refuse it in words", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      "size",
      "every",
      "keep",
      "compress",
      "=",
      ",",
      "1",
      "10",
      "M",
      "d",
      "%",
      "gzip",
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      for (const parse of [parseRotation, parseMinFree]) {
        try {
          for (const value of Object.values(parse(parts.join("")))) {
            assert(typeof value === "string" || value >= 0);
          }
        } catch (error) {
          assert(error instanceof RangeError && error.message !== "");
        }
      }
    }),
    { numRuns: 500 },
  );
});
