/** `watch`: connections as they come and go. */
import type { Invocation } from "../cli/spec.ts";
import type { System } from "../system.ts";
import { runCollector } from "./run.ts";

/** Runs until a signal, `--for`, or the end of its reader. */
export function run(invocation: Invocation, system: System): Promise<number> {
  const { values } = invocation;
  const forMs = values.duration("for");
  const statsMs = values.flag("no-reports") ? undefined : values.duration("stats");
  return runCollector(invocation, system, {
    once: false,
    ...(forMs !== undefined && { forMs }),
    ...(statsMs !== undefined && { statsMs }),
  });
}
