/**
 * Values of a line whose type is checked. All throw a `TypeError` for a value that is not what it should
 * be: the reader of the line catches it, so that one wrong value makes the line malformed.
 */
import { canonicalIp } from "./canonical_ip.ts";
import { parseIsoTime } from "./iso_time.ts";

/** An object without its types, as `JSON.parse` gives it. */
export interface Fields {
  readonly [name: string]: unknown;
}

/** Throws the `TypeError`. */
export function wrong(wanted: string): never {
  throw new TypeError(`not ${wanted}`);
}

/** Whether the value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, where it is there. */
export function required<T>(value: T | undefined): T {
  return value ?? wrong("there");
}

/** Sets what is known; what is not stays absent. */
export function put<T, K extends keyof T>(to: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined) to[name] = value;
}

/** The word, where it is one of these. */
export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  if (isAbsent(value)) return undefined;
  for (const word of words) if (word === value) return word;
  return wrong("one of the words");
}

/** Other programs write null for what is absent. */
function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** An object, or an absent one. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (isAbsent(value)) return undefined;
  return isFields(value) ? value : wrong("an object");
}

/** A text, or an absent one. */
export function textOf(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  return typeof value === "string" ? value : wrong("a text");
}

/** A list, or an absent one. */
export function listOf<T>(
  value: unknown,
  item: (value: unknown) => T | undefined,
): T[] | undefined {
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) return wrong("a list");
  const items: T[] = [];
  for (const one of value) items.push(required(item(one)));
  return items;
}

/** A number of things, or an absent one. */
export function countOf(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value
    : wrong("a number of things");
}

/** A number of things as its digits, or an absent one. */
export function digitsOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : digitsIn(text) ?? wrong("digits");
}

/** The number that a text of nothing but digits is; undefined for another text, and for a greater number. */
export function digitsIn(text: string): number | undefined {
  if (text.length === 0 || text.length > 16) return undefined;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** A port, or an absent one. */
export function portOf(port: number | undefined): number | undefined {
  return port === undefined || port <= 65535 ? port : wrong("a port");
}

/** A type or a code of ICMP, or an absent one. */
export function byteOf(number: number | undefined): number | undefined {
  return number === undefined || number <= 255 ? number : wrong("a byte");
}

/** A flag that is true or absent. */
export function flagOf(value: unknown): true | undefined {
  if (isAbsent(value) || value === false) return undefined;
  return value === true || wrong("true or false");
}

/** A time of RFC 3339 as microseconds since the epoch, or an absent one. */
export function timeOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : parseIsoTime(text) ?? wrong("a time");
}

/** An address in its canonical spelling, or an absent one. */
export function ipOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : canonicalIp(text) ?? wrong("an address");
}
