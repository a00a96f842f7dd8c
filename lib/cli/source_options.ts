/** The options that say where records come from. */
import { COLLECTORS } from "../../collectors/registry.ts";
import { parseSize } from "../size.ts";
import type { OptionSpec } from "./spec.ts";

/** Which collector `watch` runs. */
export const FROM: OptionSpec = {
  name: "from",
  type: "choice",
  choices: ["auto", ...COLLECTORS.map((row) => row.name), "trace,conntrack", "conntrack,trace"],
  default: "auto",
  group: "Source",
  summary:
    "Which collector to run; auto takes the first that sees a connection of its own: trace, conntrack, proc (with another --procfs: proc); with trace,conntrack both run, and one connection is one record",
};

/** Which collector `snapshot` asks: only these can tell what is open. */
export const SNAPSHOT_FROM: OptionSpec = {
  name: "from",
  type: "choice",
  choices: ["proc", "conntrack"],
  default: "proc",
  group: "Source",
  summary: "Which collector to ask",
};

/** How often a polling collector looks. */
export const INTERVAL: OptionSpec = {
  name: "interval",
  short: "i",
  type: "duration",
  placeholder: "TIME",
  default: "3s",
  minimum: 200,
  group: "Source",
  summary: "How often a polling collector looks, 200ms at least",
};

/** How long it runs. */
export const FOR: OptionSpec = {
  name: "for",
  type: "duration",
  placeholder: "TIME",
  group: "Source",
  summary: "Stop after this time, counted from when the collectors begin",
};

/** Of the collector conntrack. */
export const CONNTRACK_OPTIONS: readonly OptionSpec[] = [
  {
    name: "updates",
    type: "flag",
    group: "Source",
    summary: "With conntrack: report changes of state too",
  },
  {
    name: "conntrack",
    type: "file",
    placeholder: "PATH",
    group: "Source",
    summary: "Absolute path of the program conntrack, where it is not in a usual place",
  },
  {
    name: "netlink",
    type: "flag",
    group: "Source",
    summary:
      "With conntrack: read from the kernel directly instead of through the program; loses nothing at rates where that does, and takes the permission to call the C library",
  },
  {
    name: "buffer",
    type: "text",
    placeholder: "SIZE",
    default: "16M",
    check: parseSize,
    group: "Source",
    summary:
      "With trace and with --netlink: how much the kernel may keep until it is read, 1G at most",
  },
  {
    name: "activate",
    type: "flag",
    group: "Source",
    summary:
      "With conntrack: make the kernel track connections, by an nftables table of our own that is removed at the end",
  },
  {
    name: "strict",
    type: "flag",
    group: "Source",
    summary: "With conntrack: end with 69 where nothing is tracked, instead of going on with proc",
  },
];

/** Of the collector trace, also asked by doctor. */
export const MOUNT_TRACEFS: OptionSpec = {
  name: "mount-tracefs",
  type: "flag",
  group: "Source",
  summary: "With trace: mount tracefs on /sys/kernel/tracing where it is not, and leave it there",
};

/** Of the collector trace. */
export const TRACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "udp-timeout",
    type: "duration",
    placeholder: "TIME",
    default: "30s",
    minimum: 1000,
    group: "Source",
    summary:
      "With trace: datagrams to one peer are one connection until it is silent for this time",
  },
  {
    name: "bytes",
    type: "choice",
    choices: ["tcp", "none", "all"],
    default: "tcp",
    group: "Source",
    summary:
      "With trace: which connections to ask the kernel for the bytes of; all: also what UDP sockets without a peer send, which costs an event a datagram",
  },
  {
    name: "byte-interval",
    type: "duration",
    placeholder: "TIME",
    default: "60s",
    minimum: 1000,
    group: "Source",
    summary: "With trace: how often to tell what open TCP connections have carried so far",
  },
  MOUNT_TRACEFS,
];

/** Where the proc file system is. */
export const PROCFS: OptionSpec = {
  name: "procfs",
  type: "directory",
  placeholder: "ROOT",
  default: "/proc",
  group: "Source",
  summary: "Where the proc file system is mounted",
};

/** Of the collector littlesnitch. */
export const PAST_OPTIONS: readonly OptionSpec[] = [
  {
    name: "input",
    type: "file",
    placeholder: "FILE",
    group: "Source",
    repeatable: true,
    summary:
      "Read this log, or those that a pattern names: what littlesnitch log-traffic has printed, or any log that query reads; - is standard input, with the former unless --log-format says otherwise",
  },
  {
    name: "minutes",
    short: "m",
    type: "text",
    placeholder: "NUMBER",
    default: "60",
    check: checkMinutes,
    group: "Source",
    summary: "Of the past: so many minutes up to now; with --input, all unless this is given",
  },
  {
    name: "stream",
    type: "flag",
    group: "Source",
    summary: "With littlesnitch: go on with what comes, until interrupted",
  },
  {
    name: "littlesnitch",
    type: "file",
    placeholder: "PATH",
    group: "Source",
    summary: "Absolute path of the program littlesnitch, where it is not in a usual place",
  },
];

/** Throws a `RangeError` for what is no number of minutes. */
function checkMinutes(text: string): void {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new RangeError("it is not a number of minutes");
}
