import { assertEquals } from "@std/assert";
import { FIRST_NETNS } from "../../../tests/fake_procfs.ts";
import { STATE } from "../../../lib/tcp_states.ts";
import { FlowOwners } from "../owners.ts";
import { NetNamespaces } from "./netns.ts";
import { begun, CONTAINER, TestHost } from "./test_host.ts";

const CLIENT = ["172.17.0.2", 4000] as const;
const SERVER = ["192.0.2.9", 443] as const;
const FLOW = begun("tcp", CLIENT, SERVER);
const SOCKET = { local: CLIENT, remote: SERVER, state: STATE.synSent, inode: 900 } as const;

function addContainer(host: TestHost): void {
  host.namespace(CONTAINER, ["127.0.0.1", "172.17.0.2"]);
  host.sockets("tcp", [SOCKET], CONTAINER);
  host.tree.addProcess({ pid: 90, comm: "nginx", netns: CONTAINER, sockets: [900] });
}

function ownersOf(host: TestHost): FlowOwners {
  return new FlowOwners(host.system, host.procfs, "host", new AbortController().signal);
}

Deno.test("NetNamespaces knows the own namespace and those of other processes", () => {
  using host = new TestHost();
  addContainer(host);
  const spaces = new NetNamespaces(host.system, host.procfs);
  assertEquals(spaces.refresh(0), true);
  assertEquals([spaces.own.inode, spaces.others.map(({ inode }) => inode)], [
    FIRST_NETNS,
    [CONTAINER],
  ]);
  assertEquals(spaces.own.addresses.has("10.0.0.1"), true);
  assertEquals(spaces.own.addresses.has("fd00::1"), true);
  assertEquals(spaces.having("172.17.0.2").map(({ inode }) => inode), [CONTAINER]);
  assertEquals(spaces.having("10.0.0.1"), []);
  assertEquals(spaces.refresh(5_000_000), false);
  host.now += 5_000_000;
  assertEquals(spaces.refresh(5_000_000), true);
});

Deno.test("NetNamespaces reads a namespace through another process when one has gone", () => {
  using host = new TestHost();
  addContainer(host);
  host.tree.addProcess({ pid: 91, comm: "nginx", netns: CONTAINER });
  const spaces = new NetNamespaces(host.system, host.procfs);
  spaces.refresh(0);
  host.end(90);
  const [container] = spaces.others;
  assertEquals(container?.table("tcp") !== undefined, true);
  host.sockets("tcp", []);
  // The number was given to a process in another namespace.
  host.end(91);
  host.tree.addProcess({ pid: 91, comm: "other", netns: FIRST_NETNS });
  assertEquals(container?.table("tcp"), undefined);
});

Deno.test("NetNamespaces does without addresses and other namespaces where they cannot be read", () => {
  using host = new TestHost();
  addContainer(host);
  host.onRead = (path) => {
    if (/fib_trie|if_inet6|ns\/net/.test(path)) throw new Deno.errors.PermissionDenied(path);
  };
  const spaces = new NetNamespaces(host.system, host.procfs);
  spaces.refresh(0);
  assertEquals([spaces.own.inode, spaces.others.length], [0, 0]);
  assertEquals(spaces.own.addresses.has("10.0.0.1"), false);
});

Deno.test("FlowOwners finds the process of a container behind a forwarded flow", async () => {
  using host = new TestHost();
  addContainer(host);
  const [owner] = await ownersOf(host).attribute([FLOW]);
  assertEquals(
    [owner?.direction, owner?.attribution, owner?.process?.pid, owner?.netns],
    ["egress", "exact", 90, CONTAINER],
  );
});

Deno.test("FlowOwners finds a container that was started a moment ago", async () => {
  using host = new TestHost();
  const owners = ownersOf(host);
  const other = begun("tcp", ["198.51.100.1", 1], ["198.51.100.2", 2]);
  const [before] = await owners.attribute([other]);
  assertEquals([before?.direction, before?.attributionReason], ["unknown", "forwarded"]);
  host.now += 200_000;
  addContainer(host);
  const [after] = await owners.attribute([FLOW]);
  assertEquals([after?.direction, after?.process?.pid], ["egress", 90]);
});

Deno.test("FlowOwners does not look for forwarded flows twice where there is no container", async () => {
  using host = new TestHost();
  await ownersOf(host).attribute([begun("tcp", ["198.51.100.1", 1], ["198.51.100.2", 2])]);
  assertEquals(host.sleeps, []);
});

Deno.test("FlowOwners finds flows by their sockets where it does not know the addresses", async () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "curl", sockets: [700] });
  const ends = { local: ["10.0.0.1", 4000], remote: SERVER } as const;
  host.sockets("tcp", [{ ...ends, state: STATE.established, inode: 700 }]);
  host.onRead = (path) => {
    if (/fib_trie|if_inet6/.test(path)) throw new Deno.errors.PermissionDenied(path);
  };
  const owners = ownersOf(host);
  const [out, into] = await owners.attribute([
    begun("tcp", ends.local, SERVER),
    begun("tcp", SERVER, ends.local),
  ]);
  assertEquals([out?.direction, out?.process?.pid], ["egress", 71]);
  assertEquals([into?.direction, into?.process?.pid], ["ingress", 71]);
});

Deno.test("FlowOwners places a flow without a look at the sockets", () => {
  using host = new TestHost();
  const owners = ownersOf(host);
  host.reads.clear();
  assertEquals(owners.place(begun("tcp", SERVER, ["10.0.0.1", 22]), "why"), {
    local: "destination",
    direction: "ingress",
    initiator: "remote",
    attribution: "none",
    attributionReason: "why",
  });
  assertEquals(host.reads.size, 0);
});
