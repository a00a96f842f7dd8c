import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { continuous, lastEnd, SETTLE, WINDOW } from "../../lib/windows/test_run.ts";
import { missing, testUnless } from "../skip.ts";
import { Program, ROOT, runOther, sleep, TempDir } from "../program.ts";

const NOON = Date.UTC(2026, 10, 21, 12) * 1000;
const FIRST = NOON + SETTLE;

const MAY_MOUNT = missing(["/usr/bin/mount", "/usr/bin/umount"]) ??
  (Deno.uid() === 0 ? undefined : "needs root");

/** A run in a process of its own: `tests/actors/windows.ts`. */
function start(directory: string, now: number, ...mode: string[]): Program {
  return new Program(wordsOf(directory, now, ...mode), { stdin: mode.length > 0 });
}

function wordsOf(directory: string, now: number, ...mode: string[]): string[] {
  const actor = `${ROOT}tests/actors/windows.ts`;
  const files = [`${directory}/state`, `${directory}/out`];
  const deno = [Deno.execPath(), "run", "-q", "--no-prompt", "-A", actor];
  return [...deno, ...files, `${now}`, ...mode];
}

async function run(directory: string, now: number) {
  await using program = start(directory, now);
  return await program.ended();
}

async function ready(program: Program): Promise<void> {
  await program.line((line) => line === "ready", "that it is ready");
}

async function outputIn(directory: string): Promise<string> {
  return await Deno.readTextFile(`${directory}/out`);
}

Deno.test("of two runs at once the second one ends with 75 and says who is at work", async () => {
  await using temp = new TempDir();
  await using first = start(temp.path, FIRST, "wait");
  await ready(first);
  const second = await run(temp.path, FIRST);
  assertEquals([second.code, second.stdout], [75, ""]);
  assertEquals(
    second.stderr,
    `"${temp.path}/state" is locked by process ${first.pid}: another run is at work; ` +
      "wait until it has ended, or start runs less often\n",
  );
  await first.write("\n");
  const { code, stderr } = await first.ended();
  assertEquals([code, stderr], [0, ""]);
  assertEquals(await outputIn(temp.path), continuous(NOON - WINDOW, NOON));
});

Deno.test("a run that is killed leaves the lock free", async () => {
  await using temp = new TempDir();
  await using first = start(temp.path, FIRST, "wait");
  await ready(first);
  first.signal("SIGKILL");
  await first.ended();
  const { code, stderr } = await run(temp.path, FIRST);
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("runs that are started at once, again and again, write what one run writes", async () => {
  await using temp = new TempDir();
  let now = FIRST;
  for (let round = 0; round < 3; round++, now += 40 * WINDOW) {
    const runs = await Promise.all(Array.from({ length: 6 }, () => run(temp.path, now)));
    const codes = runs.map(({ code }) => code);
    assert(codes.includes(0) && codes.every((code) => code === 0 || code === 75), `${codes}`);
    for (const { code, stderr } of runs) if (code === 0) assertEquals(stderr, "");
  }
  await run(temp.path, now);
  assertEquals(await outputIn(temp.path), continuous(NOON - WINDOW, lastEnd(now)));
});

Deno.test("runs that are killed at any time write what one run writes", async () => {
  await using temp = new TempDir();
  assertEquals((await run(temp.path, FIRST)).code, 0);
  let now = FIRST;
  for (let kill = 0; kill < 15; kill++) {
    now += 400 * WINDOW;
    await using program = start(temp.path, now);
    await ready(program);
    await sleep(Math.random() * 60);
    program.signal("SIGKILL");
    const { stderr } = await program.ended();
    assert(stderr === "" || stderr.includes("is damaged, as after a crash"), stderr);
  }
  const { code } = await run(temp.path, now);
  assertEquals(code, 0);
  const [text, expected] = [await outputIn(temp.path), continuous(NOON - WINDOW, lastEnd(now))];
  assert(text === expected, `${text.length} bytes in place of ${expected.length}`);
});

testUnless(
  missing(["/usr/bin/strace"]),
  "a run has output on the disk before the state",
  async () => {
    await using temp = new TempDir();
    await run(temp.path, FIRST);
    const trace = `${temp.path}/trace`;
    const strace = [
      "/usr/bin/strace",
      "-f",
      "-y",
      "-o",
      trace,
      "-e",
      "trace=write,fdatasync,fsync",
    ];
    await runOther([...strace, ...wordsOf(temp.path, FIRST + 4 * WINDOW)]);
    const calls: string[] = [];
    for (const line of (await Deno.readTextFile(trace)).split("\n")) {
      const [, call, file] = /(write|sync)\(\d+<[^>]*\/(state|out)>/.exec(line) ?? [];
      if (call !== undefined && file !== undefined) calls.push(`${call} ${file}`);
    }
    const words = calls.join(", ");
    const step = "(write out, )*sync out, write state, sync state, ";
    assertMatch(words, new RegExp(`^(sync out, )?(${step}){5}write state, sync state$`), words);
    assertStringIncludes(words, "write out");
  },
);

testUnless(
  MAY_MOUNT,
  "a full disk ends a run with 74, and nothing is lost or twice later",
  async () => {
    await using temp = new TempDir();
    await runOther(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", temp.path]);
    await using _mounted = {
      [Symbol.asyncDispose]: () => runOther(["/usr/bin/umount", temp.path]).then(() => {}),
    };
    assertEquals((await run(temp.path, FIRST)).code, 0);
    const later = FIRST + 1000 * WINDOW;
    const full = await run(temp.path, later);
    assertEquals(full.code, 74, full.stderr);
    assertStringIncludes(
      full.stderr,
      `cannot write to "${temp.path}/out": no space left on device`,
    );
    assertStringIncludes(full.stderr, `"${temp.path}/out" has not taken all: `);
    const state = await Deno.readFile(`${temp.path}/state`);
    assertEquals((await run(temp.path, later)).code, 74);
    assertEquals((await Deno.readFile(`${temp.path}/state`)).length, state.length);
    await runOther(["/usr/bin/mount", "-o", "remount,size=4m", temp.path]);
    const { code, stderr } = await run(temp.path, later);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await outputIn(temp.path), continuous(NOON - WINDOW, lastEnd(later)));
  },
);

testUnless(
  MAY_MOUNT,
  "a disk that is full from the start ends a run before it writes",
  async () => {
    await using temp = new TempDir();
    await runOther(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", temp.path]);
    await using _mounted = {
      [Symbol.asyncDispose]: () => runOther(["/usr/bin/umount", temp.path]).then(() => {}),
    };
    const { code, stdout, stderr } = await run(temp.path, FIRST);
    assertEquals([code, stdout], [74, ""]);
    assertEquals(stderr, `cannot write "${temp.path}/state": no space left on device\n`);
  },
);
