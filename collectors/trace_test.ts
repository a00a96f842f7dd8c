import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { ProbeResult } from "../lib/collector.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { realSystem, type RunResult, type System } from "../lib/system.ts";
import { OPTIONS } from "../lib/worker/test_options.ts";
import { TraceCollector } from "./trace.ts";
import { EVENTS } from "./trace/events.ts";
import { TRACEFS } from "./trace/tracefs.ts";
import { FakeTracefs } from "./trace/tracefs_test_tools.ts";

const FORMAT = "events/sock/inet_sock_set_state/format";

/** What mount(8) does. */
type Mount = (kernel: FakeTracefs) => RunResult;

/** A host that has nothing but its tracefs. */
function systemOf(kernel: FakeTracefs, mount?: Mount, ran: string[] = []): System {
  const { readFile, readDir, writeFile, makeDir, removeDir, openRead, openNonBlocking } = kernel;
  return {
    ...realSystem(),
    readFile,
    readDir,
    writeFile,
    makeDir,
    removeDir,
    openRead,
    openNonBlocking,
    uid: () => 0,
    readLink: (path) => {
      throw new Deno.errors.NotFound(path);
    },
    run: (program, args) => {
      ran.push([program, ...args].join(" "));
      if (mount === undefined) return Promise.reject(new Deno.errors.NotFound(program));
      return Promise.resolve(mount(kernel));
    },
  };
}

function probe(system: System, mountTracefs = false): ProbeResult | Promise<ProbeResult> {
  const options = { ...OPTIONS, trace: { ...OPTIONS.trace, mountTracefs } };
  return new TraceCollector(system).probe(options);
}

/** What the collector does where it is to run. */
async function running(system: System): Promise<unknown> {
  const context = {
    options: OPTIONS,
    signal: new AbortController().signal,
    counters: { read: 0, dropped: {}, degraded: {} },
    report: () => {},
    coverage: () => {},
  };
  return await new TraceCollector(system).connections(context).next();
}

function unmounted(): FakeTracefs {
  const kernel = new FakeTracefs("/nowhere");
  kernel.directories.add(TRACEFS);
  return kernel;
}

function mounted(): FakeTracefs {
  const kernel = new FakeTracefs(TRACEFS);
  kernel.files.set(`${TRACEFS}/trace_clock`, "[local]").set(`${TRACEFS}/${FORMAT}`, "name: x");
  return kernel;
}

function ends(code: number, stderr = ""): RunResult {
  return { code, stdout: new Uint8Array(), stderr };
}

/** Of a result that says that the collector cannot be used. */
function whyNot({ usable, reason, remedies, misses }: ProbeResult): string[] {
  assertEquals([usable, misses], [false, []]);
  return [reason, ...remedies];
}

Deno.test("TraceCollector.probe says that tracefs is not mounted, and how to mount it", async () => {
  const ran: string[] = [];
  assertEquals(whyNot(await probe(systemOf(unmounted(), undefined, ran))), [
    "tracefs is not mounted on /sys/kernel/tracing",
    `use --mount-tracefs, or run "mount -t tracefs nodev /sys/kernel/tracing"`,
  ]);
  assertEquals(ran, []);
});

Deno.test("TraceCollector.probe mounts tracefs for those who want that", async () => {
  const ran: string[] = [];
  const mount: Mount = (kernel) => {
    const path = `${TRACEFS}/instances`;
    kernel.directories.add(path);
    kernel.files.set(`${TRACEFS}/trace_clock`, "[local]");
    return ends(0);
  };
  const [reason] = whyNot(await probe(systemOf(unmounted(), mount, ran), true));
  // It is looked at again.
  assertEquals(reason, "this kernel has no event sock/inet_sock_set_state");
  assertEquals(ran, ["/usr/bin/mount -t tracefs nodev /sys/kernel/tracing"]);
});

