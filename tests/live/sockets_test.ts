/** Sockets of this kernel, each with the right process, in every format, read back by Python. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Actor } from "../actor.ts";
import { PYTHON, ROOT, runOther } from "../program.ts";
import { snapshots } from "../read_back.ts";
import { assertEverywhere, assertRecord, fieldOf, liveTest, rowOf } from "./live.ts";

/** The argv of an actor without arguments of its own. */
const ACTOR_ARGV = [PYTHON, "-I", `${ROOT}tests/actors/sockets.py`];

for (const address of ["127.0.0.1", "::1"]) {
  liveTest(`snapshot attributes both ends and the listener of TCP over ${address}`, async () => {
    await using server = await Actor.start();
    await using client = await Actor.start();
    const listener = await server.socket({ do: "listen", name: "listener", address });
    const port = listener.local[1];
    const near = await client.socket({ do: "connect", name: "client", address, port });
    const far = await server.socket({ do: "accept", name: "server", listener: "listener" });
    await assertEverywhere([
      { facts: listener, event: "listen", direction: "unknown", state: "listen", argv: ACTOR_ARGV },
      { facts: near, event: "open", direction: "local", initiator: "local", state: "established" },
      { facts: far, event: "open", direction: "local", initiator: "remote", state: "established" },
    ]);
  });

  liveTest(`snapshot attributes UDP over ${address}, connected or not`, async () => {
    await using server = await Actor.start();
    await using client = await Actor.start();
    const bound = await server.socket({ do: "bind_udp", name: "bound", address });
    const port = bound.local[1];
    const sender = await client.socket({ do: "connect", name: "sender", address, port, udp: true });
    await assertEverywhere([
      { facts: bound, protocol: "udp", event: "listen", direction: "unknown" },
      { facts: sender, protocol: "udp", event: "open", direction: "local", initiator: "local" },
    ]);
  });
}

liveTest("snapshot shows an IPv4 client of a dual-stack server as IPv4 at both ends", async () => {
  await using server = await Actor.start();
  await using client = await Actor.start();
  const command = { do: "listen", name: "listener", address: "::", dual: true };
  const listener = await server.socket(command);
  const port = listener.local[1];
  const near = await client.socket({ do: "connect", name: "client", address: "127.0.0.1", port });
  await server.socket({ do: "accept", name: "server", listener: "listener" });
  const far = {
    pid: server.pid,
    local: ["127.0.0.1", port] as const,
    remote: ["127.0.0.1", near.local[1]] as const,
  };
  const taken = await assertEverywhere([
    { facts: listener, event: "listen" },
    { facts: near, event: "open", direction: "local", initiator: "local" },
    { facts: far, event: "open", direction: "local", initiator: "remote" },
  ]);
  const csv = taken.find(({ format }) => format === "csv");
  if (csv !== undefined) assertEquals(fieldOf(rowOf(csv, far), "ip_version"), "4");
});

liveTest("snapshot attributes a socket to the forked child that alone holds it", async () => {
  await using parent = await Actor.start();
  const listener = await parent.socket({ do: "listen", name: "listener" });
  const { pid } = await parent.ask({ do: "fork", child: "child", handover: ["listener"] });
  await assertEverywhere([{ facts: { ...listener, pid: Number(pid) } }]);
});

liveTest("snapshot attributes a socket that parent and child hold to the parent", async () => {
  await using parent = await Actor.start();
  const listener = await parent.socket({ do: "listen", name: "listener" });
  await parent.ask({ do: "fork", child: "child" });
  await assertEverywhere([{ facts: listener }]);
});

liveTest("snapshot keeps a hostile name and argv in one value of one line", async () => {
  const args = [
    "line one\nline two",
    "a,b;\"c\" 'd'",
    "tab\tcr\resc\x1b[31m",
    "",
    "🦊\u202e",
    "$(id)",
  ];
  for (const name of ["a) S 1 (b", 'x",\n y', "=1|2|3.0", "[9] $ z"]) {
    await using actor = await Actor.start({ args });
    await actor.ask({ do: "set_name", name });
    const listener = await actor.socket({ do: "listen", name: "listener" });
    await assertEverywhere([{ facts: listener, name, argv: [...ACTOR_ARGV, ...args] }]);
  }
});

liveTest("snapshot gives a process that changed its user that user", async () => {
  await using actor = await Actor.start();
  await actor.ask({ do: "set_uid", uid: 60001 });
  const listener = await actor.socket({ do: "listen", name: "listener" });
  for (const snapshot of await assertEverywhere([{ facts: listener }])) {
    const row = rowOf(snapshot, listener);
    if (snapshot.format === "text") assertEquals(row.user, "60001");
    if (snapshot.format === "csv") assertEquals(fieldOf(row, "uid"), "60001");
    if (snapshot.format === "ndjson") assertStringIncludes(JSON.stringify(row.whole), '"60001"');
  }
});

liveTest("snapshot shows two listeners on one port as two records", async () => {
  await using one = await Actor.start();
  await using two = await Actor.start();
  const first = await one.socket({ do: "listen", name: "a", reuse: true });
  const port = first.local[1];
  const second = await two.socket({ do: "listen", name: "b", port, reuse: true });
  assertEquals(second.local, first.local);
  for (const { format, rows } of await snapshots()) {
    const pids = rows.filter((row) => row.local[1] === port && row.remote === null)
      .map((row) => row.pid);
    assertEquals(new Set(pids), new Set([one.pid, two.pid]), format);
    assertEquals(pids.length, 2, format);
  }
});

liveTest("lognet's upid is psutil's, to the digit", async () => {
  const program = `
import json, psutil, sys
process = psutil.Process(int(sys.argv[1]))
json.dump([process.name(), str(process.create_time())], sys.stdout)`;
  for (const name of ["short", "fifteen-bytes-x", "é é"]) {
    await using actor = await Actor.start();
    await actor.ask({ do: "set_name", name });
    const listener = await actor.socket({ do: "listen", name: "listener" });
    const words = [PYTHON, "-I", "-c", program, String(actor.pid)];
    const [expectedName, expectedStart] = JSON.parse(await runOther(words));
    const lognet = (await snapshots()).find(({ format }) => format === "lognet");
    const row = lognet && assertRecord(lognet, { facts: listener });
    assertEquals([row?.name, row?.start], [expectedName, expectedStart]);
  }
});

liveTest("ndjson says of a process what the kernel says", async () => {
  await using actor = await Actor.start();
  const listener = await actor.socket({ do: "listen", name: "listener" });
  const [, ndjson] = await assertEverywhere([{ facts: listener }]);
  const row = ndjson && rowOf(ndjson, listener);
  if (row === undefined) throw new Error("There is no ndjson");
  const executable = await Deno.readLink(`/proc/${actor.pid}/exe`);
  const namespace = await Deno.readLink("/proc/self/ns/net");
  assertEquals(fieldOf(row, "process.executable"), executable);
  assertEquals(fieldOf(row, "process.parent.pid"), Deno.pid);
  assertEquals(fieldOf(row, "connscribe.socket.inode"), listener.inode);
  assertEquals(fieldOf(row, "connscribe.attribution.kind"), "exact");
  assertEquals(`net:[${fieldOf(row, "connscribe.netns")}]`, namespace);
  assertEquals(typeof fieldOf(row, "process.entity_id"), "string");
});
