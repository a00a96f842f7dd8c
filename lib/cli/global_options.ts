/** The options of every command. */
import type { OptionSpec } from "./spec.ts";

/** Options that every command takes. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "help",
    short: "h",
    type: "flag",
    group: "General",
    summary: "Show help and exit",
  },
  {
    name: "config",
    type: "file",
    placeholder: "FILE",
    group: "General",
    summary:
      "Read options from a TOML or JSON file: the same names without dashes, at top level or in a table named like the command; the command line wins",
  },
  {
    name: "dry-run",
    type: "flag",
    group: "General",
    summary: "Say what would run, with which options and permissions, and exit",
  },
  {
    name: "verbose",
    short: "v",
    type: "flag",
    group: "General",
    summary: "Say more on stderr, and account for every record at the end",
  },
  {
    name: "quiet",
    short: "q",
    type: "flag",
    group: "General",
    summary: "Say nothing on stderr but errors",
  },
];
