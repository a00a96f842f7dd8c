// Random histories stand in processes_property_test.ts.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { BOOT_TIME } from "../../tests/fake_procfs.ts";
import { entityId } from "../../lib/id.ts";
import type { ProcessTableOptions } from "./processes.ts";
import { ProcessHost } from "./processes_test_tools.ts";

const BOOT_ID = "11111111-2222-3333-4444-555555555555";

function test(name: string, run: (host: ProcessHost) => void, options?: ProcessTableOptions): void {
  Deno.test(`ProcessTable ${name}`, () => {
    const root = Deno.makeTempDirSync();
    try {
      const host = new ProcessHost(root, options);
      host.runs({ pid: 10, comm: "sh", argv: ["sh", "-i"], startTicks: 500, uid: 1000 });
      host.seed();
      run(host);
    } finally {
      Deno.removeSync(root, { recursive: true });
    }
  });
}

const SHELL = ["exact", 10, "sh", "/usr/bin/sh", "sh", "-i"];

test("names who was there before the trace, and its threads", (host) => {
  host.threads(10, 12, 600);
  host.ends(10);
  host.reach(100);
  assertEquals(host.of(10), SHELL);
  assertEquals(host.of(12), SHELL);
  const { process } = host.table.of(10);
  assertEquals(process?.entityId, entityId("host", BOOT_ID, 10, 500));
  assertEquals([process?.start, process?.uid], [(BOOT_TIME + 5) * 1e6, 1000]);
  assert(host.table.of(10) === host.table.of(12));
});

test("knows that some work is nobody's", (host) => {
  assertEquals(host.table.of(0), {
    attribution: "none",
    attributionReason: "kernel: no process was running",
  });
  host.reach(100);
  assertEquals(host.table.of(99).attributionReason?.slice(0, 5), "gone:");
});

test("names a process in full that has ended, by its early reading", (host) => {
  host.runs({ pid: 20, comm: "curl", argv: ["curl", "-s", "url"], startTicks: 10_000, uid: 7 });
  host.notice(20, 100.021);
  host.ends(20);
  host.at(100.2);
  host.fork(10, 20, 100.005);
  assertEquals(host.of(20), ["exact", 20, "sh", "/usr/bin/sh", "sh", "-i"]);
  host.exec(20, "/usr/bin/curl", 100.02);
  assertEquals(host.of(20), ["exact", 20, "curl", "/usr/bin/curl", "curl", "-s", "url"]);
  const { process } = host.table.of(20);
  assertEquals(process?.parent, {
    pid: 10,
    start: (BOOT_TIME + 5) * 1e6,
    name: "sh",
    executable: "/usr/bin/sh",
    entityId: entityId("host", BOOT_ID, 10, 500),
  });
  host.exit(20, 100.04);
  assert(host.table.of(20).process === process, "it closes its sockets after its exit");
});

test("names a child that has ended and executed nothing by its parent", (host) => {
  host.fork(10, 20, 100.005);
  const { process, attribution } = host.table.of(20);
  assertEquals([attribution, process?.pid, process?.name], ["exact", 20, "sh"]);
  assertEquals(process?.entityId, entityId("host", BOOT_ID, 20, 10_000));
  assertEquals([process?.uid, process?.unit, process?.parent?.pid], [1000, "test.service", 10]);
  assert(process?.commandLine === host.table.of(10).process?.commandLine);
});

test("reads a child that lives: it may have changed its user, and began a tick before", (host) => {
  host.runs({ pid: 20, comm: "sh", argv: ["sh", "-i"], startTicks: 9_999, uid: 33 });
  host.fork(10, 20, 100.0001);
  const { process } = host.table.of(20);
  assertEquals([process?.uid, process?.parent?.pid], [33, 10]);
  assertEquals(process?.entityId, entityId("host", BOOT_ID, 20, 9_999));
});

test("tells of an exec that was not read what the trace has told", (host) => {
  host.fork(10, 20, 100.005);
  host.exec(20, "/opt/a-very-long-name-of-a-program", 100.02);
  const { process, attribution, attributionReason } = host.table.of(20);
  assertEquals([attribution, process?.name], ["inferred", "a-very-long-nam"]);
  assertEquals(attributionReason, "its process could not be read before it ended");
  assertEquals(process?.executable, "/opt/a-very-long-name-of-a-program");
  assertEquals([process?.commandLine, process?.uid], [undefined, 1000]);
  host.exec(20, "./relative", 100.03);
  assertEquals(host.of(20), ["inferred", 20, "relative", "-"]);
  host.exec(20, "/proc/self/fd/5", 100.03);
  assertEquals(host.of(20), ["inferred", 20, "5", "-"]);
  host.fork(98, 99, 100.04, "stray");
  assertEquals(host.of(99), ["inferred", 99, "stray", "-"]);
});

