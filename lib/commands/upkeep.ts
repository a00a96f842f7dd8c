/** Sees to the outputs while a run goes on. */
import type { Sink } from "../sinks/sink.ts";
import type { System } from "../system.ts";

/** How often outputs are seen to, milliseconds. */
const TICK_MS = 1000;

/**
 * Sees to the sinks each second, and opens their files anew on SIGHUP. Without files the signal ends the
 * program, as it does by default: its terminal has gone away.
 *
 * @returns Resolves when the signal aborts.
 */
export async function keepUp(
  { sinks, hasFiles }: { readonly sinks: readonly Sink[]; readonly hasFiles: boolean },
  system: Pick<System, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  const reopen = () => {
    for (const sink of sinks) sink.reopen();
  };
  if (hasFiles) Deno.addSignalListener("SIGHUP", reopen);
  try {
    while (!signal.aborted) {
      await system.sleep(TICK_MS, signal);
      for (const sink of sinks) sink.tick(false);
    }
  } finally {
    if (hasFiles) Deno.removeSignalListener("SIGHUP", reopen);
  }
}
