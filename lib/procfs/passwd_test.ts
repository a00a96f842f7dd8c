import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parsePasswd } from "./passwd.ts";

function parse(text: string): [number, string][] {
  return [...parsePasswd(new TextEncoder().encode(text))];
}

Deno.test("parsePasswd takes the first name of every user id", () => {
  const text = "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:/bin/sh\nu:x:1000:1000:,,,:/home/u:";
  assertEquals(parse(text), [[0, "root"], [1000, "u"]]);
});

Deno.test("parsePasswd passes over what is malformed", () => {
  const bad = [
    "",
    ":",
    "a",
    "a:x",
    "a:x:1",
    "a:x:1:",
    ":x:1:1",
    "a:x::1",
    "a:x:-1:1",
    "a:x:1 :1",
    "a:x:0x1:1",
  ];
  bad.push("+::1:1", "-u:x:1:1", "#u:x:1:1", "a:x:4294967296:1", "a:x:1:b");
  assertEquals(parse(bad.join("\n")), []);
  assertEquals(parse([...bad, "nobody:x:65534:65534::/:"].join("\n")), [[65534, "nobody"]]);
});

Deno.test("parsePasswd reads back every list of users", () => {
  const user = fc.tuple(fc.stringMatching(/^[a-z_][a-z0-9_-]{0,10}$/), fc.nat());
  fc.assert(
    fc.property(fc.uniqueArray(user, { selector: ([, uid]) => uid }), (users) => {
      const text = users.map(([name, uid]) => `${name}:x:${uid}:100:gecos:/:/bin/sh\n`).join("");
      assertEquals(parse(text), users.map(([name, uid]) => [uid, name]));
    }),
    { numRuns: 100 },
  );
});

Deno.test("parsePasswd never throws on arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parsePasswd(bytes);
    }),
  );
});
