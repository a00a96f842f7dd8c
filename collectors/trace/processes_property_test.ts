import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { entityId } from "../../lib/id.ts";
import { ProcFs } from "../../lib/procfs/procfs.ts";
import { assertCovering } from "../../lib/test_coverage.ts";
import {
  BOOT_ID,
  BOOT_TIME,
  type ModelEvent,
  ModelHost,
  type ModelProcess,
} from "./process_model_test_tools.ts";
import { ProcessTable } from "./processes.ts";
import { Readings } from "./readings.ts";

/** Few ids, so that they are given out again all the time. */
const POOL = 9;

/** What is done, and two numbers that choose to whom and when. */
const steps = fc.array(fc.tuple(fc.nat(12), fc.nat(10_000), fc.nat(10_000)), {
  minLength: 20,
  maxLength: 120,
});

type Steps = (readonly [number, number, number])[];

interface Run {
  readonly host: ModelHost;
  readonly table: ProcessTable;
  readonly deliver: (count: number) => void;
  readonly notice: (pid: number) => void;
}

function begin(
  executables: number,
  check: (table: ProcessTable, event: ModelEvent) => void,
): Run {
  const host = new ModelHost(3, executables);
  const system = host.system();
  const limits = { readsPerSecond: 1e6, burst: 1e6 };
  const table = new ProcessTable(new ProcFs(system, "/proc"), system, "host", limits);
  const deliver = (count: number) => {
    for (const traced of host.trace.splice(0, count)) {
      table.apply(traced.event);
      check(table, traced);
    }
  };
  const readings = new Readings(new ProcFs(system, "/proc"), system, "host");
  const notice = (pid: number) => {
    const reading = readings.read(pid);
    if (typeof reading !== "string") table.executed(pid, reading);
  };
  return { host, table, deliver, notice };
}

/** One of them by number, or one of their ids. */
function pick<T>(items: readonly T[], choice: number): T | undefined {
  return items[choice % items.length];
}

function act(host: ModelHost, action: number, a: number, b: number): void {
  host.boot += b % 4 === 0 ? 4000 + b : 20 + b % 300;
  const process = pick(host.processes, a);
  if (process === undefined) return;
  const tid = pick([process.pid, ...process.threads.keys()], b >> 2) ?? process.pid;
  const free = pick(host.free(POOL), b >> 3);
  if (action <= 2 && free !== undefined) host.fork(process, tid, free);
  if (action === 3 && free !== undefined) host.thread(process, tid, free);
  if (action === 4 || action === 5) host.exec(process, tid, b >> 4);
  if (action === 6 && tid !== process.pid) host.endThread(process, tid);
  if ((action === 7 || action === 6 && tid === process.pid) && process.pid !== 1) {
    host.exit(process);
  }
  if (action >= 8 && action <= 10) host.connect(process, tid);
}

function birth({ pid, startTicks }: ModelProcess) {
  return {
    pid,
    start: BOOT_TIME * 1e6 + startTicks * 1e4,
    entityId: entityId("host", BOOT_ID, pid, startTicks),
  };
}

function checkAll(table: ProcessTable, traced: ModelEvent): void {
  if (!("process" in traced)) return;
  const { process: { parent, parentProgram, ...process }, program, event } = traced;
  const owner = table.of(event.tid);
  const context = JSON.stringify({ event, owner });
  assertEquals([owner.attribution, owner.attributionReason], ["exact", undefined], context);
  const { process: named } = owner;
  const { pid, start, entityId } = named ?? {};
  assertEquals({ pid, start, entityId }, birth({ ...process, parent, parentProgram }), context);
  assertEquals(
    [named?.executable, named?.commandLine],
    [program.executable, program.argv],
    context,
  );
  assertEquals([named?.uid, named?.unit, named?.netns], [0, "test.service", 4026531840]);
  if (parent !== undefined) {
    assertEquals(named?.parent, {
      ...birth(parent),
      name: parentProgram?.executable.slice(5) ?? "",
      executable: parentProgram?.executable ?? "",
    }, context);
  }
  assert(table.of(event.tid) === owner, "the same object again");
}

let named = 0;
let asked = 0;

function checkNone(table: ProcessTable, traced: ModelEvent): void {
  if (!("process" in traced)) return;
  const { process, attribution, attributionReason } = table.of(traced.event.tid);
  asked++;
  assertEquals(attribution === "none", process === undefined);
  assertEquals(attribution === "exact", attributionReason === undefined);
  if (process === undefined) return;
  named++;
  const { pid, start, entityId } = process;
  const context = JSON.stringify({ traced: traced.event, process });
  assertEquals({ pid, start, entityId }, birth(traced.process), context);
  if (process.commandLine === undefined || attribution !== "exact") return;
  assert(traced.process.history.includes(process.commandLine.join(" ")), context);
  if (process.parent === undefined || traced.process.parent === undefined) return;
  assertEquals(process.parent.pid, traced.process.parent.pid, context);
}

Deno.test("ProcessTable names every process in full where reads are prompt and nothing is lost", () => {
  fc.assert(
    fc.property(steps, (steps: Steps) => {
      const { host, table, deliver, notice } = begin(3, checkAll);
      for (const _ of table.seed());
      for (const [action, a, b] of steps) {
        act(host, action, a, b);
        host.boot += 20;
        for (const pid of host.notices.splice(0)) notice(pid);
        if (action > 10) deliver(a % 7);
      }
      deliver(Infinity);
    }),
    { numRuns: 300 },
  );
});

Deno.test("ProcessTable never names another process, whatever is late or lost", () => {
  named = 0;
  asked = 0;
  assertCovering(
    fc.property(steps, fc.nat(60), fc.boolean(), (steps: Steps, seedAt, lossy) => {
      const { host, table, deliver, notice } = begin(Infinity, checkNone);
      for (const [index, [action, a, b]] of steps.entries()) {
        act(host, action, a, b);
        if (index === seedAt) { for (const _ of table.seed()); }
        if (b % 3 === 0) {
          for (const pid of host.notices.splice(0, a % 3)) if (b % 5 > 0) notice(pid);
        }
        if (lossy && b % 11 === 0 && host.trace.splice(0, a % 6).length > 0) table.lost();
        if (action > 10) deliver(a % 7);
      }
      deliver(Infinity);
    }),
    { numRuns: 600 },
    () => assert(named > asked / 2, `${named} of ${asked}`),
  );
});
