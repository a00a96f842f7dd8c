import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapeControl } from "../../lib/formats/escape.ts";
import { hostileText } from "../../lib/formats/test_records.ts";
import { parseDecimal, parseEndpoint, parseWhole, unescapeText } from "./plain_fields.ts";

Deno.test("parseDecimal cuts what is finer, and reads nothing but exact numbers", () => {
  const cases: [text: string, decimals: number, number: number][] = [
    ["0", 6, 0],
    ["12", 0, 12],
    ["12", 3, 12_000],
    ["1565647204.351", 6, 1_565_647_204_351_000],
    ["1565647204.3519999", 3, 1_565_647_204_351],
    ["007.5", 1, 75],
    ["9007199254740991", 0, 9_007_199_254_740_991],
    ["9007199254740992", 0, NaN],
    ["9007199255", 6, NaN],
    ["", 6, NaN],
    [".5", 6, NaN],
    ["5.", 6, NaN],
    ["1.2.3", 6, NaN],
    ["1e3", 6, NaN],
    ["-1", 6, NaN],
    ["+1", 6, NaN],
    ["1.23456789x", 6, NaN],
    ["NaN", 6, NaN],
  ];
  for (const [text, decimals, number] of cases) {
    assertEquals(parseDecimal(text, 0, text.length, decimals), number, text);
    assertEquals(parseDecimal(`9${text} `, 1, text.length + 1, decimals), number, text);
  }
});

Deno.test("parseWhole knows what is not known, and what is no number", () => {
  assertEquals(parseWhole("-", 10), undefined);
  assertEquals(parseWhole("10", 10), 10);
  for (const text of ["11", "", "1.0", "a", "--", " 1"]) assertEquals(parseWhole(text, 10), NaN);
});

Deno.test("parseEndpoint has only what is known", () => {
  assertEquals(parseEndpoint("-", "-"), {});
  assertEquals(parseEndpoint("::FFFF:192.0.2.1", "-"), { ip: "192.0.2.1" });
  assertEquals(parseEndpoint("2001:DB8:0::1", "65535"), { ip: "2001:db8::1", port: 65_535 });
  assertEquals(parseEndpoint("-", "0"), { port: 0 });
  for (const [address, port] of [["a", "1"], ["1.2.3.4", "65536"], ["1.2.3.4", ""], ["", "1"]]) {
    assertEquals(parseEndpoint(address ?? "", port ?? ""), undefined);
  }
});

Deno.test("unescapeText undoes escapeControl, and leaves what others write as it is", () => {
  fc.assert(
    fc.property(hostileText, (text) => assertEquals(unescapeText(escapeControl(text)), text)),
    { numRuns: 2000 },
  );
  assertEquals(unescapeText("\\x2d"), "-");
  const unit = "/system.slice/systemd-fsck@dev-disk-by\\x2duuid-1.service";
  assertEquals(unescapeText(unit), unit);
  assertEquals(unescapeText(escapeControl(unit)), unit);
  assertEquals(unescapeText("\\\\\\x41"), "\\\\\\x41");
  assertEquals(unescapeText("\\\\x41"), "\\x41");
});
