/** The program connscribe. What a user can type stands in lib/cli/table.ts. */
import { VERSION } from "./lib/version.ts";

/** Prints the version, without loading anything else. */
function printVersion(): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`connscribe ${VERSION}\n`));
  } catch (error) {
    // A reader that has gone away is no error.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === "--version") {
    printVersion();
    return 0;
  }
  const [{ runProgram }, { TABLE }, { realSystem }] = await Promise.all([
    import("./lib/cli/run.ts"),
    import("./lib/cli/table.ts"),
    import("./lib/system.ts"),
  ]);
  return await runProgram(TABLE, args, realSystem());
}

// Not Deno.exit: what a command holds open is closed on the way out.
if (import.meta.main) Deno.exitCode = await main(Deno.args);
