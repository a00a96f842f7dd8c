import { assert, assertEquals } from "@std/assert";
import { realSystem, type System } from "../../lib/system.ts";
import { instanceName, isRunning, removeLeftovers, thisOwner } from "./leftovers.ts";
import { FakeTracefs } from "./tracefs_test_tools.ts";

Deno.test("instanceName names the process and its start", () => {
  assertEquals(instanceName({ pid: 7, startTicks: 99 }), "connscribe-7-99");
  assertEquals(instanceName({ pid: 7, startTicks: 99 }, "exec"), "connscribe-7-99-exec");
});

Deno.test("removeLeftovers removes the instances of dead processes and no others", async () => {
  const kernel = new FakeTracefs("/t");
  const names = [
    "connscribe-1-5",
    "connscribe-1-5-exec",
    "connscribe-1-6",
    "connscribe-2-5",
    "connscribe-x-5",
    "connscribe-1-5-other",
    "connscribe",
    "else",
  ];
  for (const name of names) kernel.makeDir(`/t/instances/${name}`);
  kernel.busy.add("/t/instances/connscribe-2-5");
  const result = await removeLeftovers(
    kernel,
    "/t",
    ({ pid, startTicks }) => pid === 1 && startTicks === 6,
  );
  assertEquals(result, {
    removed: ["connscribe-1-5", "connscribe-1-5-exec"],
    kept: ["connscribe-2-5"],
  });
  assertEquals(kernel.instances(), names.slice(2));
  assertEquals(await removeLeftovers(kernel, "/none", () => false), { removed: [], kept: [] });
});

/** The real system, but with this in place of every `stat` file of /proc. */
function withStat(stat: () => string): System {
  return { ...realSystem(), readFile: () => new TextEncoder().encode(stat()) };
}

function statOf(state: string, startTicks: number): string {
  return `7 (deno) ${state} 1 ${"0 ".repeat(17)}${startTicks} 0\n`;
}

Deno.test("isRunning takes neither a later process of the same id nor a dead one for its owner", () => {
  const running = (state: string, start: number) =>
    isRunning(withStat(() => statOf(state, start)), { pid: 7, startTicks: 99 });
  assert(running("S", 99));
  assert(!running("S", 100));
  assert(!running("Z", 99));
  const fails = (error: Error) =>
    isRunning(
      withStat(() => {
        throw error;
      }),
      { pid: 7, startTicks: 99 },
    );
  assert(!fails(new Deno.errors.NotFound()));
  assert(fails(new Deno.errors.PermissionDenied()));
});

Deno.test({
  name: "thisOwner is a process that runs",
  ignore: Deno.build.os !== "linux",
  fn() {
    const system = realSystem();
    const owner = thisOwner(system, Deno.pid);
    assert(owner.startTicks > 0);
    assert(isRunning(system, owner));
    assert(!isRunning(system, { ...owner, startTicks: owner.startTicks + 1 }));
  },
});
