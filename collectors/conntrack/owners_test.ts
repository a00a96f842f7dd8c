import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { STATE } from "../../lib/tcp_states.ts";
import { FlowOwners } from "./owners.ts";
import { begun, NOW, TestHost } from "./owners/test_host.ts";
import type { FlowEvent } from "./flow.ts";
import type { FlowOwner } from "./owners/settle.ts";

const CLIENT: readonly [string, number] = ["10.0.0.1", 40000];
const SERVER: readonly [string, number] = ["192.0.2.9", 443];
const EGRESS = begun("tcp", CLIENT, SERVER);
const INGRESS = begun("tcp", SERVER, CLIENT);
const { established, listen, synRecv, timeWait } = STATE;

function ownersOf(host: TestHost): FlowOwners {
  return new FlowOwners(host.system, host.procfs, "host", new AbortController().signal);
}

async function attribute(host: TestHost, flow: FlowEvent): Promise<FlowOwner> {
  const [owner] = await ownersOf(host).attribute([flow]);
  if (owner === undefined) throw new Error("There is no owner");
  return owner;
}

/** `ATTRIBUTION pid PID`, or `none: REASON`. */
function summary({ attribution, process, attributionReason }: FlowOwner): string {
  return process ? `${attribution} pid ${process.pid}` : `${attribution}: ${attributionReason}`;
}

function connect(host: TestHost, inode: number): void {
  host.sockets("tcp", [{ local: CLIENT, remote: SERVER, state: established, inode, uid: 33 }]);
}

Deno.test("FlowOwners finds the process that holds the socket of a flow", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  connect(host, 700);
  const { process, ...owner } = await attribute(host, EGRESS);
  assertEquals(owner, {
    local: "source",
    direction: "egress",
    initiator: "local",
    netns: 4026531840,
    attribution: "exact",
    socket: { inode: 700, type: "stream", uid: 33 },
  });
  assertEquals([process?.pid, process?.name], [71, "curl"]);
  assertEquals(host.sleeps, []);
});

Deno.test("FlowOwners gives a reused tuple the process that has it now", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  connect(host, 700);
  const owners = ownersOf(host);
  assertEquals((await owners.attribute([EGRESS])).map(summary), ["exact pid 71"]);
  host.close(71);
  host.tree.addProcess({ pid: 72, comm: "wget", sockets: [701] });
  connect(host, 701);
  host.now += 10_000;
  const later = { ...EGRESS, timestampUs: host.now };
  assertEquals((await owners.attribute([later])).map(summary), ["exact pid 72"]);
});

Deno.test("FlowOwners does not take a later process with the same number for the holder", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700], startTicks: 5 });
  connect(host, 700);
  const owners = ownersOf(host);
  const [first] = await owners.attribute([EGRESS]);
  host.end(71);
  host.tree.addProcess({ pid: 71, comm: "other", startTicks: 9 });
  host.now += 10_000;
  const [second] = await owners.attribute([{ ...EGRESS, timestampUs: host.now }]);
  assertEquals(second && summary(second), "none: no process holds its socket");
  host.end(71);
  host.tree.addProcess({ pid: 71, comm: "third", startTicks: 9, sockets: [700] });
  host.now += 100_000;
  const [third] = await owners.attribute([{ ...EGRESS, timestampUs: host.now }]);
  assertEquals(third?.process?.name, "third");
  assertNotEquals(third?.process?.entityId, first?.process?.entityId);
});

Deno.test("FlowOwners does not trust a process that lets go of the socket while it is read", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  connect(host, 700);
  host.onRead = (path) => {
    if (path === "71/status") host.close(71);
  };
  assertEquals(summary(await attribute(host, EGRESS)), "none: no process holds its socket");
});

