import { assertEquals } from "@std/assert";
import { readPermission } from "./read_permission.ts";

/** So many paths that are permitted by directories. */
function many(name: (i: number) => string): string[] {
  return Array.from({ length: 100 }, (_, i) => name(i));
}

Deno.test("readPermission names the logs where they are few", () => {
  assertEquals(readPermission(["-", "/var/log/a", "b", "b"]), ["/var/log/a", "b"]);
});

Deno.test("readPermission names the directories of many logs", () => {
  assertEquals(readPermission(many((i) => `/var/log/${i}.log`)), ["/var/log"]);
  assertEquals(readPermission(many((i) => `${i}.log`)), ["."]);
  assertEquals(readPermission(many((i) => `../${i}.log`)), [".."]);
  assertEquals(readPermission(many((i) => `logs//${i % 2}/${i}.log`)), ["logs//0", "logs//1"]);
});

Deno.test("readPermission goes further up where there are many directories", () => {
  assertEquals(readPermission(many((i) => `/var/log/${i}/conn.log`)), ["/var/log"]);
  assertEquals(readPermission(many((i) => `${i}/conn.log`)), ["."]);
});

Deno.test("readPermission never permits the root", () => {
  const paths = many((i) => `/${i}.log`);
  assertEquals(readPermission(paths), paths);
  const deep = many((i) => `/${i}/a/b.log`);
  assertEquals(readPermission(deep), many((i) => `/${i}`));
});
