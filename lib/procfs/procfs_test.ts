/**
 * The tree fixtures/proc is a proc file system with two network namespaces, 4026531840 (tables in
 * netns/host) and 4026532246 (netns/container):
 *
 *       1  init, holds the listeners of sshd too (socket activation)
 *       2  a kernel thread
 *     612  sshd, listens on port 22
 *     640  python3, its executable deleted: a listener with an accepted and a not yet accepted
 *          connection, a dual-stack listener with a mapped one, UDP with and without a peer; `self`
 *     641  its forked child, with the same listeners
 *     655  a client with the name and argument that deceive parsers: `)`, blanks, newline, tab
 *     660  nginx in a container, in the other namespace, under a title without NULs
 *     661  a zombie whose control group is gone
 *     670  a process that has vanished all but for its control group
 *     680  a long name and an argv that is not UTF-8; UDP-Lite, raw, ping and SCTP sockets
 *
 * Inode 95009 belongs to nobody.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { realSystem } from "../system.ts";
import { parseMountinfo } from "./mountinfo.ts";
import { decodeEndpoints, type NetRow, scanNetTable } from "./net_table.ts";
import { DENIED_INODE, type Missing, ProcFs, ProcFsError } from "./procfs.ts";
import { scanSctpAssociations, scanSctpEndpoints } from "./sctp.ts";

const ROOT = new URL("../../fixtures/proc", import.meta.url).pathname;
const system = realSystem();
const procfs = new ProcFs(system, ROOT);

function present<T>(value: T | Missing): T {
  assert(value !== "gone" && value !== "denied");
  return value;
}

/** A proc file system of which every read fails with that error. */
function failing(error: Error): ProcFs {
  const fail = () => {
    throw error;
  };
  return new ProcFs({ ...system, readFile: fail, readDir: fail, readLink: fail }, "/proc");
}

Deno.test("ProcFs lists processes and nothing else", () => {
  const pids = procfs.pids().sort((a, b) => a - b);
  assertEquals(pids, [1, 2, 612, 640, 641, 655, 660, 661, 670, 680]);
  assertEquals(new ProcFs(system, `${ROOT}/none`).pids(), []);
});

Deno.test("ProcFs reads every table of both namespaces without a malformed row", () => {
  const expected: [number | "self", string, typeof scanNetTable, number][] = [
    ["self", "tcp", scanNetTable, 13],
    [655, "tcp6", scanNetTable, 4],
    [1, "udp", scanNetTable, 2],
    [1, "udp6", scanNetTable, 1],
    [1, "udplite", scanNetTable, 1],
    [1, "udplite6", scanNetTable, 0],
    [1, "raw", scanNetTable, 1],
    [1, "raw6", scanNetTable, 1],
    [1, "icmp", scanNetTable, 1],
    [1, "icmp6", scanNetTable, 0],
    [1, "sctp/eps", scanSctpEndpoints, 2],
    [1, "sctp/assocs", scanSctpAssociations, 1],
    [660, "tcp", scanNetTable, 3],
  ];
  for (const [pid, name, scan, rows] of expected) {
    const bytes = present(procfs.netTable(pid, name));
    const visit = (row: NetRow) => decodeEndpoints(row.key);
    assertEquals(scan(bytes, visit), { rows, malformed: 0 }, name);
  }
  assertEquals(procfs.netTable(660, "sctp/eps"), "gone");
  assertEquals(procfs.netTable(999, "tcp"), "gone");
});

Deno.test("ProcFs finds the process of every socket, and none for two of them", () => {
  const owners = new Map<number, number[]>();
  for (const pid of procfs.pids()) {
    const names = procfs.fdNames(pid);
    if (typeof names === "string") continue;
    for (const name of names) {
      const inode = procfs.socketInode(pid, name);
      if (inode !== undefined) owners.set(inode, [...(owners.get(inode) ?? []), pid]);
    }
  }
  assertEquals(owners.get(20022)?.sort(), [1, 612]);
  assertEquals(owners.get(91555)?.sort(), [640, 641]);
  assertEquals(owners.get(91559), [655]);
  assertEquals(owners.get(95001), [660]);
  assertEquals(owners.get(95009), undefined);
  assertEquals(owners.get(0), undefined);
});

Deno.test("ProcFs.socketInode is undefined for what is no socket or not there", () => {
  assertEquals(procfs.socketInode(640, "3"), 91555);
  assertEquals(procfs.socketInode(640, "11"), undefined);
  assertEquals(procfs.socketInode(640, "0"), undefined);
  assertEquals(procfs.socketInode(640, "99"), undefined);
  assertEquals(procfs.socketInode(999, "0"), undefined);
});

