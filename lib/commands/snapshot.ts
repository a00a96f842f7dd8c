/** `snapshot`: what is open and listened on now. */
import type { Invocation } from "../cli/spec.ts";
import type { System } from "../system.ts";
import { runCollector } from "./run.ts";

/** Looks once. */
export function run(invocation: Invocation, system: System): Promise<number> {
  return runCollector(invocation, system, { once: true });
}
