/** The table of commands and options. Everything a user can type stands here and nowhere else. */
import { COLLECTORS } from "../../collectors/registry.ts";
import { checkPid, checkPortRange, checkProtocol, checkRemote } from "../pipeline/patterns.ts";
import { OUTPUT_OPTIONS } from "./output_options.ts";
import { parseSize } from "../size.ts";
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";

/** Name of the program. */
export const PROGRAM = "connscribe";

/** What the program is, in one sentence. */
export const SUMMARY =
  "writes down every network connection of this host, and the process behind it";

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

const FILTERS: readonly OptionSpec[] = [
  {
    name: "ip",
    type: "choice",
    choices: ["4", "6"],
    repeatable: true,
    negatable: true,
    summary: "Only this version of the Internet Protocol",
  },
  {
    name: "protocol",
    short: "p",
    type: "text",
    placeholder: "NAME|REGEX",
    repeatable: true,
    negatable: true,
    check: checkProtocol,
    summary:
      "Only this protocol, by IANA keyword or number (tcp, udp, icmp, ipv6-icmp, 47), or by a regular expression over version and keyword (^ipv6/, ipv4/(tcp|udp))",
  },
  {
    name: "direction",
    type: "choice",
    choices: ["egress", "ingress", "local", "unknown"],
    repeatable: true,
    negatable: true,
    summary: "Only this direction",
  },
  {
    name: "remote",
    type: "text",
    placeholder: "CIDR|IP|NAME",
    repeatable: true,
    negatable: true,
    check: checkRemote,
    summary:
      "Only this remote network, address, or host name and all names below it (example.com also takes www.example.com)",
  },
  {
    name: "port",
    type: "text",
    placeholder: "N[-M]",
    repeatable: true,
    negatable: true,
    check: checkPortRange,
    summary: "Only this port or range of ports, on either end",
  },
  {
    name: "pid",
    type: "text",
    placeholder: "PID",
    repeatable: true,
    negatable: true,
    check: checkPid,
    summary: "Only this process",
  },
  {
    name: "process",
    type: "text",
    placeholder: "NAME|PATH",
    repeatable: true,
    negatable: true,
    summary: "Only processes with this name or path of the executable; * and ? are wildcards",
  },
  {
    name: "user",
    short: "u",
    type: "text",
    placeholder: "NAME|UID",
    repeatable: true,
    negatable: true,
    summary: "Only processes and sockets of this user",
  },
  {
    name: "unit",
    type: "text",
    placeholder: "NAME",
    repeatable: true,
    negatable: true,
    summary: "Only this systemd unit, system or user; * and ? are wildcards",
  },
  {
    name: "no-listen",
    type: "flag",
    summary: "Leave out listeners and sockets without a peer",
  },
  {
    name: "no-loopback",
    type: "flag",
    summary: "Leave out the loopback networks 127.0.0.0/8 and ::1",
  },
  {
    name: "no-private",
    type: "flag",
    summary:
      "Leave out peers in private (RFC 1918), shared (CGNAT), link-local, unique local and multicast networks, IPv4 and IPv6",
  },
].map((option): OptionSpec => ({ ...option, group: "Filters" }) as OptionSpec);

const FROM: OptionSpec = {
  name: "from",
  type: "choice",
  choices: COLLECTORS.map((row) => row.name),
  default: "proc",
  group: "Source",
  summary: "Which collector to run",
};

const INTERVAL: OptionSpec = {
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
const CONNTRACK: readonly OptionSpec[] = [
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

const PROCFS: OptionSpec = {
  name: "procfs",
  type: "directory",
  placeholder: "ROOT",
  default: "/proc",
  group: "Source",
  summary: "Where the proc file system is mounted",
};

const COMMANDS_BUT_HELP: readonly CommandSpec[] = [
  {
    name: "watch",
    summary: "Write down connections as they come and go, until interrupted",
    description: [
      "Reports what is open at the start (marked as such), then every connection and listener that is new and every one that has gone, each with its process.",
      "Ends on SIGINT and SIGTERM, after --for, or when the reader of its output goes away; what was read is written first.",
    ],
    operands: [],
    options: [
      FROM,
      INTERVAL,
      PROCFS,
      ...CONNTRACK,
      {
        name: "for",
        type: "duration",
        placeholder: "TIME",
        group: "Source",
        summary: "Stop after this time",
      },
      ...FILTERS,
      ...OUTPUT_OPTIONS,
      ...GLOBAL_OPTIONS,
    ],
    examples: [
      { command: "connscribe watch", summary: "Show connections live" },
      {
        command:
          "connscribe watch --no-private --no-listen --format ndjson --out /var/log/connscribe.ndjson",
        summary: "Log what leaves for the Internet",
      },
      {
        command: "connscribe watch --for 60s --process 'python*' --port '!443'",
        summary: "One minute of Python's connections, other than to port 443",
      },
    ],
    load: () => import("../commands/watch.ts"),
  },
  {
    name: "snapshot",
    summary: "Show what is open and listened on now, and exit",
    description: [
      "A table on a terminal, text records otherwise. One record for each socket of each network namespace.",
    ],
    operands: [],
    options: [FROM, PROCFS, ...CONNTRACK, ...FILTERS, ...OUTPUT_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      { command: "connscribe snapshot", summary: "A table of all sockets and their processes" },
      {
        command: "connscribe snapshot --direction ingress --format csv",
        summary: "Who is connected to this host, for a spreadsheet",
      },
    ],
    load: () => import("../commands/snapshot.ts"),
  },
  {
    name: "doctor",
    summary: "Say which collectors work here, what they miss, and how to mend it",
    description: [
      "Exit status 0 if at least one collector is usable, 69 if none is.",
    ],
    operands: [],
    options: [PROCFS, ...CONNTRACK, ...GLOBAL_OPTIONS],
    examples: [{ command: "connscribe doctor", summary: "Check this host" }],
    load: () => import("../commands/doctor.ts"),
  },
  {
    name: "completions",
    summary: "Print a completion script for a shell",
    description: [],
    operands: [
      {
        name: "shell",
        summary: "Which shell",
        required: true,
        choices: ["bash", "zsh", "fish"],
      },
    ],
    options: [...GLOBAL_OPTIONS],
    examples: [
      {
        command: "connscribe completions bash > /etc/bash_completion.d/connscribe",
        summary: "Install completions for bash",
      },
    ],
    load: () => import("../commands/completions.ts"),
  },
  {
    name: "man",
    summary: "Print the manual page (roff)",
    description: [],
    operands: [],
    options: [...GLOBAL_OPTIONS],
    examples: [{ command: "connscribe man | man -l -", summary: "Read the manual" }],
    load: () => import("../commands/man.ts"),
  },
];

const HELP: CommandSpec = {
  name: "help",
  summary: "Show help on the program or on one command",
  description: [],
  operands: [
    {
      name: "command",
      summary: "Which command",
      required: false,
      choices: [...COMMANDS_BUT_HELP.map((command) => command.name), "help"],
    },
  ],
  options: [...GLOBAL_OPTIONS],
  examples: [{ command: "connscribe help watch", summary: "Show all options of watch" }],
  load: () => import("../commands/help.ts"),
};

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandSpec[] = [...COMMANDS_BUT_HELP, HELP];

/** The whole table. */
export const TABLE: CommandTable = {
  program: PROGRAM,
  summary: SUMMARY,
  options: [
    {
      name: "help",
      short: "h",
      type: "flag",
      group: "General",
      summary: "Show help and exit",
    },
    { name: "version", type: "flag", group: "General", summary: "Show the version and exit" },
  ],
  commands: COMMANDS,
};
