/** The commands that write down what happens: a part of the command table. */
import { FILTER_OPTIONS } from "./filter_options.ts";
import {
  EXPORT_ORDER_OPTIONS,
  FOLD,
  FOLD_OPTIONS,
  NOTEWORTHY_OPTIONS,
  SERIES_OPTIONS,
} from "./fold_options.ts";
import { GLOBAL_OPTIONS } from "./global_options.ts";
import {
  CHAIN,
  EXPORT_LOG,
  OUTPUT_OPTIONS,
  REDACT_OPTIONS,
  REPORT_OPTIONS,
  SINK_OPTIONS,
} from "./output_options.ts";
import { LATENESS, LOG_FORMAT } from "./query_options.ts";
import {
  CONNTRACK_OPTIONS,
  FOR,
  FROM,
  INTERVAL,
  PAST_OPTIONS,
  PROCFS,
  SNAPSHOT_FROM,
  TRACE_OPTIONS,
} from "./source_options.ts";
import type { CommandSpec } from "./spec.ts";

/** In the order of the help text. */
export const LIVE_COMMANDS: readonly CommandSpec[] = [
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
];
