/**
 * Names of the formats, as `--format` takes them. Apart from the formats, so that the command table need
 * not load them.
 */
export const FORMAT_NAMES = [
  "text",
  "table",
  "ndjson",
  "csv",
  "lognet",
  "template",
  "littlesnitch-stats",
] as const;

/** One of {@linkcode FORMAT_NAMES}. */
export type FormatName = typeof FORMAT_NAMES[number];
