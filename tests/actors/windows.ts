/**
 * A run of the tests of `lib/windows` in a process of its own: `windows.ts STATE OUT NOW [wait]`. When all
 * files are open it gives up its permissions and says "ready"; with "wait" it then waits for a byte on
 * stdin. It ends as connscribe does: an `ExitError` is one line on stderr and the exit status.
 */
import { ExitError } from "../../lib/exit.ts";
import { PERMISSION_NAMES } from "../../lib/permissions.ts";
import { realSystem } from "../../lib/system.ts";
import { runOnce } from "../../lib/windows/test_run.ts";

const [state = "", out = "", now = "", mode = ""] = Deno.args;

function onReady(): void {
  for (const name of PERMISSION_NAMES) Deno.permissions.revokeSync({ name });
  Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
  if (mode === "wait") Deno.stdin.readSync(new Uint8Array(1));
}

try {
  runOnce(realSystem(), { state, out, now: Number(now), onReady });
} catch (error) {
  if (!(error instanceof ExitError)) throw error;
  Deno.stderr.writeSync(new TextEncoder().encode(`${error.message}\n`));
  Deno.exit(error.code);
}
