/** Turns option values into what a collector is asked to do. */
import type { OptionValues } from "../cli/spec.ts";
import type { CollectorOptions } from "../collector.ts";
import { hostIdentity } from "../host.ts";
import type { System } from "../system.ts";

/** @param once Whether to look once and end; then there is no interval. */
export function collectorOptions(
  values: OptionValues,
  system: System,
  once: boolean,
): CollectorOptions {
  return {
    host: hostIdentity(system),
    procfs: (values.text("procfs") ?? "/proc").replace(/(?<=.)\/+$/, ""),
    intervalMs: once ? 0 : values.duration("interval") ?? 3000,
    once,
    root: system.uid() === 0,
  };
}
