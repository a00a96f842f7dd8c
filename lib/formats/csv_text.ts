/** Text and lists in CSV, as a spreadsheet may be given them. */
import { escapeControl, quoteJson } from "./escape.ts";

/** With these a spreadsheet begins a formula (a tab and a line break are escaped anyway). */
const FORMULA = /^[=+\-@]/;

/** Printable ASCII that is itself, and begins no formula. */
const PLAIN = /^(?:[ -*,./0-<>?A-[\]-~][ -[\]-~]*)?$/;

/** A cell that no spreadsheet takes for a formula, in one line. Undefined stays undefined. */
export function csvText<Text extends string | undefined>(value: Text): Text | string {
  if (value === undefined || PLAIN.test(value)) return value;
  const escaped = escapeControl(value);
  if (!FORMULA.test(escaped)) return escaped;
  return "\\x" + escaped.charCodeAt(0).toString(16) + escaped.slice(1);
}

/** A list as a JSON array in one line. */
export function jsonList(texts: readonly string[]): string {
  return `[${texts.map(quoteJson).join(",")}]`;
}