Deno.test("TraceCollector.probe says why tracefs cannot be mounted", async () => {
  const denied = systemOf(unmounted(), () => ends(32, "mount: permission denied.\n"));
  const [reason = ""] = whyNot(await probe(denied, true));
  assertMatch(
    reason,
    /^cannot mount tracefs: mount said "mount: permission denied\."; run as root/,
  );
  const [missing = ""] = whyNot(await probe(systemOf(unmounted()), true));
  assertMatch(missing, /^cannot mount tracefs: there is no \/usr\/bin\/mount/);
});

Deno.test("TraceCollector.probe mounts nothing where something else is in the way", async () => {
  const cases: readonly (readonly [reason: string, (kernel: FakeTracefs) => void])[] = [
    ["the kernel's trace may not be read", (kernel) => {
      kernel.errors.set("trace_clock", new Deno.errors.PermissionDenied());
    }],
    ["the kernel's trace cannot be read", (kernel) => {
      kernel.errors.set("trace_clock", new Error("Input/output error (os error 5)"));
    }],
    ["kernel lockdown forbids to read the kernel's trace", (kernel) => {
      kernel.errors.set("trace_clock", new Deno.errors.PermissionDenied());
      kernel.files.set("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
    }],
    ["this kernel has no event sock/inet_sock_set_state", (kernel) => {
      kernel.files.delete(`${TRACEFS}/${FORMAT}`);
    }],
    ["this kernel has no tracing, or /sys/kernel/tracing is hidden here", (kernel) => {
      kernel.directories.clear();
      kernel.files.clear();
    }],
  ];
  for (const [expected, spoil] of cases) {
    const kernel = mounted();
    spoil(kernel);
    const ran: string[] = [];
    const [reason, remedy] = whyNot(await probe(systemOf(kernel, undefined, ran), true));
    assertEquals([reason, ran], [expected, []]);
    assertMatch(remedy ?? "", /^[^.].*[^.]$/);
  }
});

Deno.test("TraceCollector.probe says why there can be no instance, and leaves none", async () => {
  const kernel = mounted();
  // The instance has no file of the one event that is needed.
  const [reason = "", ...remedies] = whyNot(await probe(systemOf(kernel)));
  assertMatch(reason, /inet_sock_set_state/);
  assertEquals([remedies, kernel.instances(), kernel.open], [[], [], 0]);
});

Deno.test("TraceCollector.probe says that the kernel's event is of an unknown form, and leaves no instance", async () => {
  const kernel = mounted();
  const print = { system: "ftrace", name: "print" };
  for (const { system, name } of [...EVENTS, print]) kernel.event(system, name);
  const [reason] = whyNot(await probe(systemOf(kernel)));
  assertEquals(
    reason,
    "this kernel's sock/inet_sock_set_state is of an unknown form: use --from conntrack",
  );
  assertEquals([kernel.instances(), kernel.open], [[], 0]);
});

Deno.test("TraceCollector.connections fails for the same reasons", async () => {
  const stop = new AbortController();
  const records = new TraceCollector(systemOf(unmounted())).connections({
    options: OPTIONS,
    signal: stop.signal,
    counters: { read: 0, dropped: {}, degraded: {} },
    coverage: () => {},
    report: () => {},
  });
  let failure: unknown;
  try {
    for await (const _ of records) stop.abort();
  } catch (error) {
    failure = error;
  }
  assertEquals(failure instanceof ExitError && [failure.code, failure.message], [
    EXIT.unavailable,
    "tracefs is not mounted on /sys/kernel/tracing: " +
    `use --mount-tracefs, or run "mount -t tracefs nodev /sys/kernel/tracing"`,
  ]);
});

Deno.test("TraceCollector says which capabilities are enough where the trace may not be read", async () => {
  const kernel = mounted();
  kernel.errors.set(TRACEFS, new Deno.errors.PermissionDenied());
  const system = { ...systemOf(kernel), uid: () => 1000 };
  const error = await assertRejects(() => running(system), ExitError, "CAP_DAC_OVERRIDE");
  assertEquals(error.code, EXIT.permission);
});
