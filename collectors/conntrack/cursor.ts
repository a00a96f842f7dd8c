/**
 * A place in a line of conntrack's text, with the reading of one field at a time: words, numbers,
 * addresses, times.
 */
import { formatIp, parseIp } from "../../lib/ip.ts";

/** Zone of the times of `-o ktimestamp`: that of this process, or UTC if conntrack has `TZ=UTC0`. */
export type FlowTimeZone = "local" | "utc";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Texts that are remembered, at most: a power of two. */
const CACHE_SIZE = 2048;
/** Longest text that is remembered. */
const CACHE_KEY_SIZE = 64;

const SPACE = 0x20;
const CLOSING_BRACKET = 0x5d;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What was made of the latest texts, found by their bytes. The same addresses and words come again and
 * again; comparing bytes is cheaper than making strings, and no record keeps a chunk of input alive.
 */
class TextCache<T> {
  readonly #make: (text: string) => T | undefined;
  readonly #keys: string[] = new Array(CACHE_SIZE).fill("");
  readonly #values: (T | undefined)[] = new Array(CACHE_SIZE).fill(undefined);

  constructor(make: (text: string) => T | undefined) {
    this.#make = make;
  }

  get(bytes: Uint8Array, from: number, to: number): T | undefined {
    const length = to - from;
    if (length > CACHE_KEY_SIZE) return this.#make(decoder.decode(bytes.subarray(from, to)));
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 11)) & (CACHE_SIZE - 1);
    const key = this.#keys[slot] ?? "";
    if (key.length === length && length > 0) {
      let i = 0;
      while (i < length && key.charCodeAt(i) === bytes[from + i]) i++;
      if (i === length) return this.#values[slot];
    }
    const text = decoder.decode(bytes.subarray(from, to));
    const value = this.#make(text);
    // Of other than ASCII text, the characters are not the bytes.
    if (text.length === length) {
      this.#keys[slot] = text;
      this.#values[slot] = value;
    }
    return value;
  }
}

/** Most addresses are in the form of `lib/ip.ts` already, which is far cheaper to see than to make. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_WITHOUT_ZERO = /^(?:[1-9a-f][0-9a-f]{0,3}(?::(?!$)|$)){8}$/;

interface Address {
  readonly text: string;
  readonly version: 4 | 6;
}

const addresses = new TextCache<Address>(function (text) {
  if (IPV4.test(text)) return { text, version: 4 };
  if (IPV6_WITHOUT_ZERO.test(text)) return { text, version: 6 };
  const bytes = parseIp(text);
  return bytes && { text: formatIp(bytes), version: text.includes(":") ? 6 : 4 };
});

/** Words for states: upper case. */
export const states = new TextCache((text) => /^[A-Z][A-Z0-9_]*$/.test(text) ? text : undefined);
/** Words without a control character. */
export const words = new TextCache((text) => /^\P{Cc}+$/u.test(text) ? text : undefined);

const CTIME =
  /^\w{3} (\w{3}) ([ \d]\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) (19[789]\d|[2-9]\d{3})$/;

/** Makes microseconds of ctime(3) text, `Sat Nov 21 01:59:40 2026`. */
function ctimeReader(zone: FlowTimeZone): (text: string) => number | undefined {
  return function (text) {
    const [, name = "", ...numbers] = CTIME.exec(text) ?? [];
    const month = MONTHS.indexOf(name);
    const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = numbers.map(Number);
    const utc = new Date(Date.UTC(year, month, day, hour, minute, second));
    if (month < 0 || utc.getUTCDate() !== day) return undefined;
    const date = zone === "utc" ? utc : new Date(year, month, day, hour, minute, second);
    return date.getTime() * 1000;
  };
}

const times = {
  local: new TextCache(ctimeReader("local")),
  utc: new TextCache(ctimeReader("utc")),
};

/**
 * A place in a line. Every method that reads a field steps behind it and the blank that follows; one
 * that finds something else where its field must stand sets `bad`, and what it returns is not used.
 */
export class Cursor {
  bad = false;
  /** Version of the addresses: all of a line have the same. */
  ipVersion: 0 | 4 | 6 = 0;

  constructor(readonly bytes: Uint8Array, public at: number, readonly end: number) {}

  /** Whether a character of the range stands here, or `ahead` bytes further. */
  within(first: string, last: string, ahead = 0): boolean {
    const at = this.at + ahead;
    const byte = this.bytes[at] ?? 0;
    return at < this.end && byte >= first.charCodeAt(0) && byte <= last.charCodeAt(0);
  }

  skipSpaces(): void {
    while (this.at < this.end && this.bytes[this.at] === SPACE) this.at++;
  }

  /** Steps behind the text if it stands here. */
  take(text: string): boolean {
    const { bytes, at } = this;
    const { length } = text;
    if (at + length > this.end) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
    this.at = at + length;
    return true;
  }

  /** As {@linkcode take}; the text must stand here. */
  expect(text: string): void {
    if (!this.take(text)) this.bad = true;
  }

  /** As {@linkcode take}, for a word with nothing behind it. */
  flag(text: string): boolean {
    if (!this.take(text)) return false;
    this.separator();
    return true;
  }

  separator(): void {
    if (this.at < this.end && this.bytes[this.at++] !== SPACE) this.bad = true;
  }

  /** A decimal number up to and including `max`, whatever follows. */
  digits(max: number): number {
    const start = this.at;
    let value = 0;
    for (; this.at < this.end; this.at++) {
      const digit = (this.bytes[this.at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.at === start || value > max) this.bad = true;
    return value;
  }

  /** A decimal number that fills a field. */
  number(max: number): number {
    const value = this.digits(max);
    this.separator();
    return value;
  }

  /** End of the word that begins here. */
  wordEnd(): number {
    let end = this.at;
    while (end < this.end && this.bytes[end] !== SPACE) end++;
    return end;
  }

  /** A word that the cache accepts. */
  word(cache = words): string {
    const to = this.wordEnd();
    const text = cache.get(this.bytes, this.at, to);
    if (text === undefined) this.bad = true;
    this.at = to;
    this.separator();
    return text ?? "";
  }

  address(): string {
    const to = this.wordEnd();
    const address = addresses.get(this.bytes, this.at, to);
    if (address === undefined || (this.ipVersion !== 0 && this.ipVersion !== address.version)) {
      this.bad = true;
      return "";
    }
    this.ipVersion = address.version;
    this.at = to;
    this.separator();
    return address.text;
  }

  /** A hexadecimal number of 16 bits. */
  key(): number {
    const text = this.word();
    if (!/^[0-9a-f]{1,4}$/.test(text)) this.bad = true;
    return parseInt(text, 16);
  }

  /** Text up to a closing bracket, as a time; undefined where it is none. */
  time(zone: FlowTimeZone): number | undefined {
    const from = this.at;
    while (this.at < this.end && this.bytes[this.at] !== CLOSING_BRACKET) this.at++;
    if (this.at === this.end) this.bad = true;
    const time = times[zone].get(this.bytes, from, this.at++);
    this.separator();
    return time;
  }
}