test("does not take the reading of a later exec or of a later process", (host) => {
  host.runs({ pid: 20, comm: "wget", argv: ["wget"], startTicks: 10_000 });
  host.notice(20, 100.04);
  host.fork(10, 20, 100.005);
  host.exec(20, "/usr/bin/curl", 100.02);
  assertEquals(host.of(20), ["inferred", 20, "curl", "/usr/bin/curl"]);
  host.exec(20, "/usr/bin/wget", 100.03);
  assertEquals(host.of(20), ["exact", 20, "wget", "/usr/bin/wget", "wget"]);
  host.exec(20, "/usr/bin/wget", 100.05);
  host.ends(20);
  assertEquals(host.of(20), ["inferred", 20, "wget", "/usr/bin/wget"]);

  host.runs({ pid: 21, comm: "curl", argv: ["curl", "later"], startTicks: 10_020 });
  host.notice(21, 100.21);
  host.fork(10, 21, 100.06);
  host.exec(21, "/usr/bin/curl", 100.07);
  assertEquals(host.of(21), ["inferred", 21, "curl", "/usr/bin/curl"]);
  host.exit(21, 100.08);
  host.fork(10, 21, 100.2001);
  assertEquals(host.of(21), ["exact", 21, "sh", "/usr/bin/sh", "sh", "-i"]);
  host.exec(21, "/usr/bin/curl", 100.206);
  assertEquals(host.of(21), ["exact", 21, "curl", "/usr/bin/curl", "curl", "later"]);
});

test("does not take a reading that is older than the exec, or of who had the pid before", (host) => {
  host.runs({ pid: 20, comm: "curl", argv: ["curl", "first"], startTicks: 10_000 });
  host.notice(20, 100.01);
  host.notice(20, 100.0499);
  host.ends(20);
  host.fork(10, 20, 100.005);
  host.exec(20, "/usr/bin/curl", 100.02);
  assertEquals(host.of(20), ["exact", 20, "curl", "/usr/bin/curl", "curl", "first"]);
  host.exit(20, 100.05);
  host.runs({ pid: 20, comm: "curl", argv: ["curl", "second"], startTicks: 10_005 });
  host.notice(20, 100.0509);
  host.notice(20, 100.051);
  host.ends(20);
  host.fork(10, 20, 100.0501);
  host.exec(20, "/usr/bin/curl", 100.0508);
  assertEquals(host.of(20), ["exact", 20, "curl", "/usr/bin/curl", "curl", "second"]);
  host.exec(20, "/usr/bin/curl", 100.06);
  assertEquals(host.of(20), ["inferred", 20, "curl", "/usr/bin/curl"], "they were read before");
});

test("does not take a reading of who had the pid a moment ago", (host) => {
  host.runs({ pid: 20, comm: "curl", argv: ["curl", "first"], startTicks: 10_000 });
  host.notice(20, 100.0499);
  host.ends(20);
  host.fork(10, 20, 100.005);
  host.exit(20, 100.05);
  host.fork(10, 20, 100.0501);
  host.exec(20, "/usr/bin/curl", 100.0505);
  assertEquals(host.of(20), ["inferred", 20, "curl", "/usr/bin/curl"]);
});

test("does not read who has ended", (host) => {
  host.fork(10, 20, 100.005);
  host.runs({ pid: 20, comm: "zombie", argv: [], startTicks: 10_000, uid: 7 });
  host.exit(20, 100.01);
  host.reach(100.02);
  assertEquals(host.table.of(20).process?.uid, 1000);
  assertEquals(host.of(20), ["exact", 20, "sh", "/usr/bin/sh", "sh", "-i"]);
  host.exec(10, "/usr/bin/tool", 100.03);
  host.exit(10, 100.04);
  host.runs({ pid: 10, comm: "tool", argv: ["tool", "x"], startTicks: 500 });
  assertEquals(host.of(10), ["inferred", 10, "tool", "/usr/bin/tool"]);
});

test("begins anew when a pid is given away", (host) => {
  host.fork(10, 20, 100.005);
  const first = host.table.of(20).process;
  host.exit(20, 100.1);
  host.fork(10, 20, 100.2);
  const second = host.table.of(20).process;
  assertNotEquals(first?.entityId, second?.entityId);
  assertEquals(second?.start, (BOOT_TIME + 100.2) * 1e6);
});

