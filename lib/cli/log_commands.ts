/** The commands that read logs: a part of the command table. */
import { FILTER_OPTIONS } from "./filter_options.ts";
import { GLOBAL_OPTIONS } from "./global_options.ts";
import {
  CHAIN,
  CONVERT_OUTPUT_OPTIONS,
  NO_REPORTS,
  QUERY_OUTPUT_OPTIONS,
  SINK_OPTIONS,
  VERIFY_OPTIONS,
} from "./output_options.ts";
import { CONVERT_OPTIONS, HOURLY_OPTIONS, QUERY_OPTIONS } from "./query_options.ts";
import type { CommandSpec } from "./spec.ts";

/** In the order of the help text. */
export const LOG_COMMANDS: readonly CommandSpec[] = [
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
    name: "convert",
    summary: "Write logs anew in another format, to other places",
    description: [
      "Reads all logs that query reads, and writes every record as watch would: in any format, to files, segments and syslog. Records stand in the order of the logs, which are read in the order of their first times.",
      "What a log does not tell is absent. Records have the ids that they had, and those of other programs' logs the same ones on every run. Of connscribe's ndjson, the records about the run itself are written too, where the format has such lines.",
      "Lines that are malformed are counted and said; the rest is written.",
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
    options: [
      ...CONVERT_OPTIONS,
      ...FILTER_OPTIONS,
      ...CONVERT_OUTPUT_OPTIONS,
      NO_REPORTS,
      ...SINK_OPTIONS,
      CHAIN,
      ...GLOBAL_OPTIONS,
    ],
    examples: [
      {
        command: "connscribe convert conn.log > conn.ndjson",
        summary: "Zeek's log with the field names of ECS",
      },
      {
        command: "connscribe convert --since yesterday --format csv '/var/log/connscribe.ndjson*'",
        summary: "What a spreadsheet reads, of a log and of what was rotated",
      },
      {
        command: "connscribe convert --format parquet --out fleet/ '/var/log/connscribe/*.ndjson*'",
        summary: "Files of columns for DuckDB, ClickHouse or Spark, below fleet/day=.../host=.../",
      },
    ],
    load: () => import("../commands/convert.ts"),
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
];
