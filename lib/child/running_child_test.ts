import { assert, assertEquals, assertLess } from "@std/assert";
import type { Child } from "../system.ts";
import { FakePrograms } from "../../collectors/conntrack/child_test_tools.ts";
import { RunningChild } from "./running_child.ts";

const MEBIBYTE = 1024 * 1024;

/** Runs a script as a child. */
function start(
  fakes: FakePrograms,
  body: string,
  { signal = new AbortController().signal, onStderr = (_line: string) => {} } = {},
): RunningChild {
  const child = fakes.system.spawn(fakes.script(body), [], {});
  return new RunningChild(fakes.system, child, signal, onStderr);
}

async function text(child: RunningChild): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for await (const chunk of child.chunks()) all += decoder.decode(chunk, { stream: true });
  return all;
}

Deno.test("RunningChild reads both outputs to the end, and says how it ended", async function () {
  await using fakes = new FakePrograms();
  const said: string[] = [];
  const child = start(fakes, "echo one; echo two >&2; echo three; echo four >&2; exit 7", {
    onStderr: (line) => said.push(line),
  });
  assertEquals(await text(child), "one\nthree\n");
  const { code, signal } = await child.ended();
  assertEquals([code, signal], [7, null]);
  await child.stop();
  assertEquals(said, ["two", "four"]);
  assertEquals([child.running, child.cut], [false, false]);
});

Deno.test("RunningChild does not let a child wait that prints only to stderr", async function () {
  await using fakes = new FakePrograms();
  let count = 0;
  const child = start(
    fakes,
    "head -c 3000000 /dev/zero | tr '\\0' e >&2; i=0; while [ $i -lt 3000 ]; do echo $i >&2; i=$((i+1)); done; echo done",
    { onStderr: () => count++ },
  );
  assertEquals(await text(child), "done\n");
  await child.stop();
  // The first line has no line feed of its own, and is too long.
  assertEquals(count, 2999);
});

Deno.test("RunningChild ends a child that is silent, when the signal aborts", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  const child = start(fakes, "echo up; exec sleep 1000", { signal: stop.signal });
  for await (const _ of child.chunks()) stop.abort();
  assertEquals((await child.stop()).signal, "SIGTERM");
});

Deno.test("RunningChild ends a child that nobody reads, when the signal aborts", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  const child = start(fakes, "exec sleep 1000", { signal: stop.signal });
  stop.abort();
  assertEquals((await child.ended()).signal, "SIGTERM");
  await child.stop();
});

Deno.test("RunningChild ends a child that was started after the signal had aborted", async function () {
  await using fakes = new FakePrograms();
  const child = start(fakes, "exec sleep 1000", { signal: AbortSignal.abort() });
  assertEquals((await child.ended()).signal, "SIGTERM");
  await child.stop();
});

Deno.test("RunningChild kills a child that ignores SIGTERM", async function () {
  await using fakes = new FakePrograms();
  const child = start(fakes, "trap '' TERM; echo up; while :; do read x </dev/zero; done");
  for await (const _ of child.chunks()) break;
  assertEquals((await child.stop()).signal, "SIGKILL");
});

Deno.test("RunningChild kills a flood that ignores SIGTERM while its output is read", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  const child = start(fakes, "trap '' TERM PIPE; while :; do echo flood; done", {
    signal: stop.signal,
  });
  for await (const _ of child.chunks()) stop.abort();
  assertEquals((await child.stop()).signal, "SIGKILL");
});

Deno.test("RunningChild gives up the output of a dead child that another process holds", async function () {
  await using fakes = new FakePrograms();
  const child = start(fakes, "sleep 1000 & echo $! > $0.pid; echo last words; exit 3");
  assertEquals(await text(child), "last words\n");
  assertEquals((await child.stop()).code, 3);
  assertEquals(child.cut, true);
  Deno.kill(Number(fakes.written("conntrack.pid")), "SIGKILL");
});

Deno.test("RunningChild ends a child that has closed its output", async function () {
  await using fakes = new FakePrograms();
  const child = start(fakes, "echo last words; exec >&- 2>&- sleep 1000");
  assertEquals(await text(child), "last words\n");
  assertEquals((await child.ended()).signal, "SIGTERM");
  await child.stop();
});

Deno.test("RunningChild reads ahead, but not without end", async function () {
  await using fakes = new FakePrograms();
  let read = 0;
  const stdout = new ReadableStream<Uint8Array>({
    async pull(controller) {
      read += 65_536;
      controller.enqueue(new Uint8Array(65_536));
      await undefined;
    },
  }, { highWaterMark: 0 });
  const ended = Promise.withResolvers<{ code: number; signal: string | null }>();
  const fake: Child = {
    pid: 1,
    stdout,
    stderr: ReadableStream.from<Uint8Array>([]),
    status: ended.promise,
    kill: (signal) => ended.resolve({ code: 143, signal }),
  };
  const child = new RunningChild(fakes.system, fake, new AbortController().signal, () => {});
  // Until it is quiet: a pause alone may be that of a busy machine.
  let before = -1;
  for (let i = 0; i < 1000 && (read !== before || read <= MEBIBYTE); i++) {
    before = read;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert(read > MEBIBYTE, `${read} bytes were read`);
  assertLess(read, 5 * MEBIBYTE);
  await child.stop();
});
