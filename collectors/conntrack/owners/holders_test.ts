import { assertEquals } from "@std/assert";
import { Holders } from "./holders.ts";
import { TestHost } from "./test_host.ts";

const NOBODY: ReadonlySet<number> = new Set();

/** The pid of the socket's holder, or why there is none. */
function holder(holders: Holders, inode: number, others = NOBODY): number | string {
  const found = holders.resolve(new Set([inode]), others)(inode);
  return typeof found === "string" ? found : found.pid;
}

function holdersOf(host: TestHost): Holders {
  return new Holders(host.system, host.procfs, "host");
}

/** Which processes had their descriptors listed since the last time. */
function walked(host: TestHost): number[] {
  const pids = [...host.reads.keys()].filter((path) => /^\d+\/fd$/.test(path)).map(parseFloat);
  host.reads.clear();
  return pids.sort((a, b) => a - b);
}

Deno.test("Holders looks again only where it has found the socket before", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", sockets: [700] });
  host.tree.addProcess({ pid: 72, comm: "b" });
  const holders = holdersOf(host);
  assertEquals(holder(holders, 700), 71);
  walked(host);
  assertEquals(holder(holders, 700), 71);
  assertEquals(walked(host), []);
});

Deno.test("Holders asks processes first that lately had sockets, or have just begun", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", sockets: [700, 701] });
  for (let pid = 80; pid < 90; pid++) host.tree.addProcess({ pid, comm: "idle" });
  const holders = holdersOf(host);
  holder(holders, 700);
  walked(host);
  assertEquals(holder(holders, 701), 71);
  assertEquals(walked(host), [71]);
  host.tree.addProcess({ pid: 95, comm: "b", sockets: [702] });
  assertEquals(holder(holders, 702), 95);
  assertEquals(walked(host).includes(85), false);
});

Deno.test("Holders walks over all processes for a socket that is still missing", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", sockets: [700] });
  const holders = holdersOf(host);
  // A walk that takes long, so that another one must wait.
  host.onRead = (path) => {
    if (path.endsWith("/fd")) host.now += 10_000;
  };
  const unheld = "no process holds its socket";
  assertEquals(holder(holders, 799), unheld);
  assertEquals(walked(host), [50, 71]);
  assertEquals(holder(holders, 798), unheld);
  assertEquals(walked(host), []);
  assertEquals(holder(holders, 700), unheld);
  assertEquals(holder(holders, 700), 71);
  assertEquals(walked(host), [50, 71]);
});

Deno.test("Holders does not walk over all processes for sockets that nobody asked for", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", sockets: [700, 701] });
  host.tree.addProcess({ pid: 72, comm: "b", sockets: [702] });
  const holders = holdersOf(host);
  holder(holders, 700);
  walked(host);
  const found = holders.resolve(new Set([700]), new Set([701, 702]));
  assertEquals([701, 702].map((inode) => typeof found(inode)), ["object", "string"]);
  assertEquals(walked(host), [71]);
});

Deno.test("Holders names the process that had the socket first", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "parent", sockets: [700, 701] });
  const holders = holdersOf(host);
  assertEquals(holder(holders, 799), "no process holds its socket");
  // Only the child is asked first, and it holds both sockets.
  host.tree.addProcess({ pid: 72, ppid: 71, comm: "child", sockets: [700, 701] });
  assertEquals(holder(holders, 700), 71);
  host.tree.addProcess({ pid: 73, ppid: 72, comm: "grandchild", sockets: [701] });
  assertEquals(holder(holders, 701), 71);
});

Deno.test("Holders does not stay with process 1 when a service has begun", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 1, ppid: 0, comm: "systemd", sockets: [700] });
  const holders = holdersOf(host);
  assertEquals(holder(holders, 700), 1);
  host.tree.addProcess({ pid: 71, comm: "sshd", sockets: [700] });
  assertEquals(holder(holders, 700), 71);
});

Deno.test("Holders gives one object for a process as long as it is the same", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", sockets: [700, 701] });
  const holders = holdersOf(host);
  const identity = (inode: number) => holders.resolve(new Set([inode]), NOBODY)(inode);
  const first = identity(700);
  assertEquals(identity(701) === first, true);
  host.tree.write("71/cmdline", "another\0");
  assertEquals(identity(701) === first, false);
});
