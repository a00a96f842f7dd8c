/**
 * All collectors, in one static table. From here, and nowhere else, come `--from`, the permissions of
 * each worker, `doctor`, the README's table and `compile.include`.
 */
import { readPermission } from "./files/read_permission.ts";
import type { Collector, CollectorPlace } from "../lib/collector.ts";
import { LIBC_PATHS } from "../lib/libc.ts";
import type { MemoryNeed } from "../lib/memory.ts";
import type { System } from "../lib/system.ts";

/** One row of the table. It loads nothing of the collector itself. */
export interface CollectorRow {
  /** Name as `--from` takes it. */
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  /** Values of `Deno.build.os` that it runs on; none where it only reads what was written (`readsInput`). */
  readonly os: readonly string[];
  /** File name of its worker's entry, in this folder. */
  readonly worker: string;
  /** Those of workers that it starts itself; they may do what it may. */
  readonly helpers?: readonly string[];
  /** What the worker may do: everything, or just what is named. */
  permissions(place: CollectorPlace): Deno.PermissionOptions;
  /** The same in words, for people. */
  readonly needs: string;
  /** Whether it can read what was written on another host (`--input`): that it does on any system. */
  readonly readsInput?: true;
  /** Loads the collector, where it can do without a worker when it looks once. */
  load?(system: System): Promise<Collector>;
  /** What memory it takes. */
  readonly memory: MemoryNeed;
  /** What it sees and what it cannot see by its nature. */
  readonly sees: string;
  readonly misses: string;
}

/** Programs that read the tables of a network namespace without processes; absolute, so PATH is not trusted. */
export const NSENTER_PATHS = ["/usr/bin/nsenter", "/bin/nsenter"] as const;

/** Where conntrack is looked for; absolute, so PATH is not trusted. */
export const CONNTRACK_PATHS = [
  "/usr/sbin/conntrack",
  "/sbin/conntrack",
  "/usr/bin/conntrack",
] as const;

/**
 * Where littlesnitch is looked for. The first is within the application, the others are where people link
 * it to.
 */
export const LITTLESNITCH_PATHS = [
  "/Applications/Little Snitch.app/Contents/Components/littlesnitch",
  "/usr/local/bin/littlesnitch",
  "/opt/homebrew/bin/littlesnitch",
] as const;

/** Where nft is looked for. */
export const NFT_PATHS = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"] as const;

const TRACE: CollectorRow = {
  name: "trace",
  summary:
    "reads the kernel's own tracepoints, in all network namespaces, from a private tracefs instance",
  os: ["linux"],
  worker: "trace_worker.ts",
  memory: { least: 120, tables: 1400 },
  helpers: ["trace_exec_worker.ts"],
  // Whoever opens /sys may open all.
  permissions: () => "inherit",
  needs:
    "all permissions, for tracefs in /sys, for /proc, and to run ss, stdbuf, nsenter, setpriv and chrt",
  sees:
    "every TCP connection however short, and the datagrams that this host sends, with the process at that moment, in all network namespaces",
  misses:
    "datagrams that are only received, packets that a packet socket makes, what datagrams carry (--bytes all tells those that UDP sockets without a peer send)",
};

const PROC: CollectorRow = {
  name: "proc",
  summary: "polls the socket tables of all network namespaces in /proc",
  os: ["linux"],
  worker: "proc_worker.ts",
  memory: { least: 50, tables: 600 },
  load: async (system) => new (await import("./proc.ts")).ProcCollector(system),
  // Whoever may run nsenter may run anything: with another root, it is not run.
  permissions: ({ procfs }) => procfs === "/proc" ? "inherit" : { read: [procfs, "/etc/passwd"] },
  needs: "all permissions for /proc itself; with --procfs ROOT: read ROOT and /etc/passwd",
  sees: "TCP, UDP, UDP-Lite, raw, ICMP and SCTP sockets, IPv4 and IPv6, with their processes",
  misses: "connections shorter than the interval, byte counts, peers of unconnected UDP sockets",
};

const CONNTRACK: CollectorRow = {
  name: "conntrack",
  summary: "follows the kernel's connection tracking in this network namespace",
  os: ["linux"],
  worker: "conntrack_worker.ts",
  memory: { least: 80, tables: 500 },
  // The loopback addresses are for a connection of its own, to see whether it is tracked.
  permissions: ({ procfs }) =>
    procfs === "/proc" ? "inherit" : {
      read: [procfs, "/etc/passwd"],
      run: [...CONNTRACK_PATHS, ...NFT_PATHS],
      net: ["127.0.0.1", "[::1]"],
      ffi: [...LIBC_PATHS],
    },
  needs:
    "all permissions for /proc itself; with --procfs ROOT: read ROOT and /etc/passwd, run conntrack and nft, call the C library alone, connect over loopback",
  sees:
    "every flow of TCP, UDP, ICMP and other protocols that the kernel tracks, however short, with bytes and packets where they are counted, and address translation",
  misses:
    "what no rule lets through, other network namespaces, processes that are gone within a moment",
};

const LITTLESNITCH: CollectorRow = {
  name: "littlesnitch",
  summary: "reads the traffic log of Little Snitch, or what littlesnitch log-traffic has printed",
  os: ["darwin"],
  worker: "littlesnitch_worker.ts",
  memory: { least: 60, tables: 0 },
  readsInput: true,
  permissions({ littlesnitch: { program, input } = {} }) {
    if (input === "-") return {};
    if (input !== undefined) return { read: [input] };
    // It takes times in the time zone of the caller.
    return { run: program === undefined ? [...LITTLESNITCH_PATHS] : [program], env: ["TZ"] };
  },
  needs: "run littlesnitch, as root; with --input FILE: read that file alone",
  sees:
    "what each program has sent and received, with whom, and what was denied, by intervals of a minute or more",
  misses:
    "process ids and command lines, one of the two ports, when a connection began and ended within an interval",
};

const FILES: CollectorRow = {
  name: "files",
  summary: "reads logs that connscribe or other programs have written",
  os: [],
  worker: "files_worker.ts",
  memory: { least: 60, tables: 0 },
  helpers: ["query_worker.ts"],
  readsInput: true,
  permissions: ({ files: { inputs } = { inputs: [] } }) => ({
    read: readPermission(inputs),
  }),
  needs:
    "read the logs that are named, and nothing else; of more than 64, the directories that they stand in",
  sees: "what the logs tell",
  misses: "what they do not tell",
};

/** The table; `auto` tries them in this order. */
export const COLLECTORS: readonly CollectorRow[] = [TRACE, CONNTRACK, PROC, LITTLESNITCH, FILES];

/** The row of that name; undefined if there is none. */
export function collectorRow(name: string): CollectorRow | undefined {
  return COLLECTORS.find((row) => row.name === name);
}
