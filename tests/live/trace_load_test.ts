/** The trace under a flood, process ids that come twice, and what is left in the kernel in the end. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NetworkNamespace } from "../netns.ts";
import { commandLine, eventually, Program, PYTHON, ROOT, runOther } from "../program.ts";
import { readReports } from "../read_back.ts";
import { liveTest } from "./live.ts";
import { instancesOf, Maker, Watch, type WatchRecord } from "./trace_records.ts";

const TRACE = ["--from", "trace", "--mount-tracefs"];

/** Connections of the flood: so many processes, and so many each. */
const PROCESSES = 3;
const EACH = 100_000;

/** Resident memory that the program may take after it, KiB, and how much more after another one. */
const MEMORY = 640 * 1024;
const GROWTH = 1.25;

/** Resident memory of a process, KiB. */
async function residentKib(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]);
}

interface Flood {
  readonly argv: readonly string[];
  readonly pids: readonly number[];
}

/** Floods, with the output in a file: it is not what is measured. */
async function flood(prefix: readonly string[], processes: number, each: number): Promise<Flood> {
  const args = [String(processes), String(each), "127.0.0.1"];
  const argv = [PYTHON, "-I", `${ROOT}tests/actors/flood.py`, ...args];
  await using program = new Program(argv, { prefix, stdin: true });
  const line = await program.line(() => true, "the flood is over", "stdout", 180_000);
  const { pids }: { pids: number[] } = JSON.parse(line);
  return { argv, pids };
}

/** How many connections of the flood have a record of their beginning; asserts that none comes twice. */
function opensOf({ pids, argv }: Flood, records: readonly WatchRecord[]): number {
  const ids = new Set<string>();
  let opens = 0;
  for (const { connscribe, process } of records) {
    if (connscribe.event !== "open" || connscribe.initiator !== "local") continue;
    if (process === undefined || !pids.includes(process.pid)) continue;
    // After a loss it may be uncertain what a process runs, but then that is said.
    if (connscribe.attribution?.kind === "exact") assertEquals(process.args, argv);
    ids.add(connscribe.connection.id);
    opens++;
  }
  assertEquals(ids.size, opens);
  return opens;
}

/**
 * Waits until the trace is read up to now. What is lost meanwhile may be the beginning of a process: then
 * it may be unknown, but it is not taken for another.
 */
async function assertCaughtUp(watch: Watch, prefix: readonly string[]): Promise<void> {
  const find = async () => {
    await using maker = await Maker.start(["tcp", "1", "127.0.0.1"], prefix);
    const { server, argv } = maker.made;
    const own = () =>
      watch.records().filter(({ destination, connscribe }) =>
        destination?.port === server[1] && connscribe.event === "close" &&
        connscribe.initiator === "local"
      );
    const found = await eventually(() => own()[0], "a connection", 5000).catch(() => undefined);
    // As long as events may be missing, nobody is certain.
    if (found?.connscribe.attribution?.kind !== "exact") return undefined;
    assertEquals(found.process?.args, argv);
    return true;
  };
  await eventually(find, "a connection after the flood", 60_000);
}

/** Twenty short connections, each tied to its process. */
async function assertTied(watch: Watch, prefix: readonly string[]): Promise<void> {
  await assertCaughtUp(watch, prefix);
  await using maker = await Maker.start(["tcp", "20", "127.0.0.1"], prefix);
  const { pid, argv, count } = maker.made;
  const own = (event: string) =>
    watch.records().filter(({ connscribe, process }) =>
      process?.pid === pid && connscribe.event === event && connscribe.initiator === "local"
    );
  const all = () => own("open").length >= count && own("close").length >= count || undefined;
  await eventually(all, "records of connections after the flood", 60_000);
  for (const event of ["open", "close"]) {
    assertEquals(own(event).map(({ process }) => process?.args), Array(count).fill(argv));
    const ports = new Set(own(event).map(({ source }) => source?.port));
    assertEquals(ports.size, count);
  }
}

