import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT, ExitError } from "../exit.ts";
import { realSystem, type System } from "../system.ts";
import { VERSION } from "../version.ts";
import { runProgram } from "./run.ts";
import { SAMPLE_TABLE, WATCH } from "./sample_table.ts";
import type { CommandRun, CommandTable } from "./spec.ts";
import { MemoryOutput } from "./test_tools.ts";

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program whose command `watch` is `run`. */
async function runWith(
  run: CommandRun,
  args: readonly string[],
  failure?: { readonly stdout?: Error; readonly stderr?: Error },
): Promise<Outcome> {
  const stdout = new MemoryOutput(failure?.stdout);
  const stderr = new MemoryOutput(failure?.stderr);
  const system: System = { ...realSystem(), stdout, stderr };
  const command = { ...WATCH, load: () => Promise.resolve({ run }) };
  const table: CommandTable = {
    ...SAMPLE_TABLE,
    commands: SAMPLE_TABLE.commands.map((each) => each === WATCH ? command : each),
  };
  const status = await runProgram(table, args, system);
  return { status, stdout: stdout.text, stderr: stderr.text };
}

function failing(error: unknown): CommandRun {
  return () => Promise.reject(error);
}

const done: CommandRun = () => Promise.resolve(EXIT.ok);

Deno.test("runProgram gives the command its values and the outside world, and its status back", async () => {
  const { status } = await runWith(({ values }, system) => {
    assertEquals(values.duration("interval"), 5000);
    assert(system.stdout instanceof MemoryOutput);
    return Promise.resolve(EXIT.unavailable);
  }, ["watch", "-i5"]);
  assertEquals(status, EXIT.unavailable);
});

Deno.test("runProgram prints the version, and help on stderr where there is no command", async () => {
  assertEquals(await runWith(done, ["--version"]), {
    status: EXIT.ok,
    stdout: `prog ${VERSION}\n`,
    stderr: "",
  });
  const { status, stdout, stderr } = await runWith(done, []);
  assertEquals([status, stdout], [EXIT.usage, ""]);
  assertMatch(stderr, /^Usage: prog COMMAND \[OPTION\]\.\.\.\n/);
});

Deno.test("runProgram says a wrong command line in one line", async () => {
  assertEquals(await runWith(done, ["wach"]), {
    status: EXIT.usage,
    stdout: "",
    stderr: 'prog: unknown command "wach": did you mean "watch"? (see prog --help)\n',
  });
});

Deno.test("runProgram says the error of a command in one line, whatever is in it", async () => {
  assertEquals(await runWith(failing(new ExitError(EXIT.io, "no\n\x1b[2Jroom")), ["watch", "-v"]), {
    status: EXIT.io,
    stdout: "",
    stderr: "prog: no\\n\\x1b[2Jroom\n",
  });
});

Deno.test("runProgram calls all else a fault of its own, and shows the stack only if asked", async () => {
  const fault = new TypeError("bad\nthing");
  const short = await runWith(failing(fault), ["watch"]);
  assertEquals(short.status, EXIT.software);
  assertEquals(short.stderr, "prog: unexpected TypeError, a fault of prog: bad\\nthing\n");
  const long = await runWith(failing(fault), ["watch", "--verbose"]);
  assertMatch(long.stderr, /^prog: unexpected TypeError.*\n(.*\n)*\s+at .*run_test\.ts/);
  const odd = await runWith(failing("text"), ["watch"]);
  assertEquals([odd.status, odd.stderr], [70, "prog: unexpected error, a fault of prog: text\n"]);
});

Deno.test("runProgram ends quietly with 0 when nobody reads its output", async () => {
  const stdout = new Deno.errors.BrokenPipe("Broken pipe");
  const quiet = { status: EXIT.ok, stdout: "", stderr: "" };
  assertEquals(await runWith(done, ["--version"], { stdout }), quiet);
  assertEquals(await runWith(failing(stdout), ["watch"]), quiet);
});

Deno.test("runProgram keeps its status when nobody reads its errors", async () => {
  const stderr = new Deno.errors.BrokenPipe("Broken pipe");
  assertEquals((await runWith(done, ["wach"], { stderr })).status, EXIT.usage);
});
