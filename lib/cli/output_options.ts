/** The options of the commands that write records: a part of the command table. */
import { FORMAT_CHOICES } from "../formats/names.ts";
import { checkTimeFormat } from "../formats/strftime.ts";
import { checkTemplate, DEFAULT_TEMPLATE, DEFAULT_TIME_FORMAT } from "../formats/template.ts";
import { parseMinFree, parseRotation } from "../sinks/parse_rotation.ts";
import { MOST_STORAGE, parseSize } from "../size.ts";
import type { OptionSpec } from "./spec.ts";
import { SYSLOG_OPTIONS } from "./syslog_options.ts";

/** Of the commands that write records about a run. */
export const NO_REPORTS: OptionSpec = {
  name: "no-reports",
  type: "flag",
  group: "Output",
  summary: "Leave out the records about the run itself, such as coverage and stats",
};

/** Options of the records about the run itself. */
export const REPORT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "stats",
    type: "duration",
    placeholder: "TIME",
    default: "60s",
    minimum: 1000,
    group: "Output",
    summary:
      "How often to write a stats record, in formats that have such lines, which accounts for all records, 1s at least; also one soon after a loss, and one at the end",
  },
  NO_REPORTS,
  {
    name: "metrics",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary:
      "Write how the run goes to this file as often as --stats says, for the textfile collector of Prometheus; the name should end in .prom",
  },
  {
    name: "memory",
    type: "text",
    placeholder: "SIZE",
    check: (value) => void parseSize(value, MOST_STORAGE),
    group: "Output",
    summary:
      "How much memory the program may take, its own file included but not the programs that it runs; the least depends on --from. Tables are made to fit; from 80% of it on, connections are summed up by program, remote end and port until there is room again; from 90% on, by nothing at all, and watch reads less than there is: that is counted (overrun)",
  },
];

/** Of the commands that look at this host: what of it is written down. */
export const REDACT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "redact",
    type: "flag",
    group: "Output",
    summary:
      "Write [redacted] in place of passwords, tokens and keys in command lines: the default, unless a configuration file says no-redact",
  },
  {
    name: "no-redact",
    type: "flag",
    group: "Output",
    summary: "Write command lines as they are, with the secrets in them",
  },
];

/** Of the commands that write logs. */
export const CHAIN: OptionSpec = {
  name: "chain",
  type: "file",
  placeholder: "KEYFILE",
  group: "Output",
  summary:
    "With the format ndjson, to files: link each record with the one before it by a keyed hash, for connscribe verify; KEYFILE holds 32 random bytes or more in base64",
};

/** Of `verify`. */
export const VERIFY_OPTIONS: readonly OptionSpec[] = [
  {
    name: "key",
    type: "file",
    placeholder: "FILE",
    group: "Chain",
    summary: "The key that --chain was given",
  },
  {
    name: "partial",
    type: "choice",
    choices: ["start", "end", "both"],
    group: "Chain",
    summary:
      "What may be missing: the start (files that were deleted by others than connscribe, or are elsewhere), the end (files that are elsewhere), or both",
  },
];

/** Of `export`. */
export const EXPORT_LOG: OptionSpec = {
  name: "log",
  type: "file",
  placeholder: "FILE",
  group: "Output",
  summary: "Append the same lines to this file too",
};

/** The value of `--community-id` that leaves it out. */
export const NO_SEED = "none";

/** @throws {RangeError} If it is no seed. */
function checkSeed(value: string): void {
  if (value === NO_SEED || (/^\d{1,5}$/.test(value) && Number(value) <= 0xffff)) return;
  throw new RangeError(`it is neither a number from 0 to 65535 nor ${NO_SEED}`);
}

