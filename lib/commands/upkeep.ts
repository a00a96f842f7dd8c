/** Sees to the outputs while a run goes on. */
import type { Sink } from "../sinks/sink.ts";
import type { System } from "../system.ts";

/** How often outputs are seen to, milliseconds. */
const TICK_MS = 1000;

/** Sees to the sinks each second. Resolves when the signal aborts. */
export async function keepUp(
  sinks: readonly Sink[],
  system: Pick<System, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await system.sleep(TICK_MS, signal);
    for (const sink of sinks) sink.tick();
  }
}

/**
 * Opens the files of the sinks anew on SIGHUP; `using` ends that. Without files the signal ends the program,
 * as it does by default: its terminal has gone away.
 */
export function reopenOnHangUp(
  { sinks, hasFiles }: { readonly sinks: readonly Sink[]; readonly hasFiles: boolean },
): Disposable {
  const reopen = () => {
    for (const sink of sinks) sink.reopen();
  };
  if (hasFiles) Deno.addSignalListener("SIGHUP", reopen);
  return {
    [Symbol.dispose]() {
      if (hasFiles) Deno.removeSignalListener("SIGHUP", reopen);
    },
  };
}
