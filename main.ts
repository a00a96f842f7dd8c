/** The program connscribe. What a user can type stands in lib/cli/table.ts. */
import { VERSION } from "./lib/version.ts";

/** Prints the version, without loading anything else. Returns the exit status: 74 when it cannot. */
function printVersion(): number {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`connscribe ${VERSION}\n`));
    return 0;
  } catch (error) {
    // A reader that has gone away is no error.
    return error instanceof Deno.errors.BrokenPipe ? 0 : 74;
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === "--version") return printVersion();
  const [{ runProgram }, { TABLE }, { realSystem }] = await Promise.all([
    import("./lib/cli/run.ts"),
    import("./lib/cli/table.ts"),
    import("./lib/system.ts"),
  ]);
  return await runProgram(TABLE, args, realSystem());
}

// Not Deno.exit: what a command holds open is closed on the way out.
if (import.meta.main) Deno.exitCode = await main(Deno.args);