Deno.test("ProcFs reads the files of processes", () => {
  assertEquals(present(procfs.stat(655)).comm, "a) S 1 (b\n\tc");
  assertEquals(present(procfs.status(660)).nsPids, [660, 7]);
  assertEquals(present(procfs.cmdline(640)).argv, [
    "/usr/bin/python3",
    "/srv/web/app.py",
    "--title",
    "",
  ]);
  assertEquals(procfs.exe(640), "/usr/bin/python3.11 (deleted)");
  assertEquals(present(procfs.cgroup(661)).cgroup, "/user.slice/user-1000.slice/zz.scope");
  assertEquals([procfs.netns(640), procfs.netns(660), procfs.netns("self")], [
    4026531840,
    4026532246,
    4026531840,
  ]);
});

Deno.test("ProcFs takes what a vanished process lacks as gone", () => {
  assertEquals([procfs.stat(670), procfs.status(670), procfs.cmdline(670)], [
    "gone",
    "gone",
    "gone",
  ]);
  assertEquals([procfs.fdNames(670), procfs.netns(670), procfs.exe(670)], [
    "gone",
    "gone",
    undefined,
  ]);
  assertEquals([procfs.exe(2), procfs.netns(661)], [undefined, "gone"]);
});

Deno.test("ProcFs reads what it says of the host", () => {
  assertEquals(procfs.bootTime(), 1795226763);
  assertEquals(procfs.bootId(), "0c9b1f5e-3f39-4d6c-9e3e-2f1d7a5b8c44");
  assertEquals(procfs.clockTicks(), 100);
  assertEquals(parseMountinfo(present(procfs.mountinfo())), [
    { inode: 4026532246, path: "/run/docker/netns/4f1b 2" },
  ]);
});

Deno.test("ProcFs tells gone from denied", () => {
  const gone = [new Deno.errors.NotFound("x"), new Error("No such process (os error 3)")];
  gone.push(new Error("No such device or address (os error 6): readfile '/proc/1/net/tcp'"));
  const denied = [new Deno.errors.PermissionDenied("x"), new Deno.errors.NotCapable("x")];
  for (const [errors, result] of [[gone, "gone"], [denied, "denied"]] as const) {
    for (const error of errors) {
      const broken = failing(error);
      assertEquals(broken.stat(1), result);
      assertEquals(broken.netTable("self", "tcp"), result);
      assertEquals(broken.fdNames(1), result);
      assertEquals(broken.netns(1), result);
      assertEquals(broken.mountinfo(), result);
      assertEquals(broken.exe(1), undefined);
      assertEquals(broken.bootTime(), undefined);
      assertEquals(broken.bootId(), undefined);
      assertEquals(broken.pids(), []);
      assertEquals(broken.socketInode(1, "3"), result === "denied" ? DENIED_INODE : undefined);
    }
  }
});

Deno.test("ProcFs throws what is neither gone nor denied, and says where", () => {
  const broken = failing(new Error("Input/output error (os error 5)"));
  const message = 'cannot read "/proc/7/fd/3": Input/output error (os error 5)';
  assertThrows(() => broken.socketInode(7, "3"), ProcFsError, message);
  assertThrows(() => broken.stat(7), ProcFsError, 'cannot read "/proc/7/stat"');
  assertThrows(() => broken.pids(), ProcFsError, 'cannot read "/proc"');
  assertThrows(() => broken.exe(7), ProcFsError);
  // 31 and 60 are not 3 and 6.
  assertThrows(() => failing(new Error("(os error 31)")).stat(1), ProcFsError);
  assertThrows(() => failing(new Error("(os error 60)")).stat(1), ProcFsError);
});

Deno.test({
  name: "ProcFs takes a process that ends while its file is open as gone",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const child = new Deno.Command("/bin/sleep", { args: ["100"] }).spawn();
    using file = Deno.openSync(`/proc/${child.pid}/stat`);
    child.kill("SIGKILL");
    await child.status;
    const late = new ProcFs(
      {
        ...system,
        readFile: () => {
          const bytes = new Uint8Array(1024);
          return bytes.subarray(0, file.readSync(bytes) ?? 0);
        },
      },
      "/proc",
    );
    assertEquals(late.stat(child.pid), "gone");
  },
});

Deno.test({
  name: "ProcFs agrees with the live kernel about this process",
  ignore: Deno.build.os !== "linux",
  fn() {
    const live = new ProcFs(system, "/proc");
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    assert(live.pids().includes(Deno.pid));
    assertEquals(present(live.stat(Deno.pid)).ppid, Deno.ppid);
    assertEquals(present(live.status(Deno.pid)).uid, Deno.uid());
    assertEquals(live.netns("self"), Deno.statSync("/proc/self/ns/net").ino);
    const inodes = present(live.fdNames(Deno.pid)).map((name) => live.socketInode(Deno.pid, name));
    let found = 0;
    const { malformed } = scanNetTable(present(live.netTable("self", "tcp")), (row) => {
      const { local } = decodeEndpoints(row.key);
      if (local.port !== port || !inodes.includes(row.inode)) return;
      assertEquals([local.ip, row.state], ["127.0.0.1", 10]);
      found++;
    });
    assertEquals([found, malformed], [1, 0]);
  },
});
