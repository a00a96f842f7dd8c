/** What a collector is asked to do, for tests. */
import type { CollectorOptions } from "../collector.ts";

/** Nothing special. */
export const OPTIONS: CollectorOptions = {
  host: { id: "h", name: "n" },
  procfs: "/proc",
  intervalMs: 1,
  once: false,
  root: true,
  conntrack: {
    updates: false,
    netlink: false,
    bufferBytes: 1,
    activate: false,
    strict: false,
  },
  trace: {
    bufferBytes: 1,
    mountTracefs: false,
    datagramTimeoutMs: 30_000,
    byteIntervalMs: 60_000,
    bytes: "none",
  },
  files: { inputs: [], lateUs: 0 },
  littlesnitch: { stream: false },
};
