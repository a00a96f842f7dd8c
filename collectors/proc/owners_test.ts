import { assertEquals } from "@std/assert";
import { DENIED_INODE } from "../../lib/procfs/procfs.ts";
import { type Descriptors, OwnerFinder } from "./owners.ts";

interface FakeProcess {
  readonly ppid?: number;
  readonly start?: number;
  /** Socket inodes by descriptor; "denied" closes the whole process. */
  readonly sockets: readonly number[] | "denied" | "unreadable";
}

/** A proc file system of these processes, which notes whose descriptors are listed. */
class FakeDescriptors implements Descriptors {
  readonly listed: number[] = [];

  constructor(readonly processes: Map<number, FakeProcess>) {}

  get pids(): number[] {
    return [...this.processes.keys()];
  }

  fdNames(pid: number): string[] | "gone" | "denied" {
    const process = this.processes.get(pid);
    if (process === undefined) return "gone";
    this.listed.push(pid);
    if (process.sockets === "denied") return "denied";
    return process.sockets === "unreadable" ? ["0"] : process.sockets.map((_, fd) => String(fd));
  }

  socketInode(pid: number, fd: string): number | undefined {
    const sockets = this.processes.get(pid)?.sockets;
    return typeof sockets === "string" ? DENIED_INODE : sockets?.[Number(fd)];
  }

  stat(pid: number) {
    const process = this.processes.get(pid);
    if (process === undefined) return "gone" as const;
    return {
      pid,
      comm: "x",
      commBytes: 1,
      state: "S",
      ppid: process.ppid ?? 1,
      startTicks: process.start ?? pid,
      argStart: 0,
    };
  }
}

function fake(processes: Record<number, FakeProcess>): FakeDescriptors {
  return new FakeDescriptors(
    new Map(Object.entries(processes).map(([pid, process]) => [Number(pid), process])),
  );
}

function ownersOf(procfs: FakeDescriptors, wanted: number[], finder = new OwnerFinder(procfs)) {
  const { owners, denied } = finder.find(new Set(wanted), procfs.pids);
  const pids = wanted.map((inode) => owners.get(inode)?.pid);
  return { pids, denied };
}

Deno.test("OwnerFinder finds the process of each inode", () => {
  const procfs = fake({ 10: { sockets: [100, 101] }, 20: { sockets: [200] } });
  assertEquals(ownersOf(procfs, [101, 200, 300]), { pids: [10, 20, undefined], denied: 0 });
});

Deno.test("OwnerFinder gives a socket that is shared to the holder that started first", () => {
  const procfs = fake({
    10: { sockets: [7], start: 500 },
    20: { sockets: [7], start: 400 },
    30: { sockets: [7], start: 600 },
  });
  const { owners } = new OwnerFinder(procfs).find(new Set([7]), procfs.pids, true);
  assertEquals(owners.get(7), { pid: 20, fd: "0" });
});

Deno.test("OwnerFinder looks at the ancestors of a holder even when all inodes are found", () => {
  const procfs = fake({
    10: { sockets: [7] },
    20: { ppid: 10, sockets: [] },
    30: { ppid: 20, sockets: [7] },
  });
  assertEquals(ownersOf(procfs, [7]).pids, [10]);
});

Deno.test("OwnerFinder passes over process 1 where another holds the socket too", () => {
  const procfs = fake({ 1: { sockets: [7], start: 0 }, 30: { sockets: [7] } });
  const finder = new OwnerFinder(procfs);
  assertEquals(ownersOf(procfs, [7, 8], finder).pids, [30, undefined]);
  const alone = fake({ 1: { sockets: [7], start: 0 } });
  assertEquals(ownersOf(alone, [7]).pids, [1]);
});

Deno.test("OwnerFinder counts processes that are closed to it, by directory or by link", () => {
  const procfs = fake({
    10: { sockets: "denied" },
    20: { sockets: "unreadable" },
    30: { sockets: [7] },
  });
  assertEquals(ownersOf(procfs, [7, 8]), { pids: [30, undefined], denied: 2 });
});

Deno.test("OwnerFinder looks first at processes that lately opened sockets, and no further than needed", () => {
  const procfs = fake({ 10: { sockets: [7, 8] }, 20: { sockets: [] }, 30: { sockets: [9] } });
  const finder = new OwnerFinder(procfs);
  ownersOf(procfs, [7], finder);
  procfs.listed.length = 0;
  ownersOf(procfs, [8], finder);
  assertEquals(procfs.listed, [10]);
});

Deno.test("OwnerFinder does not trust a process that has gone away", () => {
  const procfs = fake({ 10: { sockets: [7] }, 20: { sockets: [] } });
  const finder = new OwnerFinder(procfs);
  ownersOf(procfs, [7], finder);
  procfs.processes.delete(10);
  assertEquals(ownersOf(procfs, [7], finder).pids, [undefined]);
  assertEquals(finder.holds({ pid: 10, fd: "0" }, 7), false);
});
