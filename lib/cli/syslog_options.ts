/** The options of outputs that are syslog: a part of the command table. */
import { FACILITIES } from "../sinks/syslog/frame.ts";
import { parseSize } from "../size.ts";
import type { OptionSpec } from "./spec.ts";

/** The values that apply where a command has no such options, too. */
export const SYSLOG_DEFAULTS = {
  facility: "daemon",
  tag: "connscribe",
  queue: "16M",
  // rsyslog cuts what is longer than 8096 bytes, unless it is told otherwise.
  max: "8000",
} as const;

const LEAST_QUEUE = 2 ** 20;
const LEAST_MESSAGE = 2 ** 10;

/** @throws RangeError */
function checkTag(value: string): void {
  if (!/^[!-~]{1,48}$/.test(value)) {
    throw new RangeError("it is no APP-NAME: up to 48 characters of ASCII, without blanks");
  }
}

/** @throws RangeError */
function checkAtLeast(value: string, least: number, name: string): void {
  if (parseSize(value) < least) throw new RangeError(`the minimum is ${name}`);
}

/** Options of `--out syslog…`. */
export const SYSLOG_OPTIONS: readonly OptionSpec[] = [
  {
    name: "syslog-facility",
    type: "choice",
    choices: Object.keys(FACILITIES),
    default: SYSLOG_DEFAULTS.facility,
    group: "Output",
    summary: "Facility of the messages",
  },
  {
    name: "syslog-tag",
    type: "text",
    placeholder: "NAME",
    default: SYSLOG_DEFAULTS.tag,
    check: checkTag,
    group: "Output",
    summary: "APP-NAME of the messages",
  },
  {
    name: "syslog-ca",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary:
      "With syslog+tls: trust the certificate authorities in this file (PEM) besides those of the system",
  },
  {
    name: "syslog-cert",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary: "With syslog+tls: the certificate that shows who this host is (PEM)",
  },
  {
    name: "syslog-key",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary: "The key of --syslog-cert (PEM)",
  },
  {
    name: "syslog-queue",
    type: "text",
    placeholder: "SIZE",
    default: SYSLOG_DEFAULTS.queue,
    check: (value) => checkAtLeast(value, LEAST_QUEUE, "1M"),
    group: "Output",
    summary:
      "How much may wait while a syslog server takes nothing; beyond it, new records are dropped and counted (queue)",
  },
  {
    name: "syslog-spool",
    type: "directory",
    placeholder: "DIR",
    group: "Output",
    summary:
      "Let messages wait in this directory instead of in memory, so that they survive the end of the program",
  },
  {
    name: "syslog-max",
    type: "text",
    placeholder: "SIZE",
    default: SYSLOG_DEFAULTS.max,
    check: (value) => checkAtLeast(value, LEAST_MESSAGE, "1K"),
    group: "Output",
    summary:
      "Longest message; what is longer is shortened, marked and counted (shortened), for a syslog server would cut it or make two of it",
  },
];
