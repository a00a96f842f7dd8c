/** The options that say where records come from. */
import { COLLECTORS } from "../../collectors/registry.ts";
import { parseSize } from "../size.ts";
import type { OptionSpec } from "./spec.ts";

/** Which collector. */
export const FROM: OptionSpec = {
  name: "from",
  type: "choice",
  choices: COLLECTORS.map((row) => row.name),
  default: "proc",
  group: "Source",
  summary: "Which collector to run",
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
    summary: "With --netlink: how much the kernel may keep until it is read",
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

/** Where the proc file system is. */
export const PROCFS: OptionSpec = {
  name: "procfs",
  type: "directory",
  placeholder: "ROOT",
  default: "/proc",
  group: "Source",
  summary: "Where the proc file system is mounted",
};
