/** From a command line to an exit status. */
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import type { System } from "../system.ts";
import { VERSION } from "../version.ts";
import { parseCommandLine } from "./parse.ts";
import { print } from "./print.ts";
import type { CommandTable } from "./spec.ts";

/** Writes to stderr, if anybody reads it. */
function complain(system: System, text: string): void {
  try {
    print(system.stderr, text);
  } catch {
    // There is nobody left to tell.
  }
}

/** Says what went wrong, in one line, and gives the exit status for it. */
function report(table: CommandTable, error: unknown, system: System, verbose: boolean): number {
  const expected = error instanceof ExitError;
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "error";
  const fault = expected ? "" : `unexpected ${name}, a fault of ${table.program}: `;
  complain(system, `${table.program}: ${fault}${escapeMessage(message)}\n`);
  if (!expected && verbose && error instanceof Error) {
    const lines = (error.stack ?? "").split("\n").map(escapeMessage);
    complain(system, lines.join("\n") + "\n");
  }
  return expected ? error.code : EXIT.software;
}

/**
 * Reads the command line and runs its command. An error becomes one line on stderr, with the stack
 * where it is a fault of the program and `--verbose` is given. When the reader of the output has gone
 * away, the program ends quietly with 0.
 *
 * @returns The exit status. Never throws.
 */
export async function runProgram(
  table: CommandTable,
  args: readonly string[],
  system: System,
): Promise<number> {
  let verbose = false;
  try {
    const line = await parseCommandLine(table, args, system.readFile);
    if (line === "version") {
      print(system.stdout, `${table.program} ${VERSION}\n`);
      return EXIT.ok;
    }
    if (line === "no command") {
      const { programHelp } = await import("./help.ts");
      print(system.stderr, programHelp(table));
      return EXIT.usage;
    }
    verbose = line.command.options.some(({ name }) => name === "verbose") &&
      line.values.flag("verbose");
    const { run } = await line.command.load();
    return await run(line, system);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return EXIT.ok;
    return report(table, error, system, verbose);
  }
}
