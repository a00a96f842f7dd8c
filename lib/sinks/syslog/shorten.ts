/** Makes lines shorter, so that the reader sees that they were longer. */
import { quoteJson } from "../../formats/escape.ts";
import { messageStart } from "./frame.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What stands in place of what was cut off a text. */
const ELLIPSIS = "…";
/** What a line ends in that was cut off, and is no JSON. */
const MARK = "…[truncated]";

/** Members of a record that are never left out: in ndjson, and those that OCSF demands. */
const KEPT = [
  "@timestamp",
  "event",
  "time",
  "metadata",
  "category_uid",
  "class_uid",
  "activity_id",
  "type_uid",
  "severity_id",
  "src_endpoint",
  "dst_endpoint",
];

/** To what length strings and lists are cut, one attempt after the other, bytes. */
const SHORTEST = 32;
/** Where members are left out, more names than this say no more than that nearly all is missing. */
const LONGEST_NAMES = 160;

/** A number too large for JavaScript, as it stands in the line. */
class RawNumber {
  constructor(readonly digits: string) {}
}

type Json = null | boolean | number | string | RawNumber | Json[] | JsonObject;
interface JsonObject {
  [name: string]: Json;
}

/** Strings, which stay as they are, and numbers of so many digits that some would be lost. */
const STRING_OR_LONG_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]{14,}/g;

/**
 * Shortens a line to so many bytes. A JSON object stays one: its longest strings and lists are cut, and
 * `connscribe.truncated` names them; any other line gets an end that says so.
 *
 * @param line Without its line feed.
 * @param most Bytes of UTF-8.
 */
export function shorten(line: string, most: number): string {
  if (byteLength(line) <= most) return line;
  const json = line.startsWith("{") ? shortenJson(line, most) : undefined;
  return json ?? shortenText(line, most, MARK);
}

/** A message with less in its MSG: so many bytes, if its header leaves room for that. */
export function shortenMessage(frame: Uint8Array, most: number): Uint8Array {
  const start = messageStart(frame);
  const text = shorten(decoder.decode(frame.subarray(start)), Math.max(most - start, 0));
  const message = encoder.encode(text);
  const bytes = new Uint8Array(start + message.length);
  bytes.set(frame.subarray(0, start));
  bytes.set(message, start);
  return bytes;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The beginning of a text, and the mark; without the mark where there is no room for it. */
function shortenText(text: string, most: number, mark: string): string {
  const tail = byteLength(mark) <= most ? mark : "";
  const bytes = encoder.encode(text);
  let end = most - byteLength(tail);
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end)) + tail;
}

/** Undefined where the line is no JSON object, or no room is left. */
function shortenJson(line: string, most: number): string | undefined {
  const record = parseObject(line);
  if (record === undefined) return undefined;
  for (let longest = most / 2; longest >= SHORTEST; longest /= 2) {
    const text = marked(record, longest);
    if (byteLength(text) <= most) return text;
  }
  return withoutMembers(record, most);
}

/** The object; its long numbers are kept to the last digit. */
function parseObject(line: string): JsonObject | undefined {
  const sign = crypto.randomUUID();
  const quoted = line.replace(
    STRING_OR_LONG_NUMBER,
    (token) => token.startsWith('"') ? token : `"${sign}${token}"`,
  );
  try {
    const value: Json = JSON.parse(
      quoted,
      (_, value) =>
        typeof value === "string" && value.startsWith(sign)
          ? new RawNumber(value.slice(sign.length))
          : value,
    );
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof RawNumber);
}

/** The record with strings and lists no longer than so many bytes, and with the names of those that were. */
function marked(record: JsonObject, longest: number): string {
  const names: string[] = [];
  const shorter = cut(record, longest, "", names);
  return stringify(isObject(shorter) ? withNames(shorter, names) : shorter);
}

/** `connscribe.truncated` added; in place of a `connscribe` that takes no members, which is named too. */
function withNames(record: JsonObject, names: readonly string[]): JsonObject {
  const { connscribe, metadata, unmapped } = record;
  // OCSF has a place of its own for that, and none for others.
  if ("class_uid" in record && isObject(metadata)) {
    return {
      ...record,
      metadata: { ...metadata, "is_truncated": true },
      unmapped: { ...(isObject(unmapped) && unmapped), truncated: [...names] },
    };
  }
  if (isObject(connscribe)) {
    return { ...record, connscribe: { ...connscribe, truncated: [...names] } };
  }
  const replaced = connscribe === undefined ? [] : ["connscribe"];
  return { ...record, connscribe: { truncated: [...names, ...replaced] } };
}

function cut(value: Json, longest: number, path: string, names: string[]): Json {
  if (typeof value === "string") {
    if (byteLength(value) <= longest || path === "@timestamp") return value;
    names.push(path);
    return shortenText(value, longest, ELLIPSIS);
  }
  if (Array.isArray(value)) {
    const items = fitting(value, longest);
    if (items.length < value.length) names.push(path);
    const inside: string[] = [];
    const shorter = items.map((item) => cut(item, longest, path, inside));
    if (inside.length > 0 && !names.includes(path)) names.push(path);
    return shorter;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      cut(member, longest, path === "" ? name : `${path}.${name}`, names),
    ]),
  );
}

/** As many of the items as fit, the last one perhaps cut. */
function fitting(items: readonly Json[], longest: number): Json[] {
  let size = 0;
  let count = 0;
  for (const item of items) {
    if (size > 0 && size >= longest) break;
    size += byteLength(stringify(item)) + 1;
    count++;
  }
  return items.slice(0, count);
}

/** Leaves out the largest members until the rest fits. */
function withoutMembers(record: JsonObject, most: number): string | undefined {
  const names: string[] = [];
  let members = Object.entries(record).map(([name, member]) =>
    [name, cut(member, SHORTEST, name, names)] as const
  );
  const bySize = members.filter(([name]) => !KEPT.includes(name))
    .map(([name, member]) => ({ name, size: byteLength(stringify(member)) }))
    .sort((a, b) => b.size - a.size);
  for (const { name } of bySize) {
    members = members.filter(([other]) => other !== name);
    names.push(name);
    const said = byteLength(names.join()) > LONGEST_NAMES ? ["*"] : names;
    const text = stringify(withNames(Object.fromEntries(members), said));
    if (byteLength(text) <= most) return text;
  }
  return undefined;
}

/** As the format ndjson writes it: nothing that would not show. */
function stringify(value: Json): string {
  if (typeof value === "string") return quoteJson(value);
  if (value instanceof RawNumber) return value.digits;
  if (Array.isArray(value)) return `[${value.map(stringify).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) =>
    quoteJson(name) + ":" + stringify(member)
  );
  return `{${members.join(",")}}`;
}
