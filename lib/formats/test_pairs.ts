/** What lines of names and values should be read as, and plain readers of them. */
import type { Connection } from "../connection.ts";
import { columnsOf, type Kind, type KindValues, type Schema } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { flowOf } from "../mapping/flow.ts";
import { identityText } from "../mapping/identity.ts";
import { isoTime } from "../time.ts";

/** Seed of the Community IDs in tests. */
export const SEED = 3;

/** What a reader makes of a line. */
export type Pairs = Record<string, string>;

/** How a schema says values that are not simply text. */
export interface PlainValues {
  readonly time: (time: number) => string;
  readonly duration: (microseconds: number) => string;
  readonly texts: (texts: readonly string[]) => string;
}

function secondsOf(microseconds: number): string {
  const digits = String(microseconds).padStart(7, "0");
  const [whole, rest] = [digits.slice(0, -6), digits.slice(-6)];
  return rest === "000000" ? whole : `${whole}.${rest}`;
}

const commas = (texts: readonly string[]) => texts.join(", ");

/** How each schema of pairs says them. */
export const PLAIN_VALUES: Readonly<Record<"plain" | "cim" | "cef" | "leef", PlainValues>> = {
  plain: { time: isoTime, duration: String, texts: (texts) => JSON.stringify(texts) },
  cim: { time: isoTime, duration: secondsOf, texts: commas },
  cef: { time: (time) => String(Math.floor(time / 1000)), duration: String, texts: commas },
  leef: { time: isoTime, duration: secondsOf, texts: commas },
};

/** A value as text. */
export function plainText<K extends Kind>(
  kind: K,
  value: KindValues[K],
  { time, duration, texts }: PlainValues,
): string {
  if (kind === "time") return time(Number(value));
  if (kind === "duration") return duration(Number(value));
  if (typeof value === "object") return "begin" in value ? identityText(value) : texts(value);
  return String(value);
}

/** The pairs that the line of a record should be read as: without what is not known, or empty. */
export function expectedPairs(
  record: Connection,
  schema: keyof typeof PLAIN_VALUES & Schema,
): Pairs {
  const pairs: Pairs = {};
  const flow = flowOf(record, SEED);
  for (const { name, kind, value } of columnsOf(FIELDS, schema)) {
    const known = value(flow);
    if (known === undefined) continue;
    const text = plainText(kind, known, PLAIN_VALUES[schema]);
    if (text !== "") pairs[name] = text;
  }
  return pairs;
}

/** Takes the escapes out of all values. */
export function mapPairs(pairs: Pairs, unescape: (value: string) => string): Pairs {
  return Object.fromEntries(Object.entries(pairs).map(([name, text]) => [name, unescape(text)]));
}

/** What the standard says of a CEF line: the header's fields, and the extension. */
export function readCef(line: string): { readonly header: string[]; readonly pairs: Pairs } {
  const header: string[] = [];
  let at = 0;
  for (let field = ""; header.length < 7; at++) {
    const character = line[at];
    if (character === undefined) throw new Error(`no whole header: ${line}`);
    if (character === "\\") field += line[++at] ?? "";
    else if (character === "|") field = (header.push(field), "");
    else field += character;
  }
  const extension = line.slice(at);
  // A key begins the extension, or stands behind a blank; an equals sign that has no backslash ends it.
  const keys = [...extension.matchAll(/(?:^|(?<= ))([A-Za-z0-9_]+)=/g)];
  const pairs: Pairs = {};
  for (const [index, { 0: whole, 1: key = "", index: from }] of keys.entries()) {
    const next = keys[index + 1]?.index;
    const raw = extension.slice(from + whole.length, next === undefined ? undefined : next - 1);
    if (key in pairs) throw new Error(`${key} comes twice: ${line}`);
    if (/(?:^|[^\\])(?:\\\\)*=/.test(raw)) throw new Error(`a bare equals sign: ${line}`);
    pairs[key] = raw.trim().replace(
      /\\(.)/g,
      (_, escaped: string) => escaped === "n" ? "\n" : escaped === "r" ? "\r" : escaped,
    );
  }
  return { header, pairs };
}

/** What IBM says of a LEEF 2.0 line. */
export function readLeef(line: string): { readonly header: string[]; readonly pairs: Pairs } {
  const parts = line.split("|");
  const [header, delimiter = ""] = [parts.slice(0, 5), parts[5]];
  const pairs: Pairs = {};
  for (const attribute of parts.slice(6).join("|").split(delimiter)) {
    const equals = attribute.indexOf("=");
    const key = attribute.slice(0, equals);
    if (equals < 1 || key in pairs) throw new Error(`not an attribute, or twice: ${attribute}`);
    pairs[key] = attribute.slice(equals + 1).trim();
  }
  return { header, pairs };
}
