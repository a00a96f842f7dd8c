/** Runs connscribe with the arguments, and prints which permissions the main thread has left in the end. */
import { runProgram } from "../../lib/cli/run.ts";
import { TABLE } from "../../lib/cli/table.ts";
import { heldPermissions } from "../../lib/permissions.ts";
import { realSystem } from "../../lib/system.ts";

Deno.exitCode = await runProgram(TABLE, Deno.args, realSystem());
const line = ["held", ...await heldPermissions()].join(" ");
Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
