/** The table of commands and options. Everything a user can type stands here and nowhere else. */
import { FILTER_OPTIONS } from "./filter_options.ts";
import {
  CHAIN,
  EXPORT_LOG,
  OUTPUT_OPTIONS,
  QUERY_OUTPUT_OPTIONS,
  REDACT_OPTIONS,
  REPORT_OPTIONS,
  SINK_OPTIONS,
  VERIFY_OPTIONS,
} from "./output_options.ts";
import {
  EXPORT_ORDER_OPTIONS,
  FOLD,
  FOLD_OPTIONS,
  NOTEWORTHY_OPTIONS,
  SERIES_OPTIONS,
} from "./fold_options.ts";
import {
  CONNTRACK_OPTIONS,
  FOR,
  FROM,
  INTERVAL,
  MOUNT_TRACEFS,
  PAST_OPTIONS,
  PROCFS,
  SNAPSHOT_FROM,
  TRACE_OPTIONS,
} from "./source_options.ts";
import { HOURLY_OPTIONS, LATENESS, LOG_FORMAT, QUERY_OPTIONS } from "./query_options.ts";
import { SERVICE_OPTIONS } from "./service_options.ts";
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
      ...TRACE_OPTIONS,
      ...CONNTRACK_OPTIONS,
      FOR,
      ...FILTER_OPTIONS,
      ...NOTEWORTHY_OPTIONS,
      FOLD,
      ...FOLD_OPTIONS,
      ...OUTPUT_OPTIONS,
      ...SINK_OPTIONS,
      CHAIN,
      ...REDACT_OPTIONS,
      ...REPORT_OPTIONS,
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
    options: [
      SNAPSHOT_FROM,
      PROCFS,
      ...CONNTRACK_OPTIONS,
      ...FILTER_OPTIONS,
      ...OUTPUT_OPTIONS,
      ...REDACT_OPTIONS,
      ...GLOBAL_OPTIONS,
    ],
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
    name: "export",
    summary: "Sum connections up by program, remote end and port, for a SIEM",
    description: [
      "On macOS, the traffic log of Little Snitch; elsewhere what that has printed or any other log (--input), or what happens from now on, window by window (5m), until interrupted.",
      "The lines are those of littlesnitch-log-exporter, unless another --format is asked for.",
    ],
    operands: [],
    options: [
      FROM,
      ...PAST_OPTIONS,
      LOG_FORMAT,
      LATENESS,
      ...SERIES_OPTIONS,
      INTERVAL,
      PROCFS,
      ...TRACE_OPTIONS,
      ...CONNTRACK_OPTIONS,
      FOR,
      ...FILTER_OPTIONS,
      ...NOTEWORTHY_OPTIONS,
      ...FOLD_OPTIONS,
      ...EXPORT_ORDER_OPTIONS,
      ...OUTPUT_OPTIONS,
      EXPORT_LOG,
      ...SINK_OPTIONS,
      CHAIN,
      ...REDACT_OPTIONS,
      ...REPORT_OPTIONS,
      ...GLOBAL_OPTIONS,
    ],
    examples: [
      {
        command: "connscribe export --minutes 60",
        summary: "Statistics of the last hour (macOS, as root)",
      },
      {
        command: "connscribe export --input traffic.csv --noteworthy --sort count",
        summary: "What is not expected in a log that was copied from a Mac",
      },
      {
        command:
          "connscribe export --since-last /var/db/connscribe.state --out /var/log/connscribe.ndjson --format ndjson",
        summary: "From cron, as often as you like: every five minutes once",
      },
      {
        command:
          "connscribe export --from trace --window 5m --format ndjson --out /var/log/connscribe.ndjson",
        summary: "Every five minutes, what this host has done",
      },
    ],
    load: () => import("../commands/export.ts"),
  },
  {
    name: "query",
    summary: "Answer from logs who connected to whom, and when",
    description: [
      "Reads logs of connscribe (ndjson, csv), connspy, Zeek (TSV, JSON), lognet, conntrack-logger, conntrack -E and littlesnitch log-traffic: plain, or compressed with gzip or zstd. A file may be a pattern, or - for standard input, which is also read where no file is named.",
      "A range of time is searched for in files that are not compressed, so that only a little of a large log is read.",
      "Records are written in the order of the logs, which are read in the order of their first times. Exit status 0 if there are any, 1 if there are none, 2 if a log cannot be read.",
    ],
    operands: [
      {
        name: "file",
        summary: "Logs",
        required: false,
        repeatable: true,
        isFile: true,
      },
    ],
    options: [...QUERY_OPTIONS, ...FILTER_OPTIONS, ...QUERY_OUTPUT_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      {
        command: "connscribe query --to db.example.com --since -2h /var/log/connscribe.ndjson*",
        summary: "What has connected to a host in the last two hours",
      },
      {
        command:
          "connscribe query --to zyla --since 1565647264 --until 1565733587 --unique hosts.log",
        summary: "The list of connspy",
      },
      {
        command: "connscribe query --top 10 --by process --no-private 'conn.*.ndjson.zst'",
        summary: "The ten programs with the most connections to the Internet",
      },
    ],
    load: () => import("../commands/query.ts"),
  },
  {
    name: "hourly",
    summary:
      "Sum up from logs, hour by hour, who connected to a host, to whom one did, and who most",
    description: [
      "Prints lines of three columns, apart by tabs: the beginning of the hour in seconds since the epoch, TO, FROM or MOST, and a host. Logs may come in any order and overlap. What time it is, the logs say: hours that are still open are printed at their end.",
      "Exit status 0 if there is anything in the logs, 1 if not, 2 if a log cannot be read.",
    ],
    operands: [
      {
        name: "file",
        summary: "Logs, as for query",
        required: false,
        repeatable: true,
        isFile: true,
      },
    ],
    options: [...HOURLY_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      {
        command: "connscribe hourly --to aselin --from tanya hosts.log",
        summary: "What connspy-stream prints",
      },
      {
        command: "connscribe hourly --to db.example.com --tail /var/log/connscribe.ndjson",
        summary: "Go on with what comes",
      },
    ],
    load: () => import("../commands/hourly.ts"),
  },
  {
    name: "verify",
    summary: "Say whether logs are as watch --chain has written them, or which line is not",
    description: [
      "Names the first line that was changed, removed, added, moved or cut off. The files may come in any order; a directory stands for its segments. All files of a chain are asked for, and the anchor beside them: a hidden file that says how far the chain has come, and which files were deleted for their age or size.",
      "Exit status 0 if the log is whole, 1 if it is not, 2 if that cannot be told.",
    ],
    operands: [
      {
        name: "file",
        summary: "Logs, plain or compressed, patterns of them, or directories of segments",
        required: true,
        repeatable: true,
        isFile: true,
      },
    ],
    options: [...VERIFY_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      {
        command: "connscribe verify --key /etc/connscribe.key /var/log/connscribe.ndjson*",
        summary: "Verify a log and what was rotated",
      },
      {
        command: "connscribe verify --key /etc/connscribe.key --partial end old.ndjson.zst",
        summary: "Verify a file whose successors are elsewhere",
      },
    ],
    load: () => import("../commands/verify.ts"),
  },
  {
    name: "doctor",
    summary: "Say which collectors work here, what they miss, and how to mend it",
    description: [
      "Exit status 0 if at least one collector is usable, 69 if none is.",
    ],
    operands: [],
    options: [PROCFS, MOUNT_TRACEFS, ...CONNTRACK_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [{ command: "connscribe doctor", summary: "Check this host" }],
    load: () => import("../commands/doctor.ts"),
  },
  {
    name: "rulebook",
    summary: "Print the built-in rules of --noteworthy, as TOML",
    description: [],
    operands: [
      {
        name: "system",
        summary: "Whose rules",
        required: true,
        choices: ["linux", "macos"],
      },
    ],
    options: [...GLOBAL_OPTIONS],
    examples: [
      { command: "connscribe rulebook linux | less", summary: "Read what is expected on Linux" },
    ],
    load: () => import("../commands/rulebook.ts"),
  },
  {
    name: "service",
    summary: "Print the files that run connscribe as a service: systemd, launchd, cron, Splunk",
    description: [
      "One file to stdout; its first lines say where it goes. The unit of systemd runs as a user of its own, with the capabilities that the collector needs and nothing that connscribe can do without.",
    ],
    operands: [],
    options: [...SERVICE_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      {
        command:
          "connscribe service --print systemd --from trace > /etc/systemd/system/connscribe.service",
        summary: "Watch from the start of the system on",
      },
      {
        command: "connscribe service --print cron | crontab -u connscribe -",
        summary: "Sum up the logs every five minutes",
      },
    ],
    load: () => import("../commands/service.ts"),
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
