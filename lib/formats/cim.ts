/**
 * The format `cim`: key=value for Splunk, with the names of its Common Information Model. A connection has all
 * that Network Traffic requires, a listener all that Endpoint.Ports requires; packaging/splunk/ tells Splunk so.
 *
 * Splunk extracts the pairs by itself (props.conf, `KV_MODE = auto`). It has no way to say a quotation mark
 * inside quotation marks: `auto` ends the value there, `auto_escaped` does not. So no value has one, nor an
 * equals sign with which a name for a process could make a key: they are `\x22` and `\x3d`, and what would not
 * show is escaped as everywhere. `unescapeControl` undoes it all. Both modes read the same, but for backslashes,
 * which are two in `auto`.
 */
import type { Kind } from "../mapping/field.ts";
import type { Format, FormatContext } from "./format.ts";
import { escapeControl } from "./escape.ts";
import { textValues } from "./mapped_text.ts";
import { createPairsFormat, nameAndEquals, type PairSyntax } from "./pairs.ts";

/** Printable ASCII that is itself in quotation marks; a Community ID, whose equals sign has nothing behind it. */
const PLAIN = /^(?:[ !#-<>-[\]-~]*|1:[A-Za-z0-9+/]{27}=)$/;

const MICROSECONDS = 1_000_000;

function textOf(text: string): string {
  if (PLAIN.test(text)) return text;
  return escapeControl(text).replaceAll('"', "\\x22").replaceAll("=", "\\x3d");
}

/** Values of these kinds are in quotation marks. */
const QUOTED: ReadonlySet<Kind> = new Set(["text", "ip", "time", "texts", "identity"]);

/** Seconds, with six digits behind the point where there are any. */
export function seconds(microseconds: number): string {
  const whole = Math.floor(microseconds / MICROSECONDS);
  const rest = microseconds - whole * MICROSECONDS;
  if (rest === 0) return String(whole);
  return `${whole}.${String(MICROSECONDS + rest).slice(1)}`;
}

const SYNTAX: PairSyntax = {
  schema: "cim",
  separator: " ",
  quote: (kind) => QUOTED.has(kind) ? '"' : "",
  before: nameAndEquals,
  reportName: (name) => name,
  values: { ...textValues(textOf), duration: seconds },
};

/** Creates the format. */
export function createCimFormat(context: Pick<FormatContext, "communityIdSeed"> = {}): Format {
  return createPairsFormat(SYNTAX, context);
}
