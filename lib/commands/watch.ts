/** `watch`: connections as they come and go. */
import type { Invocation } from "../cli/spec.ts";
import type { System } from "../system.ts";
import { runCollector } from "./run.ts";

/** Runs until a signal, `--for`, or the end of its reader. */
export function run(invocation: Invocation, system: System): Promise<number> {
  const forMs = invocation.values.duration("for");
  return runCollector(invocation, system, { once: false, ...(forMs !== undefined && { forMs }) });
}
