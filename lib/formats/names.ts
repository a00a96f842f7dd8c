/**
 * Names of the formats, as `--format` takes them. Apart from the formats, so that the command table need
 * not load them.
 */
export const FORMAT_NAMES = [
  "text",
  "table",
  "ndjson",
  "ocsf",
  "csv",
  "cim",
  "cef",
  "leef",
  "logfmt",
  "lognet",
  "template",
  "littlesnitch-stats",
  "zeek",
  "zeek-json",
] as const;

/** One of {@linkcode FORMAT_NAMES}. */
export type FormatName = typeof FORMAT_NAMES[number];

/** What formats are also called. */
const ALIASES: Readonly<Record<string, FormatName>> = { ecs: "ndjson" };

/** All that `--format` takes. */
export const FORMAT_CHOICES: readonly string[] = [...FORMAT_NAMES, ...Object.keys(ALIASES)];

/** The format of a name; undefined where there is none. */
export function formatNamed(text: string | undefined): FormatName | undefined {
  return FORMAT_NAMES.find((name) => name === text) ?? ALIASES[text ?? ""];
}
