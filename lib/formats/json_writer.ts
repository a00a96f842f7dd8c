/** Writes JSON as bytes, without a string on the way. */
import type { Identity } from "../mapping/identity.ts";
import { isoTime } from "../time.ts";
import { quoteJson } from "./escape.ts";

const ZERO = 48;
const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const ZULU = 90;
const OPEN = 123;
const CLOSE = 125;
const PADDING = 61;

/** What a number is divided by so that every part of it is a small integer of V8, with which it counts faster. */
const MILLION = 1_000_000;

/** So many bytes are copied one by one in less time than a call of `set` takes. */
const SHORT = 24;

/** A UTF-16 code unit takes at most six bytes, as `\\uXXXX`. */
const MOST_BYTES = 6;

/** Integers from here on are left to `String`. */
const LARGE = 1e15;

const encoder = new TextEncoder();

/** For each code unit of ASCII, 1 where it stands for itself in a JSON string. */
const PLAIN = new Uint8Array(128);
for (let code = 0x20; code < 0x7f; code++) {
  PLAIN[code] = quoteJson(String.fromCharCode(code)).length === 3 ? 1 : 0;
}

/** The text as UTF-8, to be written again and again. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const BASE64 = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/** Seconds are remembered by their last bits: the times of a batch lie close together. */
const REMEMBERED = 64;
const seconds = new Float64Array(REMEMBERED).fill(NaN);
const secondTexts: Uint8Array[] = [];

/** `2026-11-21T02:01:40.` */
function secondBytes(second: number): Uint8Array {
  const slot = second & (REMEMBERED - 1);
  const known = secondTexts[slot];
  if (known !== undefined && seconds[slot] === second) return known;
  const bytes = utf8(isoTime(second * MILLION).slice(0, 20));
  seconds[slot] = second;
  secondTexts[slot] = bytes;
  return bytes;
}

/** What begins with the name of a member, as it is behind other members of its object, and as the first of them. */
export interface Member {
  readonly next: Uint8Array;
  readonly first: Uint8Array;
  /** Bytes of `next`. */
  readonly length: number;
}

/** @param next Begins with a comma, or is empty. */
export function memberOf(next: Uint8Array): Member {
  return { next, first: next.subarray(1), length: next.length };
}

/** The name of a member with its colon, and what its value begins with. */
export function memberName(name: string, begin = ""): Member {
  return memberOf(utf8(`,"${name}":${begin}`));
}

/**
 * Writes at a place in an array. Where there is no more room it only counts: {@linkcode JsonWriter.end} then
 * lies beyond the end of the array, and an array of that length would be enough.
 */
export class JsonWriter {
  #into: Uint8Array = new Uint8Array(0);
  #end = 0;

  /** Begins to write at a place. */
  begin(into: Uint8Array, at: number): void {
    this.#into = into;
    this.#end = at;
  }

  /** Behind what was written last. */
  get end(): number {
    return this.#end;
  }

  /** Adds what is JSON already, or a part of it. */
  json(bytes: Uint8Array): void {
    const into = this.#into;
    const { length } = bytes;
    let at = this.#end;
    this.#end = at + length;
    if (at + length > into.length) return;
    if (length > SHORT) into.set(bytes, at);
    else for (let i = 0; i < length; i++) into[at++] = bytes[i] ?? 0;
  }

