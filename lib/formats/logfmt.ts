/**
 * The format `logfmt`: key=value, with the names of the columns of csv. What go-logfmt (of go-kit) and the npm
 * package `logfmt` read alike: a value with a blank, an equals sign, a quotation mark or a backslash is in
 * quotation marks, in which a backslash stands before `"` and `\` and nothing else. Text goes through
 * {@linkcode escapeControl} first; lists are JSON arrays, with the escapes of JSON.
 */
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { jsonList } from "./csv_text.ts";
import { textValues } from "./mapped_text.ts";
import { createPairsFormat, nameAndEquals, type PairSyntax } from "./pairs.ts";

/** Printable ASCII that is itself without quotation marks. */
const BARE = /^[!#-<>-[\]-~]*$/;

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function textOf(text: string): string {
  return BARE.test(text) ? text : quoted(escapeControl(text));
}

const SYNTAX: PairSyntax = {
  schema: "plain",
  separator: " ",
  before: nameAndEquals,
  reportName: (name) => name,
  values: { ...textValues(textOf), texts: (texts) => quoted(jsonList(texts)) },
};

/** Creates the format. */
export function createLogfmtFormat(context: Pick<FormatContext, "communityIdSeed"> = {}): Format {
  return createPairsFormat(SYNTAX, context);
}
