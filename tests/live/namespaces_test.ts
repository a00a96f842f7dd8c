/** Sockets in other network namespaces than connscribe's own. */
import { assertEquals } from "@std/assert";
import { Actor } from "../actor.ts";
import { connect, NetworkNamespace } from "../netns.ts";
import { assertEverywhere, fieldOf, liveTest, rowOf } from "./live.ts";

liveTest("snapshot sees a namespace that has a process", async () => {
  await using namespace = await NetworkNamespace.create();
  await using actor = await Actor.start({ prefix: namespace.prefix });
  const listener = await actor.socket({ do: "listen", name: "listener" });
  const bound = await actor.socket({ do: "bind_udp", name: "bound", address: "::1" });
  const taken = await assertEverywhere([
    { facts: listener, event: "listen" },
    { facts: bound, protocol: "udp", event: "listen" },
  ]);
  for (const snapshot of taken) {
    if (snapshot.format !== "csv" && snapshot.format !== "ndjson") continue;
    const name = snapshot.format === "csv" ? "netns" : "connscribe.netns";
    assertEquals(Number(fieldOf(rowOf(snapshot, listener), name)), namespace.inode);
  }
});

liveTest("snapshot sees a namespace that nothing but a mount holds", async () => {
  await using namespace = await NetworkNamespace.create();
  await using actor = await Actor.start();
  await actor.ask({ do: "enter", path: namespace.path });
  const listener = await actor.socket({ do: "listen", name: "listener" });
  const client = await actor.socket({
    do: "connect",
    name: "client",
    address: "127.0.0.1",
    port: listener.local[1],
  });
  await actor.ask({ do: "enter" });
  const taken = await assertEverywhere([
    { facts: listener, event: "listen" },
    { facts: client, event: "open", direction: "local", initiator: "local" },
  ]);
  for (const snapshot of taken) {
    if (snapshot.format !== "csv") continue;
    assertEquals(Number(fieldOf(rowOf(snapshot, listener), "netns")), namespace.inode);
  }
});

liveTest("snapshot keeps equal addresses of two namespaces apart", async () => {
  await using one = await NetworkNamespace.create();
  await using two = await NetworkNamespace.create();
  await using first = await Actor.start({ prefix: one.prefix });
  await using second = await Actor.start({ prefix: two.prefix });
  const command = { do: "listen", name: "listener", address: "127.0.0.1", port: 8080 };
  await first.socket(command);
  await second.socket(command);
  const [csv] = (await assertEverywhere([])).filter(({ format }) => format === "csv");
  const found = csv?.rows.filter(({ pid }) => pid === first.pid || pid === second.pid) ?? [];
  const holders = found.map((row) => [row.pid, Number(fieldOf(row, "netns"))]);
  assertEquals(
    new Map(holders.map(([pid, netns]) => [pid, netns])),
    new Map([
      [first.pid, one.inode],
      [second.pid, two.inode],
    ]),
  );
  assertEquals(new Set(found.map((row) => fieldOf(row, "connection_id"))).size, 2);
});

for (
  const [server, client, length] of [
    ["10.78.0.1", "10.78.0.2", 24],
    ["fd78::1", "fd78::2", 64],
  ] as const
) {
  liveTest(`snapshot calls ${client} to ${server}, both on this host, local`, async () => {
    await using here = await NetworkNamespace.create();
    await using there = await NetworkNamespace.create();
    await connect(
      { namespace: here, addresses: [`${server}/${length}`] },
      { namespace: there, addresses: [`${client}/${length}`] },
    );
    await using serving = await Actor.start({ prefix: here.prefix });
    await using asking = await Actor.start({ prefix: there.prefix });
    const listener = await serving.socket({ do: "listen", name: "listener", address: server });
    const port = listener.local[1];
    const near = await asking.socket({ do: "connect", name: "client", address: server, port });
    const far = await serving.socket({ do: "accept", name: "server", listener: "listener" });
    await assertEverywhere([
      { facts: listener, event: "listen", direction: "unknown" },
      { facts: near, event: "open", direction: "local", initiator: "local" },
      { facts: far, event: "open", direction: "local", initiator: "remote" },
    ]);
  });
}
