/** The options of the commands that read logs: a part of the command table. */
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { checkMoment } from "../query/moment.ts";
import { parseCidr } from "../ip.ts";
import { parseSize } from "../size.ts";
import { NAME_FIELDS } from "../query/names.ts";
import type { OptionSpec } from "./spec.ts";

/** Threads of a search, at most. */
export const MAX_THREADS = 64;

function checkNumber(value: string): void {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new RangeError("it is not a whole number from 1 to 999999999");
  }
}

/** Names of logs may be odd; what looks like an address must be one. */
function checkHost(text: string): void {
  if (text === "" || /\s/.test(text)) throw new RangeError("no host has such a name");
  if (/[/:]|^[\d.]+$/.test(text) && parseCidr(text) === undefined) {
    throw new RangeError("it is no host name, address or network");
  }
}

/** Hours are counted of one host: not of a network. */
function checkOneHost(text: string): void {
  checkHost(text);
  if (text.includes("/")) throw new RangeError("it is a network: name one host");
}

/** More threads are of no use, and each takes memory. */
function checkThreads(value: string): void {
  if (!/^[1-9]\d?$/.test(value) || Number(value) > MAX_THREADS) {
    throw new RangeError(`it is not a whole number from 1 to ${MAX_THREADS}`);
  }
}

/** What logs are. */
export const LOG_FORMAT: OptionSpec = {
  name: "log-format",
  type: "choice",
  choices: LOG_FORMAT_NAMES,
  group: "Logs",
  summary: "The format of the logs, where they do not tell it by their first lines",
};

/** How far they are out of order. */
export const LATENESS: OptionSpec = {
  name: "lateness",
  aliases: ["max_log_late_seconds"],
  type: "duration",
  default: "5m",
  group: "Logs",
  summary: "How much later than others that came after it a line may have been written",
};

const ERRORS: OptionSpec = {
  name: "errors",
  type: "flag",
  group: "Logs",
  summary: "Read every line, and show those that are malformed on stderr",
};

const MEMORY: OptionSpec = {
  name: "memory",
  type: "text",
  placeholder: "SIZE",
  default: "256M",
  check: (value) => void parseSize(value),
  group: "Logs",
  summary: "How much memory names may take, about: more of them go to a temporary file",
};

const THREADS: OptionSpec = {
  name: "threads",
  type: "text",
  placeholder: "NUMBER",
  check: checkThreads,
  group: "Logs",
  summary: "How many threads search, 64 at most; else as many as there are cores",
};

/** Which logs, and how they are read. */
const LOG_OPTIONS: readonly OptionSpec[] = [
  LOG_FORMAT,
  LATENESS,
  MEMORY,
  THREADS,
];

/** Of the commands that read a range of time. */
const SPAN_OPTIONS: readonly OptionSpec[] = [
  {
    name: "since",
    aliases: ["time_init"],
    type: "text",
    placeholder: "WHEN",
    check: checkMoment,
    signed: true,
    group: "Question",
    summary:
      "From this time on: 2026-11-21T10:00 (local time unless it ends in Z or an offset), -2h, today, yesterday, or seconds or milliseconds since the epoch",
  },
  {
    name: "until",
    aliases: ["time_end"],
    type: "text",
    placeholder: "WHEN",
    check: checkMoment,
    signed: true,
    group: "Question",
    summary: "Before this time",
  },
];

function hostOption(name: string, summary: string): OptionSpec {
  return {
    name,
    type: "text",
    placeholder: "HOST|CIDR|IP",
    repeatable: true,
    isOwn: true,
    check: checkHost,
    group: "Question",
    summary,
  };
}

/** Of `query`. */
export const QUERY_OPTIONS: readonly OptionSpec[] = [
  hostOption(
    "to",
    "Connections to this host, by name (in any case, and all names below it), address or network",
  ),
  hostOption("from", "Connections that this host has opened"),
  hostOption("host", "Connections with this host on either side"),
  ...SPAN_OPTIONS,
  {
    name: "unique",
    type: "flag",
    group: "Answer",
    summary: "List hosts, each once, first seen first: who connected, or with --from, to whom",
  },
  {
    name: "count",
    type: "flag",
    isOwn: true,
    group: "Answer",
    summary: "Print only how many records there are",
  },
  {
    name: "top",
    type: "text",
    placeholder: "NUMBER",
    check: checkNumber,
    group: "Answer",
    summary: "Print only the most frequent values of --by, with the number of their connections",
  },
  {
    name: "by",
    type: "choice",
    choices: NAME_FIELDS,
    default: "host",
    isOwn: true,
    group: "Answer",
    summary: "With --top: of what",
  },
  ERRORS,
  {
    name: "no-seek",
    aliases: ["nofastseek"],
    type: "flag",
    group: "Logs",
    summary: "Read logs from their beginning instead of searching for --since",
  },
  ...LOG_OPTIONS,
];

/** Of `convert`. */
export const CONVERT_OPTIONS: readonly OptionSpec[] = [
  ...SPAN_OPTIONS,
  ERRORS,
  LOG_FORMAT,
  LATENESS,
];

/** Of `hourly`. */
export const HOURLY_OPTIONS: readonly OptionSpec[] = [
  {
    name: "to",
    type: "text",
    placeholder: "HOST",
    isOwn: true,
    check: checkOneHost,
    group: "Question",
    summary: "List the hosts that connected to this one, by name (in any case) or address",
  },
  {
    name: "from",
    type: "text",
    placeholder: "HOST",
    isOwn: true,
    check: checkOneHost,
    group: "Question",
    summary: "List the hosts that this one connected to",
  },
  {
    name: "every",
    type: "duration",
    placeholder: "TIME",
    default: "1h",
    minimum: 1000,
    group: "Question",
    summary: "Length of a span of time, 1s at least: spans begin at its multiples, UTC",
  },
  {
    name: "only-complete",
    aliases: ["only_complete_hours", "only-complete-hours"],
    type: "flag",
    group: "Answer",
    summary: "Leave out spans that the logs have not passed by --lateness",
  },
  {
    name: "tail",
    type: "flag",
    group: "Logs",
    summary:
      "Go on reading the log as it grows, through rotation and truncation, and print each span when the log has passed it by --lateness",
  },
  ERRORS,
  ...LOG_OPTIONS,
];
