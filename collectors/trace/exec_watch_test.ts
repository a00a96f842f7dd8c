import { assert, assertEquals } from "@std/assert";
import type { ExecMessage } from "./exec_readings.ts";
import { ExecWatch, type ExecWorker } from "./exec_watch.ts";

/** A worker that is told what to say, and wakes with the marker. */
class FakeWorker implements ExecWorker {
  onmessage: ExecWorker["onmessage"] = null;
  onerror: ExecWorker["onerror"] = null;
  readonly got: unknown[] = [];
  terminated = 0;

  postMessage(message: unknown): void {
    this.got.push(message);
  }

  terminate(): void {
    this.terminated++;
  }

  says(message: ExecMessage): void {
    this.onmessage?.call(
      undefined as unknown as Worker,
      new MessageEvent("message", { data: message }),
    );
  }
}

const WHERE = { instance: "/i", procfs: "/proc", hostId: "h" };
const READING = {
  at: 1,
  startTicks: 2,
  identity: { pid: 5, start: 0, name: "a", entityId: "e" },
};

function watch(worker: FakeWorker, deaf = false) {
  const said: unknown[] = [];
  const markers: string[] = [];
  const system = {
    writeFile: (path: string, text: string) => {
      markers.push(`${path} ${text}`);
      if (!deaf) worker.says({ type: "end" });
    },
    sleep: () => Promise.resolve(),
  };
  const made = new ExecWatch(system, WHERE, {
    onReading: (pid, boot, reading) => said.push([pid, boot, reading]),
    onSkipped: (count) => said.push(count),
    onError: (reason) => said.push(reason),
  }, worker);
  return { made, said, markers };
}

Deno.test("ExecWatch tells what the worker has read, and ends it with a marker", async () => {
  const worker = new FakeWorker();
  const { made, said, markers } = watch(worker);
  worker.says({ type: "ready" });
  await made.ready();
  worker.says({ type: "reading", pid: 5, boot: 7, reading: READING });
  worker.says({ type: "skipped", count: 3 });
  await made[Symbol.asyncDispose]();
  const [start] = worker.got;
  assert(typeof start === "object" && start !== null && "posted" in start);
  assert("end" in start && typeof start.end === "string");
  const { end } = start;
  assertEquals(start, { ...WHERE, posted: new Int32Array(1), end });
  assertEquals(said, [[5, 7, READING], 3]);
  assertEquals([markers, worker.terminated], [[`/i/trace_marker ${end}`], 1]);
});

Deno.test("ExecWatch tells when it can hear no more", async () => {
  const worker = new FakeWorker();
  const { made, said, markers } = watch(worker);
  worker.says({ type: "end", reason: "broken" });
  await made.ready();
  await made[Symbol.asyncDispose]();
  assertEquals([said, markers, worker.terminated], [["broken"], [], 1]);
});

Deno.test("ExecWatch gives up on a worker that cannot be woken", async () => {
  const worker = new FakeWorker();
  const { made, markers } = watch(worker, true);
  await made[Symbol.asyncDispose]();
  assertEquals([markers.length, worker.terminated], [100, 1]);
});

Deno.test("ExecWatch waits for the readings that are on their way", async () => {
  const worker = new FakeWorker();
  const { made } = watch(worker);
  const [start] = worker.got;
  assert(typeof start === "object" && start !== null && "posted" in start);
  assert(start.posted instanceof Int32Array);
  await made.settled();
  Atomics.add(start.posted, 0, 1);
  let isSettled = false;
  const settling = made.settled().then(() => isSettled = true);
  await Promise.resolve();
  assertEquals(isSettled, false);
  worker.says({ type: "reading", pid: 5, boot: 7, reading: READING });
  await settling;
  // One that never comes is not waited for in eternity.
  Atomics.add(start.posted, 0, 1);
  await made.settled();
  await made[Symbol.asyncDispose]();
});
