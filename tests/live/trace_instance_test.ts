/** Instances of the kernel's trace on this kernel: made, read to the last event, and gone in the end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TraceClock } from "../../collectors/trace/clock.ts";
import { EventDecoder } from "../../collectors/trace/decode.ts";
import type { TraceEvent } from "../../collectors/trace/event.ts";
import { EXEC_EVENT, ExecWatch } from "../../collectors/trace/exec_watch.ts";
import { type EventFormat, parseFormat } from "../../collectors/trace/format.ts";
import { TraceInstance, type WantedEvent } from "../../collectors/trace/instance.ts";
import {
  instanceName,
  isRunning,
  removeLeftovers,
  thisOwner,
} from "../../collectors/trace/leftovers.ts";
import { type PageDecoder, TraceReader } from "../../collectors/trace/reader.ts";
import { findTracefs, mountTracefs } from "../../collectors/trace/tracefs.ts";
import { ExitError } from "../../lib/exit.ts";
import { realSystem } from "../../lib/system.ts";
import { NetworkNamespace } from "../netns.ts";
import { eventually, Program, PYTHON, ROOT, runOther } from "../program.ts";
import { missing, testUnless } from "../skip.ts";

const PROGRAMS = [PYTHON, "/usr/bin/nsenter", "/usr/bin/unshare", "/usr/bin/umount"];

function reasonToSkip(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root";
  const found = findTracefs(realSystem());
  if (found.path === undefined && found.problem !== "unmounted") return found.reason;
  return missing(PROGRAMS);
}

const SKIP = reasonToSkip();

/** All that the collector reads; `ftrace/print` needs no enabling and cannot be enabled. */
const EVENTS: readonly WantedEvent[] = [
  { system: "sock", name: "inet_sock_set_state", required: true },
  { system: "task", name: "task_newtask" },
  { system: "fib", name: "fib_table_lookup", filters: ["no_such_field==1", "iif==1"] },
  { system: "connscribe", name: "no_such_event" },
  EXEC_EVENT,
  { system: "sched", name: "sched_process_exit" },
];

/** Makes so many connections to itself, from as many processes, and prints their ids. */
const CONNECTIONS = `
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
for _ in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        socket.create_connection(listener.getsockname()).close()
        os.execv("/bin/true", ["true"])
    listener.accept()[0].close()
    os.waitpid(pid, 0)
    print(pid)
`;

async function tracefs(): Promise<string> {
  const system = realSystem();
  if (findTracefs(system).path === undefined) await mountTracefs(system);
  const { path } = findTracefs(system);
  assert(path !== undefined);
  return path;
}

/** An instance that is read. */
class Trace implements AsyncDisposable {
  readonly events: TraceEvent[] = [];
  readonly clock: TraceClock;

  private constructor(
    readonly system: ReturnType<typeof realSystem>,
    readonly instance: TraceInstance,
    readonly reader: TraceReader,
    /** Records of what is no event of the collector: what is written to `trace_marker`. */
    readonly others: { readonly count: number },
    clock: (clock: TraceClock) => void,
  ) {
    this.clock = new TraceClock({ trace: () => reader.now(), wall: system.now });
    clock(this.clock);
  }

  static async create(
    name: string,
    events: readonly WantedEvent[],
    bufferBytes = 8 << 20,
    overwrite = false,
  ): Promise<Trace> {
    const system = realSystem();
    const instance = await TraceInstance.create(system, {
      tracefs: await tracefs(),
      name,
      bufferBytes,
      overwrite,
      events,
    });
    const formats = instance.events.flatMap((event): EventFormat[] => {
      if (event.status === "missing") return [];
      return [parseFormat(instance.format(event.system, event.name))].filter((f) =>
        f !== undefined
      );
    });
    let clock: TraceClock | undefined;
    const toWall = (boot: number) => clock?.toWall(boot) ?? 0;
    const decoder = new EventDecoder(formats, instance.layout, toWall);
    const others = { count: 0 };
    const counting: PageDecoder = {
      decode: (page, into) => others.count += decoder.decode(page, into).unknownIds,
    };
    const reader = await TraceReader.open({ system, instance }, counting);
    return new Trace(system, instance, reader, others, (made) => clock = made);
  }