test("reads a living process whose early reading was not taken", (host) => {
  host.fork(10, 20, 100.005);
  host.exec(20, "/usr/bin/curl", 100.02);
  host.runs({ pid: 20, comm: "curl", argv: ["curl", "x"], startTicks: 10_000 });
  assertEquals(host.of(20), ["exact", 20, "curl", "/usr/bin/curl", "curl", "x"]);
  const before = host.reads;
  host.of(20);
  assertEquals(host.reads, before, "once");
}, { burst: 1, readsPerSecond: 1 });

test("says late where the process may run something else since", (host) => {
  host.fork(10, 20, 100.005);
  host.exec(20, "/usr/bin/curl", 100.02);
  host.at(100.2);
  host.runs({ pid: 20, comm: "wget", argv: ["wget"], startTicks: 10_000 });
  assertEquals(host.of(20), ["late", 20, "wget", "/usr/bin/wget", "wget"]);
  assert(host.table.of(20).attributionReason?.includes("after it may have executed"));
  host.reach(100.3);
  assertEquals(host.of(20)[0], "exact");
});

test("gives the process's id to a thread that executes something", (host) => {
  host.fork(10, 20, 100.005);
  host.fork(20, 21, 100.006, "sh", true);
  assertEquals(host.of(21), ["exact", 20, "sh", "/usr/bin/sh", "sh", "-i"]);
  host.exit(20, 100.01);
  host.exec(20, "/usr/bin/curl", 100.011, 21);
  host.runs({ pid: 20, comm: "curl", startTicks: 10_000 });
  assertEquals(host.of(20), ["exact", 20, "curl", "/usr/bin/curl", "curl"]);
  assertEquals(host.of(21), ["none"]);
});

test("keeps the threads of a process whose first one has ended", (host) => {
  host.fork(10, 21, 100.006, "sh", true);
  host.exit(10, 100.01);
  host.ends(10);
  host.fork(21, 22, 200, "sh", true);
  assertEquals([host.of(21), host.of(22), host.of(10)], [SHELL, SHELL, ["none"]]);
});

test("reads everybody anew after a loss", (host) => {
  host.fork(10, 20, 100.005);
  host.fork(10, 21, 100.006);
  host.runs({ pid: 20, comm: "sh", argv: ["sh", "-i"], startTicks: 10_000, uid: 1000 });
  assertEquals([host.of(20)[0], host.of(21)[0]], ["exact", "exact"]);
  const { process } = host.table.of(20);
  host.table.lost();
  host.at(100.5);
  host.reach(100.4);
  assert(host.table.of(20).process === process);
  assertEquals(host.of(21), ["none"], "another one may have had its pid");
  host.table.lost();
  host.runs({ pid: 20, comm: "curl", startTicks: 10_000 });
  assertEquals(host.of(20), ["late", 20, "curl", "/usr/bin/curl", "curl"]);
  host.table.lost();
  host.runs({ pid: 20, comm: "wget", startTicks: 10_030 });
  assertEquals(host.of(20), ["late", 20, "wget", "/usr/bin/wget", "wget"]);
  host.table.lost();
  host.runs({ pid: 20, comm: "wget", startTicks: 10_050 });
  assertEquals(host.of(20), ["none"], "it began after the event");
  host.threads(10, 20, 9000);
  assertEquals(host.of(20), SHELL, "it is a thread");
});

test("takes no arguments from a zombie, and names kernel threads without any", (host) => {
  host.fork(10, 20, 100.005);
  host.exec(20, "/usr/bin/curl", 100.02);
  host.runs({ pid: 20, comm: "curl", argv: [], startTicks: 10_000, uid: 7 });
  assertEquals(host.of(20), ["inferred", 20, "curl", "/usr/bin/curl"]);
  assertEquals(host.table.of(20).process?.uid, 7);
  host.runs({ pid: 2, comm: "kthreadd", argv: [], startTicks: 1 });
  host.fork(2, 30, 100.05, "kthreadd");
  assertEquals(host.of(30), ["exact", 30, "kthreadd", "-"]);
});

test("forgets who has ended a while ago, and keeps no more than it may", (host) => {
  for (let pid = 100; pid < 200; pid++) host.fork(10, pid, 100 + pid / 1000);
  assert(host.table.size <= 20 + 1, String(host.table.size));
  host.exit(199, 101);
  assertEquals(host.of(199)[0], "exact");
  host.fork(10, 50, 107);
  host.reach(107);
  assertEquals(host.of(199), ["none"]);
}, { limit: 20 });
