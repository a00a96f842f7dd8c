import { assert, assertEquals, assertRejects } from "@std/assert";
import { EXIT, ExitError } from "../../lib/exit.ts";
import { type InstanceOptions, TraceInstance, type WantedEvent } from "./instance.ts";
import { FakeTracefs, kernelError } from "./tracefs_test_tools.ts";

const STATE: WantedEvent = { system: "sock", name: "inet_sock_set_state", required: true };
const PATH = "/t/instances/connscribe-7-99";

function host(): FakeTracefs {
  const kernel = new FakeTracefs("/t");
  kernel.event("sock", "inet_sock_set_state");
  kernel.event("fib", "fib_table_lookup");
  return kernel;
}

async function create(
  kernel: FakeTracefs,
  options: Partial<InstanceOptions> = {},
): Promise<TraceInstance> {
  return await TraceInstance.create(kernel, {
    tracefs: "/t",
    name: "connscribe-7-99",
    bufferBytes: 8 << 20,
    overwrite: false,
    events: [STATE],
    ...options,
  });
}

Deno.test("TraceInstance sets everything before it is switched on, and removes itself", async () => {
  const kernel = host();
  {
    await using instance = await create(kernel);
    assertEquals(kernel.instances(), ["connscribe-7-99"]);
    assertEquals([instance.clock, instance.cpuBufferKib, instance.askedKib], ["boot", 4096, 4096]);
    assertEquals(instance.pageSize, 4096);
    assertEquals(instance.format("sock", "inet_sock_set_state"), "inet_sock_set_state format");
    assertEquals(kernel.written, [
      "tracing_on=0",
      "trace_clock=boot",
      "buffer_size_kb=4096",
      "options/overwrite=0",
      "events/sock/inet_sock_set_state/enable=1",
      "tracing_on=1",
    ]);
    assertEquals(instance.path, PATH);
  }
  assertEquals([kernel.instances(), kernel.files.size], [[], 0]);
});

Deno.test("TraceInstance tells which events and filters this kernel has not", async () => {
  const kernel = host();
  kernel.rules.set("fib_table_lookup/filter", (text) => {
    if (text.includes("proto") || text === "bad") throw kernelError(22, "Invalid argument");
    return text;
  });
  const fib = { system: "fib", name: "fib_table_lookup" };
  await using instance = await create(kernel, {
    events: [
      { ...fib, filters: ["iif==1 && proto!=6", "iif==1"] },
      { ...fib, filters: ["bad"] },
      { ...fib, filters: ["iif==1", "0"] },
      { system: "fib6", name: "fib6_table_lookup", filters: ["iif==1"] },
    ],
  });
  assertEquals(instance.events, [
    { ...fib, status: "other filter", filter: "iif==1" },
    { ...fib, status: "other filter" },
    { ...fib, status: "enabled", filter: "iif==1" },
    { system: "fib6", name: "fib6_table_lookup", status: "missing" },
  ]);
  // What was refused is taken back.
  assert(kernel.written.includes("events/fib/fib_table_lookup/filter=0"));
});

Deno.test("TraceInstance takes the second clock, and less memory, where the kernel has no better", async () => {
  const kernel = host();
  kernel.rules.set("trace_clock", (text) => {
    if (text === "boot") throw kernelError(22, "Invalid argument");
    return text;
  });
  kernel.rules.set("buffer_size_kb", (text) => {
    if (Number(text) > 300) throw kernelError(12, "Cannot allocate memory");
    return text;
  });
  await using instance = await create(kernel, { bufferBytes: 2_000_000 });
  assertEquals([instance.clock, instance.askedKib, instance.cpuBufferKib], ["mono", 976, 244]);
});

Deno.test("TraceInstance never asks for less than 64 KiB", async () => {
  await using instance = await create(host(), { bufferBytes: 1 });
  assertEquals(instance.cpuBufferKib, 64);
});

Deno.test("TraceInstance leaves nothing behind wherever it fails", async () => {
  const files = ["tracing_on", "trace_clock", "buffer_size_kb", "options/overwrite", "enable"];
  for (const file of [...files, "events/header_page"]) {
    const kernel = host();
    kernel.errors.set(file, kernelError(12, "Cannot allocate memory"));
    const error = await assertRejects(() => create(kernel), ExitError, "no memory");
    assertEquals([error.code, kernel.instances()], [EXIT.unavailable, []]);
  }
  const missing = new FakeTracefs("/t");
  await assertRejects(() => create(missing), ExitError, "no event sock/inet_sock_set_state");
  assertEquals(missing.instances(), []);
  const strange = host();
  strange.template.set("events/header_page", "?");
  await assertRejects(() => create(strange), ExitError, "unknown form");
  assertEquals(strange.instances(), []);
});

Deno.test("TraceInstance says when it is not permitted", async () => {
  const kernel = host();
  kernel.errors.set("connscribe-7-99", new Deno.errors.PermissionDenied());
  const error = await assertRejects(() => create(kernel), ExitError, "may not make");
  assertEquals(error.code, EXIT.permission);
});

Deno.test("TraceInstance replaces what a failed run of the same process left", async () => {
  const kernel = host();
  kernel.makeDir(PATH);
  await (await create(kernel))[Symbol.asyncDispose]();
  assertEquals(kernel.instances(), []);
});

Deno.test("TraceInstance tries a bounded number of times to remove what is in use", async () => {
  const kernel = host();
  const instance = await create(kernel);
  kernel.busy.add(PATH);
  await assertRejects(() => instance[Symbol.asyncDispose](), ExitError, `rmdir ${PATH}`);
  assertEquals([kernel.slept, kernel.files.get(`${PATH}/tracing_on`)], [19, "0"]);
  kernel.busy.clear();
  await instance[Symbol.asyncDispose]();
});

Deno.test("TraceInstance stops, and what is in it remains", async () => {
  const kernel = host();
  await using instance = await create(kernel);
  instance.stop();
  assertEquals(kernel.files.get(`${PATH}/tracing_on`), "0");
});

Deno.test("TraceInstance knows by the head of the trace whether bottom halves are told", async () => {
  const heads = [["_-----=> irqs-off/BH-disabled", true], ["_-----=> irqs-off", false], [
    "",
    undefined,
  ]] as const;
  for (const [head, tells] of heads) {
    const kernel = host();
    kernel.template.set("trace", `# tracer: nop\n#\n#   ${head}\n`);
    await using instance = await create(kernel);
    assertEquals(instance.tellsBottomHalves, tells);
  }
  await using instance = await create(host());
  assertEquals(instance.tellsBottomHalves, undefined);
});