/** Options that say how records are written, and where to. */
export const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "format",
    short: "f",
    type: "choice",
    choices: FORMAT_CHOICES,
    group: "Output",
    summary: "How records are written",
  },
  {
    name: "template",
    type: "text",
    placeholder: "TEXT",
    default: DEFAULT_TEMPLATE,
    check: checkTemplate,
    group: "Output",
    summary:
      "The line of the format template, which this selects: text with fields in braces, such as {event}, {process} and {bytes_in}; {{ and }} are braces",
  },
  {
    name: "time-format",
    type: "text",
    placeholder: "STRFTIME",
    default: DEFAULT_TIME_FORMAT,
    check: checkTimeFormat,
    group: "Output",
    summary:
      "With the format template: how it writes times, as strftime(3), in local time; %f is microseconds",
  },
  {
    name: "community-id",
    type: "text",
    placeholder: "SEED",
    default: "0",
    check: checkSeed,
    group: "Output",
    summary:
      "Seed of the Community ID that formats for SIEMs have of each connection, 0 to 65535, as that of the other sensors; none: no Community ID. If it is not given, those that a log has told stay",
  },
  {
    name: "out",
    short: "o",
    type: "file",
    placeholder: "[FORMAT:]TARGET",
    repeatable: true,
    group: "Output",
    summary:
      "Where to, instead of stdout: a file, which is appended to; a directory, which with / at its end is made, and of which each file is written once and never again (segments); - for stdout; syslog: or syslog:SOCKET for the syslog of this host; syslog+udp://HOST:PORT, syslog+tcp://HOST:PORT or syslog+tls://HOST:PORT. FORMAT: as --format, for this target; ./ before the name of a file that looks like any of these",
  },
  {
    name: "processes",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary: "With the format lognet: append each process once to this file",
  },
  {
    name: "no-header",
    type: "flag",
    group: "Output",
    summary: "Leave out the head of csv, zeek and lognet",
  },
  {
    name: "color",
    type: "choice",
    choices: ["auto", "always", "never"],
    default: "auto",
    group: "Output",
    summary: "Colour the formats text and table; auto: on a terminal, unless NO_COLOR is set",
  },
];

/** The format that only `convert` writes: whole files of columns, not lines. */
export const PARQUET = "parquet";

const CONVERT_FORMAT: Partial<OptionSpec> = {
  choices: [...FORMAT_CHOICES, PARQUET],
  summary:
    "How records are written; parquet: as files of columns below --out DIR/, by days and hosts, in which no records about runs have a place",
};

/** Of `convert`: one format more. */
export const CONVERT_OUTPUT_OPTIONS: readonly OptionSpec[] = OUTPUT_OPTIONS
  .map((option) => option.name === "format" ? { ...option, ...CONVERT_FORMAT } : option);

/** Of `query`: one file. */
const QUERY_OUT: OptionSpec = {
  name: "out",
  short: "o",
  type: "file",
  placeholder: "FILE",
  group: "Output",
  summary: "Append to this file instead of writing to stdout",
};

/** Of `query`: no second file. */
export const QUERY_OUTPUT_OPTIONS: readonly OptionSpec[] = OUTPUT_OPTIONS
  .filter(({ name }) => name !== "processes")
  .map((option) => option.name === "out" ? QUERY_OUT : option);

/** Of the commands that go on writing: how files are kept. */
export const SINK_OPTIONS: readonly OptionSpec[] = [
  {
    name: "rotate",
    type: "text",
    placeholder: "LIST",
    check: (value) => void parseRotation(value),
    group: "Output",
    summary:
      "When to begin another file and what becomes of the old ones, such as size=100M,every=1d,keep=10,compress=zstd; FILE becomes FILE.1 and so on; segments: size=64M,every=1h if not asked for otherwise; with --since-last only as a run begins",
  },
  {
    name: "max-total",
    type: "text",
    placeholder: "SIZE",
    check: (value) => void parseSize(value, MOST_STORAGE),
    group: "Output",
    summary:
      "With --rotate and segments: remove the oldest files when all together are larger; twice the size of a file at least, which is a quarter of it at most if --rotate does not say it; segments: 1G if not asked for otherwise, but convert keeps all",
  },
  {
    name: "max-age",
    type: "duration",
    placeholder: "TIME",
    minimum: 1000,
    group: "Output",
    summary: "With --rotate and segments: remove files that were written last longer ago",
  },
  {
    name: "min-free",
    type: "text",
    placeholder: "SIZE|PERCENT%",
    default: "1%",
    check: (value) => void parseMinFree(value),
    group: "Output",
    summary:
      "How much of the disk to leave free: the oldest files that --rotate or segments have put away go first, then records are dropped and counted (disk_full); 0%: none",
  },
  {
    name: "sync",
    type: "choice",
    choices: ["none", "window", "record"],
    default: "window",
    group: "Output",
    summary:
      "When to wait until files are on the disk: never; each second and at the ends of windows; after every batch of records, which count only then",
  },
  ...SYSLOG_OPTIONS,
];
