/** Not root: connscribe shows what it may, and says once what it cannot see. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Actor } from "../actor.ts";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS } from "../fake_procfs.ts";
import { NetworkNamespace } from "../netns.ts";
import { run, TempDir } from "../program.ts";
import { readBack, RECORD_FORMATS } from "../read_back.ts";
import { AS_NOBODY, UnprivilegedCopy } from "../unprivileged.ts";
import { fieldOf, liveTest, rowOf } from "./live.ts";

liveTest(
  "snapshot without privileges shows what it may and says once what it cannot see",
  async () => {
    await using copy = await UnprivilegedCopy.create();
    // What it says once includes the namespaces that it cannot look into.
    await using _one = await NetworkNamespace.create();
    await using _two = await NetworkNamespace.create();
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
  await using _namespace = await NetworkNamespace.create();
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

liveTest("snapshot --procfs without privileges says what of that tree it cannot see", async () => {
  await using copy = await UnprivilegedCopy.create();
  await using directory = new TempDir();
  await Deno.chmod(directory.path, 0o755);
  const procfs = new FakeProcfs(directory.path);
  const listener = (inode: number) => ({ local: ["192.0.2.1", inode], state: 10, inode }) as const;
  procfs.addNamespace(FIRST_NETNS, { tcp: [listener(11), listener(12)] });
  procfs.addProcess({ pid: 100, ppid: 0, comm: "open", sockets: [11] });
  procfs.addProcess({ pid: 200, ppid: 0, comm: "closed", sockets: [12] });
  for (const path of ["200/fd", "200/ns"]) await Deno.chmod(`${procfs.root}/${path}`, 0o700);
  const args = ["snapshot", "--procfs", procfs.root, "--format", "csv"];
  const { code, stdout, stderr } = await copy.run(args);
  assertEquals(code, EXIT.ok, stderr);
  assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  const rows = await readBack("csv", stdout);
  assertEquals(rows.map(({ name }) => name), ["open", null]);
});

liveTest("snapshot as root says at most what it cannot see, once", async () => {
  const { code, stderr } = await run(["snapshot"]);
  assertEquals(code, EXIT.ok);
  // Process 1 of a container may be closed to its root too.
  assertMatch(stderr, /^(?:connscribe: notice: [^\n]*\n)?$/);
});
