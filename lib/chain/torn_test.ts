import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isTorn } from "./torn.ts";

const encoder = new TextEncoder();

function isTornText(text: string): boolean {
  return isTorn(encoder.encode(text));
}

Deno.test("isTorn knows any beginning of a line, and no whole one whatever stands behind it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (record, cut) => {
      const line = JSON.stringify(record);
      const bytes = encoder.encode(line);
      const length = 1 + cut % Math.max(1, bytes.length - 1);
      if (length < bytes.length) assert(isTorn(bytes.subarray(0, length)));
      for (const end of ["", " ", "\t", "\r", " x", "{"]) assert(!isTornText(line + end));
    }),
    { numRuns: 300 },
  );
});

Deno.test("isTorn takes nothing for broken off that some reader might take for a record", () => {
  const forged = '{"event":{"action":"connection_opened"}}';
  const texts = [" " + forged, "text", "", '{"a":1\r' + forged, `${forged}\u2028`, `[${forged}`];
  assertEquals(texts.filter(isTornText), []);
  assert(isTornText('{"a":"}}}}'));
  assert(isTornText('{"a":"\\"}'));
});
