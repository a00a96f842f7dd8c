import { assertEquals } from "@std/assert";
import { needlesFor } from "./needles.ts";
import { question } from "./query_test_tools.ts";

Deno.test("needlesFor gives the hosts that are asked for, in small letters", () => {
  assertEquals(needlesFor(question({ to: ["Zyla."] }), []), ["zyla"]);
  assertEquals(needlesFor(question({ host: ["zyla", "ZYLA", "mia"] }), []), ["zyla", "mia"]);
});

Deno.test("needlesFor takes the option with the fewest hosts: lines must have one of each", () => {
  assertEquals(needlesFor(question({ to: ["a1", "a2"], from: ["b1"] }), []), ["b1"]);
});

Deno.test("needlesFor knows no text for what may be spelled otherwise", () => {
  const hosts = ["10.0.0.0/8", "2001:db8::1", "::ffff:192.0.2.7", "zürich", 'a"b', "a,b", "a\\b"];
  for (const host of [...hosts, "a b", "a/b", "x".repeat(256)]) {
    assertEquals(needlesFor(question({ to: [host] }), []), undefined, host);
    // Any of them will do, so all must be known.
    assertEquals(needlesFor(question({ to: ["zyla", host] }), []), undefined, host);
    assertEquals(needlesFor(question({ to: ["zyla"], from: [host] }), []), ["zyla"], host);
  }
  assertEquals(needlesFor(question(), []), undefined);
  assertEquals(needlesFor(question({ filters: { port: ["443"] } }), []), undefined);
});

Deno.test("needlesFor looks for the other spellings of an IPv4 address, and for escapes", () => {
  assertEquals(needlesFor(question({ to: ["192.0.2.7"] }), []), ["192.0.2.7", ":ffff:"]);
  assertEquals(needlesFor(question({ to: ["zyla"] }), ["\\", "#fields"]), [
    "zyla",
    "\\",
    "#fields",
  ]);
});

Deno.test("needlesFor gives none where they are too many to search for", () => {
  const to = Array.from({ length: 9 }, (_, i) => `host${i}`);
  assertEquals(needlesFor(question({ to }), []), undefined);
  assertEquals(needlesFor(question({ to: to.slice(0, 8) }), [])?.length, 8);
  assertEquals(needlesFor(question({ to: to.slice(0, 8) }), ["\\"]), undefined);
});
