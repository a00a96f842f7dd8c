import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { identityText } from "../mapping/identity.ts";
import { isoTime } from "../time.ts";
import { quoteJson } from "./escape.ts";
import { JsonWriter, memberName, utf8 } from "./json_writer.ts";
import { hostileText } from "./test_records.ts";

/** What is written into so much room, and where it ends. */
function written(room: number, write: (to: JsonWriter) => void): { text: string; end: number } {
  const into = new Uint8Array(room);
  const writer = new JsonWriter();
  writer.begin(into, 0);
  write(writer);
  return { text: new TextDecoder().decode(into.subarray(0, writer.end)), end: writer.end };
}

Deno.test("JsonWriter writes strings as quoteJson does", () => {
  const text = fc.oneof(hostileText, fc.string({ unit: "binary", maxLength: 80 }));
  fc.assert(
    fc.property(text, (text) => {
      assertEquals(written(1000, (to) => to.quoted(text)).text, quoteJson(text));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("JsonWriter writes integers as String does, of any size", () => {
  const number = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(),
    fc.integer(),
    fc.double(),
    fc.nat(53).map((power) => 2 ** power),
    fc.tuple(fc.nat(16), fc.constantFrom(-1, 0, 1)).map(([power, more]) => 10 ** power + more),
  );
  fc.assert(
    fc.property(number, (number) => {
      assertEquals(written(100, (to) => to.integer(number)).text, String(number));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("JsonWriter writes times as isoTime does, whatever second came before", () => {
  const time = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 300_000_000 }));
  fc.assert(
    fc.property(time, (time) => {
      assertEquals(written(100, (to) => to.time(time)).text, `"${isoTime(time)}"`);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("JsonWriter puts commas between members, and takes back a member that stays empty", () => {
  const { text } = written(100, (to) => {
    to.json(utf8("{"));
    to.member(memberName("a", "{"));
    const empty = to.end;
    to.member(memberName("b", "{"));
    to.closeUnlessEmpty(empty);
    to.member(memberName("c"));
    to.integer(1);
    to.close();
    const full = to.end;
    to.member(memberName("d", "{"));
    to.member(memberName("e"));
    to.quoted("{");
    to.closeUnlessEmpty(full);
    to.close();
  });
  assertEquals(text, '{"a":{"c":1},"d":{"e":"{"}}');
});

Deno.test("JsonWriter writes nothing beyond its array, and asks for enough room", () => {
  const value = fc.oneof(hostileText, fc.maxSafeNat(), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), fc.nat(60), (values, room) => {
      function write(to: JsonWriter) {
        for (const value of values) {
          if (value === undefined) to.time(1_795_226_500_144_181);
          else if (typeof value === "number") to.integer(value);
          else to.quoted(value);
        }
      }
      const whole = written(1000, write);
      const { text, end } = written(room, write);
      if (whole.end <= room) return assertEquals(text, whole.text);
      assert(end > room);
      assertEquals(written(end, write).text, whole.text);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("JsonWriter writes identities in one string, bytes in base64", () => {
  const end = fc.oneof(hostileText, fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(hostileText, end, (begin, end) => {
      const { text } = written(1000, (to) => to.identity({ begin, end }));
      assertEquals(text, quoteJson(identityText({ begin, end })));
    }),
    { numRuns: 1000 },
  );
});
