import { assertEquals } from "@std/assert";
import { needlesFor } from "./needles.ts";
import { question } from "./query_test_tools.ts";
import type { Question } from "./question.ts";

/** Texts of the needles for a format that has such escapes, and nothing that bounds its hosts. */
function textsFor(asked: Question, escapes: readonly string[]): readonly string[] | undefined {
  return needlesFor(asked, { escapes, marks: [] })?.map(({ text }) => text);
}

Deno.test("needlesFor gives the hosts that are asked for, in small letters", () => {
  assertEquals(textsFor(question({ to: ["Zyla."] }), []), ["zyla"]);
  assertEquals(textsFor(question({ host: ["zyla", "ZYLA", "mia"] }), []), ["zyla", "mia"]);
});

Deno.test("needlesFor takes the option with the fewest hosts: lines must have one of each", () => {
  assertEquals(textsFor(question({ to: ["a1", "a2"], from: ["b1"] }), []), ["b1"]);
});

Deno.test("needlesFor knows no text for what may be spelled otherwise", () => {
  const hosts = ["10.0.0.0/8", "2001:db8::1", "::ffff:192.0.2.7", "zürich", 'a"b', "a,b", "a\\b"];
  for (const host of [...hosts, "a b", "a/b", "x".repeat(256)]) {
    assertEquals(textsFor(question({ to: [host] }), []), undefined, host);
    // Any of them will do, so all must be known.
    assertEquals(textsFor(question({ to: ["zyla", host] }), []), undefined, host);
    assertEquals(textsFor(question({ to: ["zyla"], from: [host] }), []), ["zyla"], host);
  }
  assertEquals(textsFor(question(), []), undefined);
  assertEquals(textsFor(question({ filters: { port: ["443"] } }), []), undefined);
});

Deno.test("needlesFor looks for the other spellings of an IPv4 address, and for escapes", () => {
  assertEquals(textsFor(question({ to: ["192.0.2.7"] }), []), ["192.0.2.7", ":ffff:"]);
  assertEquals(textsFor(question({ to: ["zyla"] }), ["\\", "#fields"]), [
    "zyla",
    "\\",
    "#fields",
  ]);
});

Deno.test("needlesFor gives none where they are too many to search for", () => {
  const to = Array.from({ length: 9 }, (_, i) => `host${i}`);
  assertEquals(textsFor(question({ to }), []), undefined);
  assertEquals(textsFor(question({ to: to.slice(0, 8) }), [])?.length, 8);
  assertEquals(textsFor(question({ to: to.slice(0, 8) }), ["\\"]), undefined);
});

Deno.test("needlesFor says what stands beside a host: where names below it count, a dot too", () => {
  const hostBounds = { beside: " ", isToLast: true };
  const clues = { escapes: ["\\"], marks: [], hostBounds };
  const zyla = { text: "zyla", before: " .", after: " ." };
  assertEquals(needlesFor(question({ from: ["zyla"] }), clues), [zyla, { text: "\\" }]);
  assertEquals(needlesFor(question({ host: ["zyla"] }), clues), [zyla, { text: "\\" }]);
  const last = { ...zyla, isLast: true };
  assertEquals(needlesFor(question({ to: ["zyla"] }), clues), [last, { text: "\\" }]);
});

Deno.test("needlesFor says nothing of what stands beside a part of an address", () => {
  const clues = { escapes: [], marks: [], hostBounds: { beside: " ", isToLast: true } };
  const needles = needlesFor(question({ to: ["192.0.2.7"] }), clues);
  assertEquals(needles?.[1], { text: ":ffff:" });
});