  drain(): void {
    this.events.push(...this.reader.drain());
  }

  /** Stops the trace and reads the rest. */
  finish(): void {
    this.instance.stop();
    for (const events of this.reader.finish()) this.events.push(...events);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reader[Symbol.dispose]();
    await this.instance[Symbol.asyncDispose]();
  }
}

async function instances(): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(`${await tracefs()}/instances`), ({ name }) => name);
}

testUnless(SKIP, "an instance sees every connection and its process, in order", async () => {
  const owner = thisOwner(realSystem(), Deno.pid);
  const name = instanceName(owner);
  {
    await using namespace = await NetworkNamespace.create();
    await using trace = await Trace.create(name, EVENTS);
    assertEquals(trace.instance.events.map(({ status }) => status), [
      "enabled",
      "enabled",
      "other filter",
      "missing",
      "enabled",
      "enabled",
    ]);
    assertEquals([trace.instance.clock, trace.reader.lost], ["boot", 0]);
    // One that is alive is not a leftover.
    await removeLeftovers(trace.system, await tracefs(), (each) => isRunning(trace.system, each));
    assert((await instances()).includes(name));

    const before = trace.system.now();
    let running = true;
    const traffic = runOther([...namespace.prefix, PYTHON, "-I", "-c", CONNECTIONS, "50"])
      .finally(() => running = false);
    while (running) {
      trace.drain();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const pids = (await traffic).trim().split("\n").map(Number);
    trace.finish();
    const after = trace.system.now();

    const boots = trace.events.map(({ boot }) => boot);
    assertEquals(boots, boots.toSorted((a, b) => a - b));
    for (const pid of pids) {
      const own = trace.events.filter((event) => event.tid === pid && !event.interrupted);
      const types = own.filter(({ type }) => type !== "route").map(({ type }) => type);
      const attempt = own.find((event) => event.type === "state" && event.newState === 2);
      assert(attempt !== undefined, `no attempt of ${pid} in ${types.join(" ")}`);
      assert(attempt.time >= before && attempt.time <= after);
      assert(types.indexOf("state") < types.indexOf("exec"));
      assertEquals(types.at(-1), "exit");
      assert(trace.events.some((event) => event.type === "fork" && event.child === pid));
    }
    assertEquals([trace.reader.lost, trace.reader.late], [0, 0]);
  }
  assert(!(await instances()).includes(name));
});

testUnless(SKIP, "what is read and what is lost is all that was made", async () => {
  for (const overwrite of [false, true]) {
    await using trace = await Trace.create("h-connscribe-test-flood", [], 1, overwrite);
    const path = `${trace.instance.path}/trace_marker`;
    let made = 0;
    {
      using marker = await Deno.open(path, { write: true });
      const text = new TextEncoder().encode(
        "a marker of a test, long enough to fill the ring soon",
      );
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < (round % 4 === 3 ? 5000 : 50); i++, made++) {
          // EBADF says that this one was dropped.
          await marker.write(text).catch(() => {});
        }
        trace.drain();
      }
    }
    trace.finish();
    const lost = trace.reader.lost;
    assert(lost > 0);
    assertEquals(trace.others.count + lost, made, `overwrite ${overwrite}`);
  }
});

testUnless(SKIP, "an event has the wall time at which it happened", async () => {
  await using trace = await Trace.create("h-connscribe-test-clock", [EXEC_EVENT]);
  const moments: [number, number, number][] = [];
  for (let i = 0; i < 20; i++) {
    const before = trace.system.now();
    await using program = new Program(["/bin/true"]);
    await program.ended();
    moments.push([program.pid, before, trace.system.now()]);
  }
  trace.finish();
  const slack = trace.clock.error + 2;
  for (const [pid, before, after] of moments) {
    const time = trace.events.find((event) => event.type === "exec" && event.pid === pid)?.time;
    assert(time !== undefined, `no event of ${pid}`);
    assert(time >= before - slack && time <= after + slack, `${before} ${time} ${after} ${slack}`);
  }
});

