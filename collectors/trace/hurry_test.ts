import { assert, assertEquals, assertMatch } from "@std/assert";
import { realSystem, type RunResult, type System } from "../../lib/system.ts";
import { CHRT_PATHS } from "../../lib/real_time.ts";
import { hurry } from "./hurry.ts";

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const STATUS = encode("Name:\tdeno\nNStgid:\t812\nNSpid:\t815\nNSpgid:\t812\n");

/** What {@linkcode hurry} does where chrt does as it is told. */
async function doings(
  chrt: (program: string) => RunResult,
  readFile: System["readFile"] = () => STATUS,
  prioritize: () => void = () => {},
): Promise<string[]> {
  const done: string[] = [];
  const run = (program: string, args: readonly string[]) => {
    done.push([program, ...args].join(" "));
    return Promise.resolve().then(() => chrt(program));
  };
  await hurry({ readFile, run }, (thread, priority) => {
    done.push(`priority of ${thread}: ${priority}`);
    prioritize();
  });
  return done;
}

function ends(code: number): RunResult {
  return { code, stdout: new Uint8Array(), stderr: "" };
}

function isMissing(): never {
  throw new Deno.errors.NotFound();
}

const [FIRST, SECOND] = CHRT_PATHS.map((path) => `${path} --fifo --pid 1 815`);
const PRIORITY = "priority of 0: -20";

Deno.test("hurry asks chrt for the thread that calls, once where that is done", async () => {
  const asked: string[] = [];
  const readFile = (path: string) => {
    asked.push(path);
    return STATUS;
  };
  assertEquals(await doings(() => ends(0), readFile), [FIRST]);
  assertEquals(asked, ["/proc/thread-self/status"]);
});

Deno.test("hurry names the thread as its own pid namespace does", async () => {
  const outer = encode("Name:\tx\nNSpid:\t9000\t70\t815\nNSpgid:\t8\n");
  assertEquals(await doings(() => ends(0), () => outer), [FIRST]);
  // Of another thread by guess is worse than none.
  assertEquals(await doings(() => ends(0), () => encode("Pid:\t815\n")), [PRIORITY]);
});

Deno.test("hurry looks for chrt in the other place", async () => {
  const only = (program: string) => program === CHRT_PATHS[1] ? ends(0) : isMissing();
  assertEquals(await doings(only), [FIRST, SECOND]);
});

Deno.test("hurry takes the highest priority where chrt may not, or is not there", async () => {
  assertEquals(await doings(() => ends(1)), [FIRST, SECOND, PRIORITY]);
  assertEquals(await doings(isMissing), [FIRST, SECOND, PRIORITY]);
});

Deno.test("hurry takes the highest priority where there is no proc file system", async () => {
  assertEquals(await doings(() => ends(0), isMissing), [PRIORITY]);
});

Deno.test("hurry goes on where nothing is permitted", async () => {
  const denied = () => {
    throw new Error("EACCES");
  };
  assertEquals(await doings(isMissing, undefined, denied), [FIRST, SECOND, PRIORITY]);
});

Deno.test("hurry finds the calling thread in the real proc file system", async () => {
  const [call = ""] = await doings(() => ends(0), realSystem().readFile);
  assertMatch(call, /^\/usr\/bin\/chrt --fifo --pid 1 [1-9][0-9]*$/);
  const thread = call.split(" ").at(-1);
  assert((await Deno.stat(`/proc/self/task/${thread}`)).isDirectory);
});
