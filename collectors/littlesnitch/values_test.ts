import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseIp } from "../../lib/ip.ts";
import { isIpv4, parseCount, parseDate, parseUid } from "./values.ts";

type Parse<T> = (bytes: Uint8Array, start: number, end: number) => T;

/** Parses a text that stands among others. */
function among<T>(parse: Parse<T>, text: string): T {
  const bytes = new TextEncoder().encode(`9${text}9`);
  return parse(bytes, 1, bytes.length - 1);
}

Deno.test("parseCount reads whole numbers that are exact, and nothing else", function () {
  for (const number of [0, 7, 65535, 1e15, Number.MAX_SAFE_INTEGER]) {
    assertEquals(among(parseCount, String(number)), number);
  }
  assertEquals(among(parseCount, "007"), 7);
  for (const text of ["", " ", "-1", "+1", "1.0", "1e3", "0x1", "1 ", "٣", "9007199254740993"]) {
    assertEquals(among(parseCount, text), NaN, text);
  }
  assertEquals(among(parseCount, "9".repeat(400)), NaN);
});

Deno.test("parseUid reads user ids with and without a sign", function () {
  assertEquals(among(parseUid, "501"), 501);
  assertEquals(among(parseUid, "-2"), 4294967294);
  assertEquals(among(parseUid, "4294967295"), 4294967295);
  for (const text of ["4294967296", "-0", "-2147483649", "--2", "-", "root"]) {
    assertEquals(among(parseUid, text), NaN, text);
  }
});

Deno.test("parseDate reads what a date prints", function () {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
      const text = new Date(second * 1000).toISOString().slice(0, 19) + "Z";
      assertEquals(among(parseDate, text), second * 1e6);
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseDate refuses what is no date in UTC", function () {
  for (
    const text of [
      "",
      "2021-01-02 10:02:00Z",
      "2021-01-02T10:02:00",
      "2021-01-02T10:02:00+",
      "2021-01-02T10:02:00.5Z",
      "2021-13-02T10:02:00Z",
      "2021-00-02T10:02:00Z",
      "2021-02-29T10:02:00Z",
      "2021-01-00T10:02:00Z",
      "2021-01-02T24:00:00Z",
      "2021-01-02T10:60:00Z",
      "2021-01-02T10:02:60Z",
      "1969-12-31T23:59:59Z",
      "0099-01-01T00:00:00Z",
      "2021-01-02T1 :02:00Z",
    ]
  ) {
    assertEquals(among(parseDate, text), NaN, text);
  }
  assertEquals(among(parseDate, "2020-02-29T00:00:00Z"), Date.UTC(2020, 1, 29) * 1000);
});

Deno.test("isIpv4 takes for IPv4 what parseIp does", function () {
  const part = fc.oneof(
    { weight: 4, arbitrary: fc.nat(300).map(String) },
    fc.constantFrom("", "0", "00", "01", "255", "256", "1a", ":", " 1", "/", "."),
  );
  const address = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: address }, fc.ipV4(), fc.ipV6()), (text) => {
      assertEquals(among(isIpv4, text), !text.includes(":") && parseIp(text) !== undefined);
    }),
    { numRuns: 500 },
  );
});
