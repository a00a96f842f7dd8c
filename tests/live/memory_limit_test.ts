/** Under a flood, the program takes no more memory than `--memory` says, and accounts for what it gives up. */
import { assert, assertEquals } from "@std/assert";
import { NetworkNamespace } from "../netns.ts";
import { eventually, Program, PYTHON, ROOT } from "../program.ts";
import { testUnless } from "../skip.ts";
import { liveTest } from "./live.ts";
import { MadeFlows, REASON_TO_SKIP } from "./made_flows.ts";
import { runAccount, Watch } from "./trace_records.ts";

/** Connections a second, and how many. */
const RATE = 5000;
const COUNT = 50_000;

/** What is allowed: the least that the collector may have. */
const TRACE_MIB = 220;
const CONNTRACK_MIB = 180;

/** The most memory that a process ever had, MiB. */
async function peakMib(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

async function flood(prefix: readonly string[]): Promise<void> {
  const words = [2, COUNT / 2, "127.0.0.1", RATE / 2].map(String);
  const argv = [PYTHON, "-I", `${ROOT}tests/actors/flood.py`, ...words];
  await using program = new Program(argv, { prefix, stdin: true });
  await program.line(() => true, "the flood is over", "stdout", 60_000);
}

liveTest("watch --from trace takes no more memory than --memory says under a flood", async () => {
  await using namespace = await NetworkNamespace.create();
  const args = ["--from", "trace", "--mount-tracefs", "--memory", `${TRACE_MIB}M`];
  await using watch = await Watch.start(args, ["trace"]);
  await flood(namespace.prefix);
  // What was told last may still be on its way; the records are looked at when it has ended.
  await eventually(() => watch.records().length > 0 || undefined, "a record");
  const peak = await peakMib(watch.program.pid);
  watch.program.signal("SIGTERM");
  const { code, stderr } = await watch.program.ended();
  assertEquals(code, 0, stderr);
  // That all that was read is somewhere, it asserts itself.
  const { read, emitted } = runAccount(stderr);
  assertEquals(emitted, watch.records().length);
  // Both ends are on this host, and each begins and ends; what the kernel had no room for counts by events.
  assert(read >= COUNT, stderr);
  assert(peak < TRACE_MIB, `${peak} MiB`);
});

testUnless(
  REASON_TO_SKIP,
  "watch --from conntrack takes no more memory than --memory says under a flood",
  async () => {
    await using flows = await MadeFlows.prepare({ flows: COUNT, rate: RATE });
    const args = ["--memory", `${CONNTRACK_MIB}M`];
    await using program = flows.watch(args);
    await flows.told();
    const peak = await peakMib(program.pid);
    const { code, stderr } = await flows.end(program);
    assertEquals(code, 0, stderr);
    assertEquals(runAccount(stderr).read, 2 * COUNT);
    assert(peak < CONNTRACK_MIB, `${peak} MiB`);
  },
);
