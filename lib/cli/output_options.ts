/** The options of the commands that write records: a part of the command table. */
import { FORMAT_NAMES } from "../formats/names.ts";
import { checkTimeFormat } from "../formats/strftime.ts";
import { checkTemplate, DEFAULT_TEMPLATE, DEFAULT_TIME_FORMAT } from "../formats/template.ts";
import type { OptionSpec } from "./spec.ts";

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
      "With the formats text and ndjson: how often to write a stats record, which accounts for all records, 1s at least; also one soon after a loss, and one at the end",
  },
  {
    name: "no-reports",
    type: "flag",
    group: "Output",
    summary: "Leave out the records about the run itself: coverage and stats",
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

/** Options that say how records are written, and where to. */
export const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "format",
    short: "f",
    type: "choice",
    choices: FORMAT_NAMES,
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
    name: "out",
    short: "o",
    type: "file",
    placeholder: "FILE",
    group: "Output",
    summary: "Append to this file instead of writing to stdout",
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
    summary: "Leave out the head line of csv and lognet",
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

/** Of `query`: no second file. */
export const QUERY_OUTPUT_OPTIONS: readonly OptionSpec[] = OUTPUT_OPTIONS.filter(({ name }) =>
  name !== "processes"
);
