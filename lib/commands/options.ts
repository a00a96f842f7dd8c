/** Turns option values into what a collector is asked to do. */
import type { OptionValues } from "../cli/spec.ts";
import type { CollectorOptions, ConntrackOptions, TraceOptions } from "../collector.ts";
import { parseSize } from "../size.ts";
import type { System } from "../system.ts";

/** Where the proc file system is mounted. */
export function procfsRoot(values: OptionValues): string {
  return (values.text("procfs") ?? "/proc").replace(/(?<=.)\/+$/, "");
}

/** @param once Whether to look once and end; then there is no interval. */
export async function collectorOptions(
  values: OptionValues,
  system: System,
  once: boolean,
): Promise<CollectorOptions> {
  // Loaded late: it takes some milliseconds in which a worker can already start.
  const { hostIdentity } = await import("../host.ts");
  return {
    host: hostIdentity(system),
    procfs: procfsRoot(values),
    intervalMs: once ? 0 : values.duration("interval") ?? 3000,
    once,
    root: system.uid() === 0,
    conntrack: conntrackOptions(values),
    trace: traceOptions(values),
  };
}

function conntrackOptions(values: OptionValues): ConntrackOptions {
  const program = values.text("conntrack");
  return {
    updates: values.flag("updates"),
    ...(program !== undefined && { program }),
    netlink: values.flag("netlink"),
    bufferBytes: bufferBytes(values),
    activate: values.flag("activate"),
    strict: values.flag("strict"),
  };
}

function traceOptions(values: OptionValues): TraceOptions {
  return {
    bufferBytes: bufferBytes(values),
    mountTracefs: values.has("mount-tracefs") && values.flag("mount-tracefs"),
    datagramTimeoutMs: (values.has("udp-timeout") && values.duration("udp-timeout")) || 30_000,
    byteIntervalMs: (values.has("byte-interval") && values.duration("byte-interval")) || 60_000,
    bytes: bytesOf(values),
  };
}

function bytesOf(values: OptionValues): TraceOptions["bytes"] {
  const bytes = values.has("bytes") ? values.text("bytes") : "none";
  return bytes === "tcp" || bytes === "all" ? bytes : "none";
}

function bufferBytes(values: OptionValues): number {
  return parseSize(values.text("buffer") ?? "16M");
}