testUnless(
  SKIP,
  "programs are heard of while they start, and the watch ends without one",
  async () => {
    const system = realSystem();
    const name = instanceName(thisOwner(system, Deno.pid), "exec");
    const readings = new Map<number, readonly string[]>();
    const errors: unknown[] = [];
    {
      const options = { tracefs: await tracefs(), name, bufferBytes: 1, overwrite: true };
      await using instance = await TraceInstance.create(system, {
        ...options,
        events: [EXEC_EVENT],
      });
      const where = { instance: instance.path, procfs: "/proc", hostId: "h" };
      await using watch = new ExecWatch(system, where, {
        onReading: (pid, _boot, { identity }) => readings.set(pid, identity.commandLine ?? []),
        onSkipped: () => {},
        onError: (error) => errors.push(error),
      });
      await watch.ready();
      const odd = " pid=1 old_pid=1\nx pid=2 old_pid=2";
      await using program = new Program(["/bin/sleep", "0.2", odd]);
      await program.ended();
      const read = () => readings.get(program.pid);
      assertEquals(await eventually(read, "the program is heard of"), ["/bin/sleep", "0.2", odd]);
      await assertRejects(() => Promise.resolve().then(() => system.removeDir(instance.path)));
    }
    assertEquals(errors, []);
    assert(!(await instances()).includes(name));
  },
);

testUnless(SKIP, "an instance in use is not removed, and says so", async () => {
  const trace = await Trace.create("h-connscribe-test-busy", []);
  await assertRejects(() => trace.instance[Symbol.asyncDispose](), ExitError, "something reads it");
  await trace[Symbol.asyncDispose]();
});

/** Makes an instance and waits to be killed. */
const HOLDER = `
const { TraceInstance } = await import("${ROOT}collectors/trace/instance.ts");
const { instanceName, thisOwner } = await import("${ROOT}collectors/trace/leftovers.ts");
const { realSystem } = await import("${ROOT}lib/system.ts");
const system = realSystem();
const options = { tracefs: Deno.args[0], bufferBytes: 1, overwrite: false, events: [] };
for (const purpose of ["main", "exec"]) {
  const name = instanceName(thisOwner(system, Deno.pid), purpose);
  const instance = await TraceInstance.create(system, { ...options, name });
  Deno.openSync(instance.path + "/trace_pipe");
  console.log(name);
}
setInterval(() => {}, 1000);
`;

testUnless(SKIP, "what a killed process leaves is removed by the next", async () => {
  const system = realSystem();
  const path = await tracefs();
  const clean = () => removeLeftovers(system, path, (owner) => isRunning(system, owner));
  await using holder = new Program([Deno.execPath(), "eval", "-q", HOLDER, path]);
  await holder.line((line) => line.endsWith("-exec"), "both instances are made");
  const names = holder.stdout.lines();
  assertEquals(names.length, 2);
  const first = await clean();
  assert(names.every((name) => !first.removed.includes(name)));
  // Even one who does not see the process leaves alone what it has open.
  const blind = await removeLeftovers(system, path, ({ pid }) => pid !== holder.pid);
  assertEquals([blind.removed, blind.kept.toSorted()], [[], names.toSorted()]);
  holder.signal("SIGKILL");
  await holder.ended();
  const { removed } = await clean();
  assert(names.every((name) => removed.includes(name)));
  const left = await instances();
  assert(names.every((name) => !left.includes(name)));
});

/** Takes tracefs away in a mount namespace of its own, and mounts it again. */
const MOUNTER = `
const { findTracefs, mountTracefs, TRACEFS } = await import("${ROOT}collectors/trace/tracefs.ts");
const { realSystem } = await import("${ROOT}lib/system.ts");
const system = realSystem();
await system.run("/usr/bin/umount", ["/sys/kernel/debug/tracing"]);
await system.run("/usr/bin/umount", ["/sys/kernel/debug"]);
await system.run("/usr/bin/umount", [TRACEFS]);
console.log(findTracefs(system).problem);
await mountTracefs(system);
console.log(findTracefs(system).path);
`;

testUnless(SKIP, "tracefs is mounted where it was not", async () => {
  await tracefs();
  const output = await runOther(["/usr/bin/unshare", "-m", Deno.execPath(), "eval", "-q", MOUNTER]);
  assertEquals(output, "unmounted\n/sys/kernel/tracing\n");
});
