/** The options that fold connections into summaries, and that leave out what is expected. */
import { DEFAULT_FOLD_FIELDS, FOLD_FIELDS, isFoldField } from "../pipeline/fold/fields.ts";
import { FOLD_ORDERS } from "../pipeline/fold/order.ts";
import { nearest } from "./nearest.ts";
import type { OptionSpec } from "./spec.ts";

/** The names between the commas. */
export function splitNames(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** Throws a `RangeError` for what is no list of fields. */
function checkFields(text: string): void {
  for (const name of splitNames(text)) {
    if (isFoldField(name)) continue;
    const names = Object.keys(FOLD_FIELDS);
    const near = nearest(name, names);
    throw new RangeError(
      near === undefined
        ? `it is not a list of these, with commas: ${names.join(", ")}`
        : `there is no "${name}": did you mean "${near}"?`,
    );
  }
}

/** Throws a `RangeError` for what is no positive whole number. */
function checkCount(text: string): void {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError("it is not a positive whole number");
}

/** Of `watch`. */
export const FOLD: OptionSpec = {
  name: "fold",
  type: "flag",
  group: "Summaries",
  summary:
    "Write the first connection of each kind in a window at once, and sum up those that are like it at the end of the window (1m)",
};

/** Of what folds. */
export const FOLD_OPTIONS: readonly OptionSpec[] = [
  {
    name: "window",
    short: "w",
    type: "duration",
    placeholder: "TIME",
    minimum: 1000,
    group: "Summaries",
    summary:
      "Length of the windows that are summed up: 1m, 5m, 1h; they begin at whole multiples of it, in UTC, and end before the next begins",
  },
  {
    name: "by",
    type: "text",
    placeholder: "FIELDS",
    default: DEFAULT_FOLD_FIELDS.join(","),
    check: checkFields,
    group: "Summaries",
    summary: `By what connections are summed up, besides direction, protocol and IP version: ${
      Object.keys(FOLD_FIELDS).join(", ")
    }`,
  },
  {
    name: "max-keys",
    type: "text",
    placeholder: "NUMBER",
    default: "100000",
    check: checkCount,
    group: "Summaries",
    summary: "Summaries that are kept at a time; what there is no room for is summed up together",
  },
];

/** Of what sums up what has been. */
export const EXPORT_ORDER_OPTIONS: readonly OptionSpec[] = [
  {
    name: "sort",
    type: "choice",
    choices: Object.keys(FOLD_ORDERS),
    group: "Summaries",
    summary: "Order of the summaries of a window; without it, as they come",
  },
  {
    name: "count",
    type: "choice",
    choices: ["connections", "rows"],
    default: "connections",
    group: "Summaries",
    summary:
      "With the format littlesnitch-stats: whether COUNT is of connections, or of the rows that told of them",
  },
];

/** Of what is started again and again. */
export const SERIES_OPTIONS: readonly OptionSpec[] = [
  {
    name: "since-last",
    type: "file",
    placeholder: "FILE",
    group: "Source",
    summary:
      "With littlesnitch or --input: sum up every window (5m) that has ended since the run before, each once; this file keeps what is done",
  },
  {
    name: "settle",
    type: "duration",
    placeholder: "TIME",
    default: "90s",
    group: "Source",
    summary:
      "With --since-last: how long after its end a window is taken to be complete; of logs whose lines stand in disorder by their nature, such as those of Zeek, that and --lateness unless this is given",
  },
  {
    name: "max-catchup",
    type: "text",
    placeholder: "NUMBER",
    default: "1000",
    check: checkCount,
    group: "Source",
    summary:
      "With --since-last: windows that one run sums up, at most; those before them are told as a gap",
  },
];

/** Of what leaves out what is expected. */
export const NOTEWORTHY_OPTIONS: readonly OptionSpec[] = [
  {
    name: "noteworthy",
    type: "flag",
    group: "Noteworthy",
    summary: "Leave out what rules expect, and say of the rest why it is noteworthy",
  },
  {
    name: "rules",
    type: "file",
    placeholder: "FILE",
    repeatable: true,
    group: "Noteworthy",
    summary:
      "With --noteworthy: add rules from this TOML file; one of the same name replaces another",
  },
  {
    name: "explain",
    type: "flag",
    group: "Noteworthy",
    summary: "With --noteworthy: say at the end, on stderr, what was left out, and by which rule",
  },
];
