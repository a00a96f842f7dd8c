import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseMountinfo } from "./mountinfo.ts";

function parse(text: string) {
  return parseMountinfo(new TextEncoder().encode(text));
}

Deno.test("parseMountinfo finds mounted network namespaces and decodes their paths", () => {
  const text = [
    "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "42 24 0:23 / /run/netns rw - tmpfs tmpfs rw",
    "43 42 0:4 net:[4026532177] /run/netns/pf\\040a rw shared:2 - nsfs nsfs rw",
    "44 42 0:4 net:[4026532177] /run/netns/pf\\040a rw - nsfs nsfs rw",
    "45 42 0:4 mnt:[4026532178] /run/x rw shared:2 - nsfs nsfs rw",
    "46 42 0:4 net:[4026532179] /run/docker/netns/a\\134b\\011\\012\\043 rw shared:2 master:1 - nsfs nsfs rw",
    "",
  ].join("\n");
  assertEquals(parse(text), [
    { inode: 4026532177, path: "/run/netns/pf a" },
    { inode: 4026532177, path: "/run/netns/pf a" },
    { inode: 4026532179, path: "/run/docker/netns/a\\b\t\n#" },
  ]);
});

Deno.test("parseMountinfo passes over what is malformed or of another file system", () => {
  const lines = [
    "43 42 0:4 net:[4026532177] /run/netns/a rw shared:2 - ext4 nsfs rw",
    "43 42 0:4 net:[x] /run/netns/a rw - nsfs nsfs rw",
    "43 42 0:4 net:[1 /run/netns/a rw - nsfs nsfs rw",
    "43 42 0:4 net:[1] run/netns/a rw - nsfs nsfs rw",
    "43 42 0:4 net:[1] /run/netns/a rw nsfs nsfs rw",
    "43 42 0:4 net:[1] /run/netns/a rw -",
    "43 42 0:4 net:[1]",
    " net:[1] /run",
  ];
  for (const line of lines) assertEquals(parse(line), [], line);
});

Deno.test("parseMountinfo reads back every path that the kernel escapes", () => {
  const escaped = (path: string) =>
    path.replace(/[ \t\n\\#]/g, (c) => "\\" + c.charCodeAt(0).toString(8).padStart(3, "0"));
  const name = fc.string({ unit: fc.constantFrom(..." \t\n\\#/a0é147") });
  fc.assert(
    fc.property(name, fc.nat(), (text, inode) => {
      const line = `43 42 0:4 net:[${inode}] ${escaped("/" + text)} rw shared:2 - nsfs nsfs rw\n`;
      assertEquals(parse(line), [{ inode, path: "/" + text }]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseMountinfo never throws on arbitrary bytes", () => {
  const near = fc.string({
    unit: fc.constantFrom("net:[", "1", "]", " ", "/", "-", "nsfs", "\\", "\n"),
  })
    .map((text) => new TextEncoder().encode(text));
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      parseMountinfo(bytes);
    }),
    { numRuns: 300 },
  );
});
