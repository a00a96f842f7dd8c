/** The program connscribe: what a user can type stands in lib/cli/table.ts. */
import { runProgram } from "./lib/cli/run.ts";
import { TABLE } from "./lib/cli/table.ts";
import { realSystem } from "./lib/system.ts";

// Not Deno.exit: what a command holds open is closed on the way out.
if (import.meta.main) Deno.exitCode = await runProgram(TABLE, Deno.args, realSystem());
