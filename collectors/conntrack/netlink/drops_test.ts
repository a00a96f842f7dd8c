import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { netlinkDrops } from "./drops.ts";

/** As Linux 6.18 prints it. */
const TABLE = `\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000006cd92903 0   0          00000000 0        0        0     2        0        4       \n\
00000000a1139ec4 0   3433960571 00000005 0        0        0     2        9        68552   \n\
00000000c13d6869 12  0          00000000 0        0        0     2        0        565     \n\
000000002f1ea878 12  3433960571 00000007 212480   0        0     2        7338     68552   \n\
000000003f1ea878 12  497        00000005 0        0        0     2        4294967295 68553   \n\
000000004f1ea878 12  498        00000005 0        0        0     2        2        68554   \n`;

function drops(match: Parameters<typeof netlinkDrops>[1], table = TABLE): number | undefined {
  return netlinkDrops(new TextEncoder().encode(table), match);
}

Deno.test("netlinkDrops finds a netfilter socket by each criterion", function () {
  assertEquals(drops({ portid: 3433960571 }), 7338);
  assertEquals(drops({ inode: [1, 68553] }), 4294967295);
  assertEquals(drops({ groups: 7 }), 7338);
  assertEquals(drops({ portid: 497, groups: 5, inode: [68553] }), 4294967295);
});

Deno.test("netlinkDrops takes a socket only where all criteria hold", function () {
  assertEquals(drops({ portid: 497, groups: 7 }), undefined);
  assertEquals(drops({ portid: 497, inode: [68554] }), undefined);
  assertEquals(drops({ portid: 499 }), undefined);
  assertEquals(drops({ inode: [] }), undefined);
});

Deno.test("netlinkDrops adds up the drops of several sockets", function () {
  assertEquals(drops({ inode: [68552, 68554, 565] }), 7340);
});

Deno.test("netlinkDrops finds the columns by their names", function () {
  const table = "sk Eth More Pid Groups Inode Drops\n0 12 x 497 5 68552 3\n";
  assertEquals(drops({ portid: 497, inode: [68552] }, table), 3);
  assertEquals(drops({ portid: 497 }, "sk Eth Pid Groups\n0 12 497 5\n"), undefined);
});

Deno.test("netlinkDrops never throws, whatever the table says", function () {
  for (const table of ["", "\n", "sk Eth", TABLE.slice(0, 300), TABLE.replaceAll("12", "-1")]) {
    assertEquals(drops({ portid: 498 }, table), undefined);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assertEquals(netlinkDrops(bytes, { portid: 1 }), undefined);
    }),
    { numRuns: 300 },
  );
});
