/** How `watch` begins and ends. What it sees of a living host is the business of `tests/live`. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS, socketTable } from "../fake_procfs.ts";
import { eventually, redirected, ROOT, run, start, TempDir } from "../program.ts";
import { pythonTest, readBack } from "../read_back.ts";

const FIXTURE = ["--procfs", `${ROOT}fixtures/proc`];

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  pythonTest(`watch ends with 0 and whole lines on ${signal}`, async () => {
    await using directory = new TempDir();
    const out = `${directory.path}/out`;
    const args = ["watch", ...FIXTURE, "--format", "ndjson", "--interval", "200ms"];
    const expected = await run(["snapshot", ...FIXTURE, "--format", "ndjson"]);

    await using program = start(args);
    await program.line(() => true, "the first record");
    program.signal(signal);
    const { code, stdout, stderr } = await program.ended();
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
    const rows = await readBack("ndjson", stdout);
    assertEquals(rows.length, (await readBack("ndjson", expected.stdout)).length);

    await using filed = start([...args, "--out", out]);
    await eventually(async () => {
      const { size } = await Deno.stat(out).catch(() => ({ size: 0 }));
      return size > 0 || undefined;
    }, `nothing in ${out}`);
    filed.signal(signal);
    const ended = await filed.ended();
    assertEquals({ code: ended.code, stdout: ended.stdout }, { code: EXIT.ok, stdout: "" });
    await readBack("ndjson", await Deno.readTextFile(out));
  });
}

pythonTest("watch --for ends by itself with 0", async () => {
  const { code, stdout, stderr } = await run(["watch", ...FIXTURE, "-f", "ndjson", "--for", "1s"]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  assert((await readBack("ndjson", stdout)).length > 0);
});

Deno.test("watch --for counts from when the collector looks: the first look is always whole", async () => {
  const args = [...FIXTURE, "-f", "ndjson"];
  const { stdout: expected } = await run(["snapshot", ...args]);
  const { code, stdout } = await run(["watch", ...args, "--no-reports", "--for", "1ms"]);
  assertEquals(code, EXIT.ok);
  assertEquals(stdout.split("\n").length, expected.split("\n").length);
});

pythonTest("watch marks what is there at the start, and reports nothing twice", async () => {
  const args = ["watch", ...FIXTURE, "-f", "csv", "-i", "200ms", "--for", "1s"];
  const rows = await readBack("csv", (await run(args)).stdout);
  const ids = rows.map(({ whole }) => `${whole?.["event_id"]}`);
  assertEquals(new Set(ids).size, ids.length);
  for (const { event, preexisting, whole } of rows) {
    // What is over already can only be reported as closed.
    assertEquals(preexisting, true, `${event} ${whole?.["state"]}`);
  }
});

Deno.test("watch ends quietly with 0 when the reader of its output goes away", async () => {
  await using directory = new TempDir();
  const procfs = new FakeProcfs(directory.path);
  procfs.addNamespace(FIRST_NETNS, { tcp: [] });
  procfs.addProcess({ pid: 1, ppid: 0, comm: "init" });
  const args = ["watch", "--procfs", procfs.root, "--interval", "200ms"];
  await using program = start(args, { prefix: redirected("| head -n 1") });
  // The reader goes after the first line; only a later write can tell.
  let inode = 1;
  const add = () => {
    const sockets = Array.from({ length: ++inode }, (_, i) => ({
      local: ["127.0.0.1", 1000 + i] as const,
      state: 10,
      inode: 1000 + i,
    }));
    procfs.write(`namespaces/${FIRST_NETNS}/tcp`, socketTable(sockets));
  };
  const timer = setInterval(add, 100);
  try {
    const { code, stdout, stderr } = await program.ended();
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
    assertEquals(stdout.split("\n").length, 2);
  } finally {
    clearInterval(timer);
  }
});

pythonTest(
  "watch reports opens, listeners and closes of a changing proc file system",
  async () => {
    await using directory = new TempDir();
    const procfs = new FakeProcfs(directory.path);
    const listener = { local: ["192.0.2.1", 80], state: 10, inode: 11 } as const;
    const client = {
      local: ["192.0.2.1", 40000],
      remote: ["198.51.100.1", 443],
      state: 1,
      inode: 12,
    } as const;
    procfs.addNamespace(FIRST_NETNS, { tcp: [listener] });
    procfs.addProcess({ pid: 100, ppid: 0, comm: "worker", sockets: [11, 12, 13] });
    const write = (sockets: Parameters<typeof socketTable>[0]) => {
      procfs.write(`namespaces/${FIRST_NETNS}/new`, socketTable(sockets));
      // At once: a table is never seen half written.
      Deno.renameSync(
        `${procfs.root}/namespaces/${FIRST_NETNS}/new`,
        `${procfs.root}/namespaces/${FIRST_NETNS}/tcp`,
      );
    };
    await using program = start(["watch", "--procfs", procfs.root, "-i", "200ms", "-f", "ndjson"]);
    const event = (name: string, port: number) =>
      program.line((line) => {
        const { connscribe, source, destination } = JSON.parse(line);
        const ends = [source?.port, destination?.port];
        return connscribe.event === name && ends.includes(port);
      }, `${name} of port ${port}`);
    await event("listen", 80);
    write([listener, client]);
    const opened = JSON.parse(await event("open", 40000));
    write([{ ...listener, local: ["192.0.2.1", 81], inode: 13 }]);
    const closed = JSON.parse(await event("close", 40000));
    await event("close", 80);
    await event("listen", 81);
    program.signal("SIGTERM");
    const { code, stdout } = await program.ended();
    assertEquals(code, EXIT.ok);
    assertEquals((await readBack("ndjson", stdout)).length, 5);
    assertEquals(opened.network.direction, "egress");
    assertEquals(closed.connscribe.connection.id, opened.connscribe.connection.id);
    assertEquals(closed.process.pid, 100);
    assert(closed.event.duration > 0);
  },
);
