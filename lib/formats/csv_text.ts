/** Text in CSV, as a spreadsheet may be given it. */
import { escapeControl } from "./escape.ts";

/** With these a spreadsheet begins a formula (a tab and a line break are escaped anyway). */
const FORMULA = /^[=+\-@]/;

/** A cell that no spreadsheet takes for a formula, in one line. Undefined stays undefined. */
export function csvText(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const escaped = escapeControl(value);
  if (!FORMULA.test(escaped)) return escaped;
  return "\\x" + escaped.charCodeAt(0).toString(16) + escaped.slice(1);
}