liveTest("trace under a flood with little room says what it has lost, and goes on", async () => {
  await using namespace = await NetworkNamespace.create();
  await using watch = await Watch.start([...TRACE, "--buffer", "256K"], ["trace"]);
  const made = await flood(namespace.prefix, PROCESSES, EACH);
  await assertTied(watch, namespace.prefix);
  const memory = await residentKib(watch.program.pid);
  assert(memory < MEMORY, `${memory} KiB`);
  const opens = opensOf(made, watch.records());
  await flood(namespace.prefix, PROCESSES, EACH);
  await assertTied(watch, namespace.prefix);
  const later = await residentKib(watch.program.pid);
  assert(later < memory * GROWTH, `${memory} KiB, then ${later} KiB`);
  const { overrun } = await watch.end();
  assert(opens <= PROCESSES * EACH && opens > 0, `${opens} opens`);
  assert(overrun > 0, "so much has room");
  const stats = (await readReports(watch.reports.join("\n") + "\n")).at(-1);
  assertEquals(stats?.total.dropped.reasons["overrun"], overrun);
  assertStringIncludes(watch.program.stderr.text, `overrun ${overrun}`);
});

liveTest("trace with the usual room has a record of each of 30,000 connections", async () => {
  await using namespace = await NetworkNamespace.create();
  await using watch = await Watch.start(TRACE, ["trace"]);
  const made = await flood(namespace.prefix, 2, 15_000);
  await assertTied(watch, namespace.prefix);
  const { overrun } = await watch.end();
  const opens = opensOf(made, watch.records());
  if (overrun === 0) assertEquals(opens, 30_000);
  else assert(opens < 30_000, `${opens} opens, though ${overrun} events were lost`);
});

liveTest("trace does not take two programs with the same process id for one", async () => {
  await using watch = await Watch.start(TRACE, ["trace"]);
  await using maker = await Maker.start([], [], "same_pid.py");
  const { pid, server } = maker.made;
  const opens = () =>
    watch.records().filter(({ connscribe, destination }) =>
      destination?.port === server[1] && connscribe.event === "open" &&
      connscribe.initiator === "local"
    );
  await eventually(() => opens().length >= 2 || undefined, "both connections");
  await watch.end();
  const found = opens().map(({ process }) => process);
  assertEquals(found.map((process) => process?.pid), [pid, pid]);
  assertEquals(found.map((process) => process?.args?.at(-1)), ["the first", "the second"]);
  assertEquals(new Set(found.map((process) => process?.["entity_id"])).size, 2);
});

/** Process ids of the children that a process has now. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await runOther(["/bin/sh", "-c", `cat /proc/${pid}/task/*/children 2>/dev/null; :`]);
  return text.split(/\s+/).filter((word) => word !== "").map(Number);
}

/** Waits until none of them is there any more. */
async function assertGone(pids: readonly number[]): Promise<void> {
  const isThere = (pid: number) => {
    try {
      return Deno.statSync(`/proc/${pid}`).isDirectory;
    } catch {
      return false;
    }
  };
  await eventually(() => !pids.some(isThere) || undefined, `children are left: ${pids}`);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  liveTest(`trace leaves nothing behind after ${signal}`, async () => {
    await using watch = await Watch.start(TRACE, ["trace"]);
    const { program } = watch;
    assert(instancesOf(program.pid).length > 0);
    const children = await childrenOf(program.pid);
    program.signal(signal);
    const { code, stderr } = await program.ended();
    assertEquals(code, 0, stderr);
    assertEquals(instancesOf(program.pid), []);
    await assertGone(children);
  });
}

liveTest("trace leaves nothing behind when nobody reads its output", async () => {
  await using namespace = await NetworkNamespace.create();
  const words = commandLine(["watch", "--format", "ndjson", ...TRACE]);
  const script = '{ "$@" & echo $! >&2; wait $!; echo "status $?" >&2; } | head -1 >/dev/null';
  await using shell = new Program(["/bin/sh", "-c", script, "sh", ...words]);
  const pid = Number(await shell.line((line) => /^\d+$/.test(line), "its id", "stderr"));
  await eventually(() => instancesOf(pid).length > 0 || undefined, "its instance");
  const children = await childrenOf(pid);
  const over = shell.ended();
  let running = true;
  over.finally(() => running = false).catch(() => {});
  // It finds out when it writes.
  for (let round = 0; running && round < 100; round++) {
    await using _maker = await Maker.start(["tcp", "1", "127.0.0.1"], namespace.prefix);
  }
  const { stderr } = await over;
  assertStringIncludes(stderr, "status 0");
  assertEquals(instancesOf(pid), []);
  await assertGone(children);
});

liveTest("what a killed connscribe leaves is removed by the next one", async () => {
  await using killed = await Watch.start(TRACE, ["trace"]);
  const { pid } = killed.program;
  killed.program.signal("SIGKILL");
  await killed.program.ended();
  assert(instancesOf(pid).length > 0);
  await using next = await Watch.start(TRACE, ["trace"]);
  assertEquals(instancesOf(pid), []);
  await next.end();
});