Deno.test("FlowOwners finds the IPv4 flow of a dual-stack socket", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "java", sockets: [700] });
  const [local, remote] = [["::ffff:10.0.0.1", 40000], ["::ffff:192.0.2.9", 443]] as const;
  host.sockets("tcp", []);
  host.sockets("tcp6", [{ local, remote, state: established, inode: 700 }]);
  assertEquals(summary(await attribute(host, EGRESS)), "exact pid 71");
});

Deno.test("FlowOwners says so when processes may not be looked into", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  connect(host, 700);
  host.onRead = (path) => {
    if (path.startsWith("71/fd")) throw new Deno.errors.PermissionDenied(path);
  };
  const reason = "not permitted: none of the processes that may be looked into holds its socket";
  assertEquals(summary(await attribute(host, EGRESS)), `none: ${reason}`);
});

Deno.test("FlowOwners goes on when the proc file system cannot be read", async () => {
  using host = new TestHost();
  const owners = ownersOf(host);
  host.onRead = (path) => {
    if (path.endsWith("/tcp")) throw new Error("Too many open files (os error 24)");
  };
  const [owner] = await owners.attribute([EGRESS]);
  assertEquals([owner?.attribution, owner?.direction], ["none", "egress"]);
  assertEquals(owner?.attributionReason?.includes("Too many open files"), true);
});

Deno.test("FlowOwners looks once more, a little later", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl" });
  host.sockets("tcp", []);
  host.meanwhile = () => {
    host.tree.addProcess({ pid: 72, comm: "curl", sockets: [700] });
    connect(host, 700);
    host.meanwhile = () => {};
  };
  const owner = await attribute(host, EGRESS);
  assertEquals(summary(owner), "late pid 72");
  assertEquals(
    owner.attributionReason,
    "first gone: no socket has its addresses and ports any more",
  );
  assertEquals(host.sleeps, [30]);
});

Deno.test("FlowOwners waits no longer when the clock is set back", async () => {
  using host = new TestHost();
  host.sockets("tcp", []);
  const owners = ownersOf(host);
  const first = owners.attribute([EGRESS]);
  host.jumped = -7_200_000_000;
  await Promise.all([first, owners.attribute([EGRESS])]);
  assert(host.sleeps.every((ms) => ms <= 30), `${host.sleeps}`);
});

Deno.test("FlowOwners infers the listener until the connection is accepted", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 80, comm: "httpd", sockets: [800] });
  host.tree.addProcess({ pid: 81, ppid: 80, comm: "httpd", sockets: [800, 801] });
  const listener = { local: ["0.0.0.0", 40000], state: listen, inode: 800 } as const;
  const ends = { local: CLIENT, remote: SERVER } as const;
  host.sockets("tcp", [listener, { ...ends, state: synRecv, inode: 0 }]);
  const waiting = await attribute(host, INGRESS);
  assertEquals(summary(waiting), "inferred pid 80");
  assertEquals([waiting.direction, waiting.initiator, waiting.local], [
    "ingress",
    "remote",
    "destination",
  ]);
  assertEquals(waiting.attributionReason, "not accepted yet: who listens there");
  assertEquals(waiting.socket, undefined);
  host.meanwhile = () => {
    host.sockets("tcp", [listener, { ...ends, state: established, inode: 801 }]);
  };
  assertEquals(summary(await attribute(host, INGRESS)), "late pid 81");
});

Deno.test("FlowOwners finds the dual-stack listener of an IPv4 connection", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 80, comm: "httpd", sockets: [800] });
  host.sockets("tcp", []);
  host.sockets("tcp6", [{ local: ["::", 40000], state: listen, inode: 800 }]);
  assertEquals(summary(await attribute(host, INGRESS)), "inferred pid 80");
  host.sockets("tcp6", []);
  assertEquals(
    summary(await attribute(host, INGRESS)),
    "none: no socket: its port is closed, or its socket is gone",
  );
});

