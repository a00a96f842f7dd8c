import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ExitError } from "../../lib/exit.ts";
import type { RunResult } from "../../lib/system.ts";
import { findTracefs, mountTracefs, TRACEFS, type TracefsProblem } from "./tracefs.ts";
import { FakeTracefs } from "./tracefs_test_tools.ts";

const OLD = "/sys/kernel/debug/tracing";
const LOCKDOWN = "/sys/kernel/security/lockdown";
const FORMAT = "events/sock/inet_sock_set_state/format";

function host(...mounted: string[]): FakeTracefs {
  const kernel = new FakeTracefs("/nowhere");
  for (const path of mounted) {
    kernel.directories.add(path).add(`${path}/instances`);
    kernel.files.set(`${path}/trace_clock`, "[local]").set(`${path}/${FORMAT}`, "name: x");
  }
  return kernel;
}

function problem(kernel: FakeTracefs, uid = 0): TracefsProblem | undefined {
  const found = findTracefs({ ...kernel, uid: () => uid });
  if (found.path !== undefined) return undefined;
  assertMatch(found.reason, /^[^.].*[^.]$/);
  assertMatch(found.remedy, /^[^.].*[^.]$/);
  return found.problem;
}

Deno.test("findTracefs finds it in either place, the newer first", () => {
  assertEquals(findTracefs(host(TRACEFS, OLD)), { path: TRACEFS });
  assertEquals(findTracefs(host(OLD)), { path: OLD });
  const empty = host(OLD);
  empty.directories.add(TRACEFS);
  assertEquals(findTracefs(empty), { path: OLD });
});

Deno.test("findTracefs tells apart what is in the way", () => {
  const unmounted = host();
  unmounted.directories.add(TRACEFS);
  assertEquals(problem(unmounted), "unmounted");
  unmounted.errors.set(OLD, new Deno.errors.PermissionDenied());
  assertEquals(problem(unmounted, 1000), "unmounted");

  assertEquals(problem(host()), "no tracing");

  const denied = host(TRACEFS);
  denied.errors.set(TRACEFS, new Deno.errors.PermissionDenied());
  assertEquals(problem(denied, 1000), "denied");
  denied.errors.set(OLD, new Deno.errors.PermissionDenied());
  assertEquals(problem(denied, 1000), "denied");

  const locked = host(TRACEFS);
  locked.errors.set("trace_clock", new Deno.errors.PermissionDenied());
  assertEquals(problem(locked), "denied");
  locked.files.set(LOCKDOWN, "none integrity [confidentiality]\n");
  assertEquals(problem(locked), "locked down");
  locked.files.set(LOCKDOWN, "none [integrity] confidentiality\n");
  assertEquals(problem(locked), "denied");

  const old = host(TRACEFS);
  old.files.delete(`${TRACEFS}/${FORMAT}`);
  assertEquals(problem(old), "no event");

  const broken = host(TRACEFS);
  broken.errors.set("trace_clock", new Error("Input/output error"));
  assertEquals(problem(broken), "unreadable");
});

Deno.test("findTracefs takes a tracefs that lockdown left empty for what it is", () => {
  const kernel = host();
  kernel.directories.add(TRACEFS);
  kernel.files.set(LOCKDOWN, "none integrity [confidentiality]\n");
  assertEquals(problem(kernel), "locked down");
});

/** A host with this mount(8), and the command lines that were run. */
function mounter(path: string, result: Partial<RunResult>): {
  readonly ran: string[];
  readonly run: (program: string, args: readonly string[]) => Promise<RunResult>;
} {
  const ran: string[] = [];
  const run = (program: string, args: readonly string[]) => {
    if (program !== path) return Promise.reject(new Deno.errors.NotFound(program));
    ran.push([program, ...args].join(" "));
    return Promise.resolve({ code: 0, stdout: new Uint8Array(), stderr: "", ...result });
  };
  return { ran, run };
}

Deno.test("mountTracefs runs the mount(8) that is there", async () => {
  const system = mounter("/bin/mount", {});
  await mountTracefs(system);
  assertEquals(system.ran, [`/bin/mount -t tracefs nodev ${TRACEFS}`]);
});

Deno.test("mountTracefs says why it cannot", async () => {
  const failing = mounter("/usr/bin/mount", { code: 32, stderr: "mount: permission denied.\n" });
  await assertRejects(() => mountTracefs(failing), ExitError, `said "mount: permission denied."`);
  const silent = mounter("/usr/bin/mount", { code: 32 });
  await assertRejects(() => mountTracefs(silent), ExitError, "said status 32");
  const without = mounter("/else", {});
  await assertRejects(() => mountTracefs(without), ExitError, "there is no /usr/bin/mount");
});
