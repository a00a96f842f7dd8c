import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseCommandLine } from "../cli/parse.ts";
import type { CommandRun } from "../cli/spec.ts";
import { TABLE } from "../cli/table.ts";
import { MemoryOutput } from "../cli/test_tools.ts";
import { realSystem } from "../system.ts";
import { run as runCompletions } from "./completions.ts";
import { run as runHelp } from "./help.ts";
import { run as runMan } from "./man.ts";

/** What the command prints when it is called like this. */
async function printed(run: CommandRun, ...args: string[]): Promise<string> {
  const line = await parseCommandLine(TABLE, args, () => new Uint8Array());
  assert(typeof line === "object");
  const stdout = new MemoryOutput();
  const stderr = new MemoryOutput();
  assertEquals(await run(line, { ...realSystem(), stdout, stderr }), 0);
  assertEquals(stderr.text, "");
  return stdout.text;
}

Deno.test("help prints help on the program, or on the command that is asked for", async () => {
  assertMatch(await printed(runHelp, "help"), /^Usage: connscribe COMMAND /);
  assertMatch(await printed(runHelp, "--help"), /^Usage: connscribe COMMAND /);
  assertMatch(await printed(runHelp, "help", "watch"), /^Usage: connscribe watch /);
  assertMatch(await printed(runHelp, "doctor", "-h"), /^Usage: connscribe doctor /);
});

Deno.test("man prints the manual page", async () => {
  assertMatch(await printed(runMan, "man"), /^\.TH "CONNSCRIBE" 1 /);
});

Deno.test("completions prints the script for the shell that is asked for", async () => {
  assertMatch(
    await printed(runCompletions, "completions", "bash"),
    /\ncomplete -F _connscribe connscribe\n$/,
  );
  assertMatch(await printed(runCompletions, "completions", "zsh"), /^#compdef connscribe\n/);
  assertMatch(
    await printed(runCompletions, "completions", "fish"),
    /\ncomplete -c connscribe -f\n/,
  );
});
