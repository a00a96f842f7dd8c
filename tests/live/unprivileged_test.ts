/** Not root: connscribe shows what it may, and says once what it cannot see. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Actor } from "../actor.ts";
import { EXIT } from "../../lib/exit.ts";
import { readBack, RECORD_FORMATS } from "../read_back.ts";
import { AS_NOBODY, UnprivilegedCopy } from "../unprivileged.ts";
import { fieldOf, liveTest, rowOf } from "./live.ts";

liveTest(
  "snapshot without privileges shows what it may and says once what it cannot see",
  async () => {
    await using copy = await UnprivilegedCopy.create();
    await using own = await Actor.start({ prefix: AS_NOBODY });
    await using foreign = await Actor.start();
    const mine = await own.socket({ do: "listen", name: "listener" });
    const theirs = await foreign.socket({ do: "listen", name: "listener" });
    for (const format of RECORD_FORMATS) {
      const { code, stdout, stderr } = await copy.run(["snapshot", "--format", format]);
      assertEquals(code, EXIT.ok, stderr);
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
      assertMatch(stderr, /root/i);
      const rows = await readBack(format, stdout);
      assertEquals(rowOf({ format, rows, stdout }, mine).pid, own.pid, format);
      const row = rowOf({ format, rows, stdout }, theirs);
      assertEquals([row.pid, row.name], [null, null], format);
      if (format === "csv") {
        assertEquals(fieldOf(row, "attribution"), "none");
        assertMatch(String(fieldOf(row, "attribution_reason")), /not permitted/);
      }
    }
  },
);

liveTest("--quiet takes that line away, and changes nothing else", async () => {
  await using copy = await UnprivilegedCopy.create();
  const { code, stdout, stderr } = await copy.run(["snapshot", "--quiet"]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  assert(stdout.length > 0);
});

liveTest("watch without privileges says that once, not at every look", async () => {
  await using copy = await UnprivilegedCopy.create();
  const { code, stderr } = await copy.run(["watch", "--interval", "200ms", "--for", "1s"]);
  assertEquals(code, EXIT.ok, stderr);
  assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
});

liveTest("doctor without privileges says what proc misses and how to mend it", async () => {
  await using copy = await UnprivilegedCopy.create();
  const { code, stdout } = await copy.run(["doctor"]);
  assertEquals(code, EXIT.ok);
  assertMatch(stdout, /^proc: usable/m);
  assertMatch(stdout, /misses: /);
  assertMatch(stdout, /remedy: .*root/i);
});