  /** Adds a member, or its name. */
  member({ next, first }: Member): void {
    this.json(this.#into[this.#end - 1] === OPEN ? first : next);
  }

  /** Ends an object. */
  close(): void {
    this.#byte(CLOSE);
  }

  /** Ends an object, or takes the whole member back if there is nothing in it. */
  closeUnlessEmpty(begun: number): void {
    if (this.#into[this.#end - 1] === OPEN) this.#end = begun;
    else this.#byte(CLOSE);
  }

  /** Adds the text as a string, quotation marks included: the same bytes as those of {@linkcode quoteJson}. */
  quoted(text: string): void {
    this.#byte(QUOTE);
    this.text(text);
    this.#byte(QUOTE);
  }

  /** Adds a part of a string, without quotation marks. */
  text(text: string): void {
    const into = this.#into;
    const { length } = text;
    let at = this.#end;
    if (at + length > into.length) {
      this.#end = at + length * MOST_BYTES;
      return;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (PLAIN[code] !== 1) return this.#escaped(text);
      into[at++] = code;
    }
    this.#end = at;
  }

  /** Adds text as it is, no part of a string of JSON. */
  plain(text: string): void {
    const into = this.#into;
    const { length } = text;
    let at = this.#end;
    if (at + length > into.length) {
      this.#end = at + length * MOST_BYTES;
      return;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.json(encoder.encode(text));
      into[at++] = code;
    }
    this.#end = at;
  }

  /** Adds an array of strings. */
  list(texts: readonly string[]): void {
    this.#byte(OPEN_LIST);
    for (let i = 0; i < texts.length; i++) {
      if (i > 0) this.#byte(COMMA);
      this.quoted(texts[i] ?? "");
    }
    this.#byte(CLOSE_LIST);
  }

  /** Adds an identity as a string. */
  identity({ begin, end }: Identity): void {
    this.#byte(QUOTE);
    this.text(begin);
    if (typeof end === "string") this.text(end);
    else this.#base64(end);
    this.#byte(QUOTE);
  }

  /** Adds an integer in decimal digits. */
  integer(number: number): void {
    if (!(number >= 0 && number < LARGE) || Math.floor(number) !== number) {
      this.text(String(number));
    } else if (number < MILLION) this.#small(number);
    else this.#large(number);
  }

  /** Adds a time, microseconds since the epoch, as a string, as `isoTime` writes it. */
  time(time: number): void {
    this.#byte(QUOTE);
    this.plainTime(time);
    this.#byte(QUOTE);
  }

  /** The same without quotation marks. */
  plainTime(time: number): void {
    const second = Math.floor(time / MILLION);
    this.json(secondBytes(second));
    this.#digits(Math.floor(time - second * MILLION), 6);
    this.#byte(ZULU);
  }

  #byte(byte: number): void {
    const at = this.#end++;
    if (at < this.#into.length) this.#into[at] = byte;
  }

  /** One that is below a million. */
  #small(number: number): void {
    let digits = 1;
    for (let limit = 10; limit <= number; limit *= 10) digits++;
    this.#digits(number, digits);
  }

  #large(number: number): void {
    const high = Math.floor(number / MILLION);
    this.integer(high);
    this.#digits(number - high * MILLION, 6);
  }

  #digits(number: number, digits: number): void {
    const into = this.#into;
    const end = this.#end + digits;
    this.#end = end;
    if (end > into.length) return;
    let rest = number | 0;
    for (let at = end - 1; at >= end - digits; at--) {
      const next = (rest / 10) | 0;
      into[at] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  /** As `Uint8Array.prototype.toBase64` writes them. */
  #base64(bytes: Uint8Array): void {
    const into = this.#into;
    const { length } = bytes;
    let at = this.#end;
    this.#end = at + Math.ceil(length / 3) * 4;
    if (this.#end > into.length) return;
    for (let i = 0; i < length; i += 3) {
      const three = (bytes[i] ?? 0) << 16 | (bytes[i + 1] ?? 0) << 8 | (bytes[i + 2] ?? 0);
      into[at++] = BASE64[three >>> 18] ?? 0;
      into[at++] = BASE64[three >>> 12 & 63] ?? 0;
      into[at++] = i + 1 < length ? BASE64[three >>> 6 & 63] ?? 0 : PADDING;
      into[at++] = i + 2 < length ? BASE64[three & 63] ?? 0 : PADDING;
    }
  }

  #escaped(text: string): void {
    const json = quoteJson(text);
    this.json(encoder.encode(json.slice(1, -1)));
  }
}
