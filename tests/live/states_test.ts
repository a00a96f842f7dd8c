/** Sockets that have no owner, or no connection yet: nothing is made up about them. */
import { assertEquals, assertMatch } from "@std/assert";
import { Actor, type SocketFacts } from "../actor.ts";
import { connect, NetworkNamespace } from "../netns.ts";
import { eventually } from "../program.ts";
import { type Snapshot, snapshots } from "../read_back.ts";
import { assertRecord, fieldOf, liveTest, rowOf } from "./live.ts";

/**
 * Asserts that the socket's record has no process in any format, and the reason where one is given. Returns
 * the snapshots: the kernel forgets some states after a minute, so that there may be no time for others.
 */
async function assertOwnerless(
  facts: Pick<SocketFacts, "local" | "remote">,
  state: string,
  reason: RegExp,
): Promise<readonly Snapshot[]> {
  const taken = await snapshots();
  for (const snapshot of taken) {
    const { format } = snapshot;
    const row = rowOf(snapshot, facts);
    assertEquals([row.pid, row.name, row.argv], [null, null, []], format);
    assertEquals(row.state, state, format);
    if (format === "csv") {
      assertEquals(fieldOf(row, "attribution"), "none");
      assertMatch(String(fieldOf(row, "attribution_reason")), reason);
    }
    if (format === "ndjson") {
      assertEquals(fieldOf(row, "connscribe.attribution.kind"), "none");
      assertMatch(String(fieldOf(row, "connscribe.attribution.reason")), reason);
    }
    if (format === "text") assertMatch(row.asides?.join(" ") ?? "", reason);
  }
  return taken;
}

/** Waits until the kernel lists a connection in a state. */
async function reached(local: number, remote: number, state: string): Promise<void> {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  const row = new RegExp(`:${hex(local)} [0-9A-F]{8}:${hex(remote)} ${state} `);
  await eventually(
    async () => row.test(await Deno.readTextFile("/proc/net/tcp")) || undefined,
    `no row ${row}`,
  );
}

/** Two connected actors of this host. */
async function pair(server: Actor, client: Actor): Promise<SocketFacts> {
  const listener = await server.socket({ do: "listen", name: "listener" });
  const [address, port] = listener.local;
  return await client.socket({ do: "connect", name: "client", address, port });
}

liveTest("snapshot shows TIME_WAIT as closed, without a process", async () => {
  await using server = await Actor.start();
  await using client = await Actor.start();
  const near = await pair(server, client);
  await server.ask({ do: "accept", name: "server", listener: "listener" });
  await client.ask({ do: "close", name: "client" });
  await server.ask({ do: "close", name: "server" });
  await reached(near.local[1], near.remote?.[1] ?? 0, "06");
  for (const snapshot of await assertOwnerless(near, "time_wait", /closed/)) {
    if (snapshot.format !== "lognet") assertEquals(rowOf(snapshot, near).event, "close");
  }
});

liveTest("snapshot shows an orphan in FIN_WAIT2 without a process, its peer with one", async () => {
  await using server = await Actor.start();
  await using client = await Actor.start();
  const near = await pair(server, client);
  const far = await server.socket({ do: "accept", name: "server", listener: "listener" });
  await client.ask({ do: "close", name: "client" });
  await reached(near.local[1], near.remote?.[1] ?? 0, "05");
  for (const snapshot of await assertOwnerless(near, "fin_wait2", /orphan/)) {
    assertRecord(snapshot, { facts: far, state: "close_wait" });
  }
});

liveTest("snapshot shows a connection that is not accepted yet without a process", async () => {
  await using server = await Actor.start();
  await using client = await Actor.start();
  const near = await pair(server, client);
  const far = { local: near.remote ?? ["", 0], remote: near.local } as const;
  for (const snapshot of await assertOwnerless(far, "established", /not accepted/)) {
    const direction = { direction: "local", initiator: "local" };
    assertRecord(snapshot, { facts: near, state: "established", ...direction });
  }
});

liveTest("snapshot shows an attempt that nobody answers, with its process", async () => {
  await using namespace = await NetworkNamespace.create();
  await using other = await NetworkNamespace.create();
  await connect({ namespace, addresses: ["10.77.0.1/24"] }, { namespace: other, addresses: [] });
  // A neighbour that is not there: the SYN goes out and no answer comes.
  await namespace.ip(
    ..."neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev veth0".split(" "),
  );
  await using client = await Actor.start({ prefix: namespace.prefix });
  const command = { do: "connect", name: "client", address: "10.77.0.9", port: 4433, wait: false };
  const { pid, local } = await client.socket(command);
  const facts = { pid, local, remote: ["10.77.0.9", 4433] } as const;
  for (const snapshot of await snapshots()) {
    assertRecord(snapshot, {
      facts,
      event: "open",
      direction: "egress",
      initiator: "local",
      state: "syn_sent",
    });
  }
});

liveTest("snapshot shows raw and ping sockets with their processes, IPv4 and IPv6", async () => {
  await using namespace = await NetworkNamespace.create();
  await namespace.ip("addr", "add", "fd77::1/128", "dev", "lo");
  await using actor = await Actor.start({ prefix: namespace.prefix });
  await actor.ask({ do: "raw", name: "raw4", address: "127.0.0.77", protocol: 1 });
  await actor.ask({ do: "raw", name: "gre", address: "127.0.0.78", protocol: 47 });
  await actor.ask({ do: "raw", name: "raw6", address: "fd77::1", protocol: 58 });
  await actor.ask({ do: "ping", name: "ping4", address: "127.0.0.79" });
  await actor.ask({ do: "ping", name: "ping6", address: "::1" });
  const expected = [
    ["127.0.0.77", "icmp"],
    ["127.0.0.78", "gre"],
    ["127.0.0.79", "icmp"],
    ["fd77::1", "ipv6-icmp"],
    ["::1", "ipv6-icmp"],
  ];
  for (const { format, rows } of await snapshots()) {
    // What psutil does not know, lognet does not know.
    if (format === "lognet") continue;
    const found = rows.filter(({ pid }) => pid === actor.pid)
      .map(({ local, protocol, event, remote }) => [local[0], protocol, local[1], event, remote]);
    const wanted = expected.map(([ip, protocol]) => [ip, protocol, null, "listen", null]);
    const byText = (a: unknown, b: unknown) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
    assertEquals(found.sort(byText), wanted.sort(byText), format);
  }
});