Deno.test("FlowOwners names nobody where several processes may have it", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 80, comm: "a", sockets: [800] });
  host.tree.addProcess({ pid: 81, comm: "b", sockets: [801] });
  const bound = (inode: number) => ({ local: ["0.0.0.0", 5353], state: 7, inode } as const);
  host.sockets("udp", [bound(800), bound(801)]);
  const flow = begun("udp", ["192.0.2.9", 5353], ["10.0.0.1", 5353]);
  assertEquals(
    summary(await attribute(host, flow)),
    "none: ambiguous: 2 sockets of several processes fit",
  );
  host.end(81);
  assertEquals((await attribute(host, flow)).process, undefined);
  host.sockets("udp", [bound(800)]);
  assertEquals(summary(await attribute(host, flow)), "exact pid 80");
});

Deno.test("FlowOwners knows that a socket in TIME_WAIT is gone", async () => {
  using host = new TestHost();
  host.sockets("tcp", [{ local: CLIENT, remote: SERVER, state: timeWait, inode: 0 }]);
  assertEquals(
    summary(await attribute(host, EGRESS)),
    "none: gone: no socket has its addresses and ports any more",
  );
});

Deno.test("FlowOwners remembers the owner of a socket that has gone since the flow began", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700, 701] });
  const short = { local: ["10.0.0.1", 40001], remote: SERVER, state: established } as const;
  const long = { local: CLIENT, remote: SERVER, state: established, inode: 700 } as const;
  host.sockets("tcp", [long]);
  const owners = ownersOf(host);
  await owners.attribute([EGRESS]);
  host.now += 20_000;
  host.sockets("tcp", [long, { ...short, inode: 701 }]);
  await owners.attribute([EGRESS]);
  const seen = host.now;
  host.sockets("tcp", [long]);
  host.now += 20_000;
  const at = (timestampUs: number) => begun("tcp", short.local, SERVER, timestampUs);
  const [before, after] = await owners.attribute([at(seen - 5000), at(seen + 5000)]);
  assertEquals(before && summary(before), "exact pid 71");
  assertEquals(before?.socket?.inode, 701);
  assertEquals(
    after && summary(after),
    "none: gone: no socket has its addresses and ports any more",
  );
});

Deno.test("FlowOwners gives no flow to a process that began long after it", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  connect(host, 700);
  const before = begun("tcp", CLIENT, SERVER, 1_600_000_000_000_000);
  assertEquals(
    summary(await attribute(host, before)),
    "none: gone: the process that has its address and port began later",
  );
  const preexisting = { ...before, event: "dump" } as const;
  assertEquals(summary(await attribute(host, preexisting)), "exact pid 71");
});

Deno.test("FlowOwners only infers whose a datagram was that is looked at long after", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "dig", sockets: [700] });
  host.sockets("udp", [{ local: ["0.0.0.0", 40000], state: 7, inode: 700 }]);
  const flow = (age: number) => begun("udp", CLIENT, SERVER, NOW - age);
  assertEquals(summary(await attribute(host, flow(1_000_000))), "exact pid 71");
  assertEquals(summary(await attribute(host, flow(3_000_000))), "inferred pid 71");
});

Deno.test("FlowOwners reads a table once for many flows, and each process once", async () => {
  using host = new TestHost();
  const ports = Array.from({ length: 500 }, (_, i) => 30_000 + i);
  const sockets = ports.map((port) => port + 1000);
  host.tree.addProcess({ pid: 71, comm: "crawler", sockets });
  host.sockets(
    "tcp",
    ports.map((port) => ({
      local: ["10.0.0.1", port],
      remote: SERVER,
      state: established,
      inode: port + 1000,
    })),
  );
  const owners = ownersOf(host);
  host.reads.clear();
  const found = await owners.attribute(
    ports.map((port) => begun("tcp", ["10.0.0.1", port], SERVER)),
  );
  assertEquals(new Set(found.map(summary)), new Set(["exact pid 71"]));
  assertEquals(new Set(found.map(({ process }) => process)).size, 1);
  assertEquals([host.reads.get("self/net/tcp"), host.reads.get("71/cmdline")], [1, 1]);
});
