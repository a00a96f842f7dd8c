/** Turns option values into what a collector is asked to do. */
import type { OptionValues } from "../cli/spec.ts";
import type { CollectorOptions } from "../collector.ts";
import type { HostIdentity } from "../connection.ts";

/** @param once Whether to look once and end; then there is no interval. */
export function collectorOptions(
  values: OptionValues,
  host: HostIdentity,
  once: boolean,
): CollectorOptions {
  return {
    host,
    procfs: (values.text("procfs") ?? "/proc").replace(/(?<=.)\/+$/, ""),
    intervalMs: once ? 0 : values.duration("interval") ?? 3000,
    once,
  };
}
