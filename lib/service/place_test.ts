import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { isHidden, plainPath } from "./place.ts";

Deno.test("plainPath takes absolute paths and drops the slash at the end", () => {
  assertEquals(plainPath("/usr/local/bin/connscribe"), "/usr/local/bin/connscribe");
  assertEquals(plainPath("/var/log/connscribe/"), "/var/log/connscribe");
  assertEquals(plainPath("/opt/a-b_c+d.1/..x"), "/opt/a-b_c+d.1/..x");
});

Deno.test("plainPath refuses what one of the files would read as something else", () => {
  const bad = ["", "/", "x", "./x", "/a b", "/a%h", "/a$HOME", "/a'b", '/a"b', "/a\\b", "/a\nb"];
  bad.push("/a:b", "/a,b", "/a=b", "/a*", "/a{b}", "/a<b>", "/a#b", "/a;b", "/a@b", "/é");
  bad.push("/a//b", "/a/../b", "/a/.", "//", "/..", "/a/\u202eb", "/a\u0000b");
  for (const path of bad) assertThrows(() => plainPath(path), RangeError, "absolute path", path);
});

Deno.test("plainPath lets no character through that it does not name", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let taken;
      try {
        taken = plainPath(`/${text}`);
      } catch (error) {
        return error instanceof RangeError;
      }
      return /^\/[A-Za-z0-9._+\/-]+$/.test(taken);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("isHidden tells what units do not see", () => {
  for (const path of ["/root", "/root/x", "/home/a/bin/x", "/tmp/x", "/run/user/1/x"]) {
    assertEquals(isHidden(path), true, path);
  }
  for (const path of ["/rooted/x", "/usr/bin/x", "/run/x", "/var/log/home/x"]) {
    assertEquals(isHidden(path), false, path);
  }
});
