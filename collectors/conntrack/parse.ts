/**
 * Text of `conntrack -E` and `conntrack -L` to flow events.
 *
 * The order of the fields is fixed, nearly all of them are optional, and which are there depends on the
 * version, the kernel, the protocol and the options (libnetfilter_conntrack
 * `src/conntrack/snprintf_default.c`, conntrack-tools `src/conntrack.c`). So a line is read from left to
 * right, each field by its name; nothing is found by counting columns.
 */
import { formatIp, parseIp } from "../../lib/ip.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { FlowCounters, FlowEvent, FlowOriginator, FlowTuple } from "./flow.ts";

/** Zone of the times of `-o ktimestamp`: that of this process, or UTC if conntrack has `TZ=UTC0`. */
export type FlowTimeZone = "local" | "utc";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const U8 = 2 ** 8 - 1;
const U16 = 2 ** 16 - 1;
const U32 = 2 ** 32 - 1;
/** As near as a double comes to the largest 64 bit number. */
const U64 = 2 ** 64;

/** Sizes of conntrack's line buffers, less the final zero: a text of that length may have been cut. */
const CUT_LENGTHS = [1023, 4095];

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Texts that are remembered, at most: a power of two. */
const CACHE_SIZE = 2048;
/** Longest text that is remembered. */
const CACHE_KEY_SIZE = 64;

const SPACE = 0x20;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
/** Largest number of seconds whose microseconds are exact. */
const MAX_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / 1e6) - 1;

const encoder = new TextEncoder();
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

const states = new TextCache((text) => /^[A-Z][A-Z0-9_]*$/.test(text) ? text : undefined);
const words = new TextCache((text) => /^\P{Cc}+$/u.test(text) ? text : undefined);

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
class Cursor {
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

/**
 * `[1795226380.144181]` and a tab. Up to conntrack 1.4.1 both numbers are padded with blanks, not
 * zeros, `[1656942980.42    ]`: in both forms they are a number.
 */
function readTimestamp(cursor: Cursor): number | undefined {
  if (!cursor.within("[", "[") || !cursor.within("0", "9", 1)) return undefined;
  cursor.at++;
  const seconds = cursor.digits(MAX_SECONDS);
  cursor.skipSpaces();
  cursor.expect(".");
  const microseconds = cursor.digits(999_999);
  cursor.skipSpaces();
  cursor.expect("]");
  cursor.take("\t");
  return seconds * 1_000_000 + microseconds;
}

function readEvent(cursor: Cursor): FlowEvent["event"] {
  cursor.skipSpaces();
  if (cursor.take("[NEW] ")) return "new";
  if (cursor.take("[UPDATE] ")) return "update";
  if (cursor.take("[DESTROY] ")) return "destroy";
  return "dump";
}

/** `ipv4     2`, with `-o extended`: the version that the addresses must have. */
function readLayer3(cursor: Cursor): void {
  const ipVersion = cursor.take("ipv4 ") ? 4 : cursor.take("ipv6 ") ? 6 : 0;
  if (ipVersion === 0) return;
  cursor.skipSpaces();
  // Address families of Linux: AF_INET, AF_INET6.
  if (cursor.number(U8) !== (ipVersion === 4 ? 2 : 10)) cursor.bad = true;
  cursor.ipVersion = ipVersion;
}

/** `tcp      6`: the number decides, for the library has names for few and else says `unknown`. */
function readProtocol(cursor: Cursor): number {
  if (!cursor.within("a", "z")) cursor.bad = true;
  cursor.at = cursor.wordEnd();
  cursor.skipSpaces();
  return cursor.number(U8);
}

function readTuple(cursor: Cursor, protocol: number): FlowTuple {
  cursor.expect("src=");
  const src = cursor.address();
  cursor.expect("dst=");
  const dst = cursor.address();
  switch (protocol) {
    case 6:
    case 17:
    case 33:
    case 132:
    case 136: {
      cursor.expect("sport=");
      const sport = cursor.number(U16);
      cursor.expect("dport=");
      return { src, dst, sport, dport: cursor.number(U16) };
    }
    case 1:
    case 58: {
      cursor.expect("type=");
      const type = cursor.number(U8);
      cursor.expect("code=");
      const code = cursor.number(U8);
      cursor.expect("id=");
      return { src, dst, icmp: { type, code, id: cursor.number(U16) } };
    }
    case 47: {
      cursor.expect("srckey=0x");
      const srckey = cursor.key();
      cursor.expect("dstkey=0x");
      return { src, dst, gre: { srckey, dstkey: cursor.key() } };
    }
    default:
      return { src, dst };
  }
}

function readCounters(cursor: Cursor): FlowCounters | undefined {
  if (!cursor.take("packets=")) return undefined;
  const packets = cursor.number(U64);
  cursor.expect("bytes=");
  return { packets, bytes: cursor.number(U64) };
}

function readUserspace(cursor: Cursor): FlowOriginator {
  const userspace: Mutable<FlowOriginator> = {};
  // 1.4.6 says no more than [USERSPACE].
  if (cursor.take("portid=")) userspace.portid = cursor.number(U32);
  if (cursor.take("progname=")) {
    // `comm`, so it may hold anything; an event is not to be hidden by the name of a program.
    const progname = words.get(cursor.bytes, cursor.at, cursor.end);
    if (progname !== undefined) userspace.progname = progname;
    cursor.at = cursor.end;
  }
  return userspace;
}

/** Names up to the end or `[USERSPACE]`; one may hold blanks, so it is not a word. */
function readLabels(cursor: Cursor): string[] {
  // Labels that connlabel.conf does not name leave the bare key.
  if (!cursor.take("=")) return [];
  const from = cursor.at;
  while (cursor.at < cursor.end && cursor.bytes[cursor.at] !== OPENING_BRACKET) cursor.at++;
  const to = cursor.at < cursor.end ? cursor.at - 1 : cursor.at;
  const names = words.get(cursor.bytes, from, to);
  if (names === undefined) cursor.bad = true;
  return (names ?? "").split(",");
}

/** Everything behind the reply tuple and its status. */
function readTail(cursor: Cursor, event: Mutable<FlowEvent>, zone: FlowTimeZone): void {
  if (cursor.take("mark=")) event.mark = cursor.number(U32);
  if (cursor.take("secmark=")) event.secmark = cursor.number(U32);
  if (cursor.take("secctx=")) event.secctx = cursor.word();
  if (cursor.take("zone=")) event.zone = cursor.number(U16);
  if (cursor.take("delta-time=")) {
    // The difference is unsigned: a clock that was set back makes it enormous.
    const seconds = cursor.number(U64);
    if (seconds <= U32) event.deltaTime = seconds;
  }
  if (cursor.take("[start=")) {
    const start = cursor.time(zone);
    if (start !== undefined) event.start = start;
  }
  if (cursor.take("[stop=")) {
    const stop = cursor.time(zone);
    if (stop !== undefined) event.stop = stop;
  }
  if (cursor.take("helper=")) event.helper = cursor.word();
  if (cursor.take("use=")) event.use = cursor.number(U32);
  if (cursor.take("id=")) event.id = cursor.number(U32);
  if (cursor.take("labels")) {
    const labels = readLabels(cursor);
    if (labels.length > 0) event.labels = labels;
  }
}

/**
 * One line of `conntrack -E` or `conntrack -L`, without its line feed: `bytes` from `start` up to `end`.
 * Undefined when it is anything else: other output, or a line that was cut. Never throws.
 *
 * @param zone Zone of the times of `-o ktimestamp`.
 */
export function parseFlow(
  bytes: Uint8Array,
  start: number,
  end: number,
  zone: FlowTimeZone = "local",
): FlowEvent | undefined {
  const cursor = new Cursor(bytes, start, end);
  const timestampUs = readTimestamp(cursor);
  const textStart = cursor.at;
  const kind = readEvent(cursor);
  readLayer3(cursor);
  const protocolNumber = readProtocol(cursor);
  if (cursor.bad) return undefined;
  const timeout = cursor.within("0", "9") ? cursor.number(U32) : undefined;
  const state = cursor.within("A", "Z") ? cursor.word(states) : undefined;
  const original = readTuple(cursor, protocolNumber);
  const zoneOrig = cursor.take("zone-orig=") ? cursor.number(U16) : undefined;
  const originalCounters = readCounters(cursor);
  const unreplied = cursor.flag("[UNREPLIED]");
  if (cursor.bad) return undefined;
  const reply = readTuple(cursor, protocolNumber);
  const zoneReply = cursor.take("zone-reply=") ? cursor.number(U16) : undefined;
  const replyCounters = readCounters(cursor);
  const hardware = cursor.flag("[HW_OFFLOAD]");
  const software = cursor.flag("[OFFLOAD]");
  const assured = cursor.flag("[ASSURED]");
  if (cursor.bad || cursor.ipVersion === 0) return undefined;

  const event: Mutable<FlowEvent> = {
    event: kind,
    ipVersion: cursor.ipVersion,
    protocol: protocolKeyword(protocolNumber),
    protocolNumber,
    original,
    reply,
    unreplied,
    assured,
  };
  if (timestampUs !== undefined) event.timestampUs = timestampUs;
  if (timeout !== undefined) event.timeout = timeout;
  if (state !== undefined) event.state = state;
  if (originalCounters !== undefined) event.originalCounters = originalCounters;
  if (replyCounters !== undefined) event.replyCounters = replyCounters;
  if (zoneOrig !== undefined) event.zoneOrig = zoneOrig;
  if (zoneReply !== undefined) event.zoneReply = zoneReply;
  if (hardware || software) event.offload = hardware ? "hardware" : "software";
  if (cursor.at < end) readTail(cursor, event, zone);
  const textEnd = cursor.at < end ? cursor.at - 1 : end;
  if (cursor.flag("[USERSPACE]")) event.userspace = readUserspace(cursor);
  if (cursor.bad || cursor.at < end || CUT_LENGTHS.includes(textEnd - textStart)) return undefined;
  return event;
}

/** As {@linkcode parseFlow}, for a line by itself. */
export function parseFlowLine(
  line: Uint8Array | string,
  zone: FlowTimeZone = "local",
): FlowEvent | undefined {
  const bytes = typeof line === "string" ? encoder.encode(line) : line;
  return parseFlow(bytes, 0, bytes.length, zone);
}

/** What a line of conntrack's stderr means. */
export type StderrLine =
  /** The socket buffer was full: events are lost, how many is not said. */
  | { readonly kind: "overrun" }
  /** How many events or entries it has shown: the last line of a run, also of one that a signal ended. */
  | { readonly kind: "shown"; readonly count: number }
  /** It has no CAP_NET_ADMIN. */
  | { readonly kind: "not-permitted" }
  /** It has no netlink socket and ends; the line before says why. */
  | { readonly kind: "no-socket" }
  /** It does not know an option or its value and ends: an older version may do without. */
  | { readonly kind: "refused"; readonly option: string }
  /** Explains another line, or is harmless. */
  | { readonly kind: "remark" }
  | { readonly kind: "other" };

const SHOWN = /: (\d+) flow (?:events|entries) have been shown\.$/;
const NOT_PERMITTED = /Operation not permitted|Permission denied|CAP_NET_ADMIN/;
const REFUSED =
  /(?:Bad parameter|(?:unknown|unrecognized|invalid) option) (?:-- )?[`'"]([^`'"]{1,64})/;
const REMARK = /^(?:This message means |Please, check |NOTICE: |Try `|nfct_labelmap_new: )/;

/** Classifies a line of conntrack's stderr, without its line feed. */
export function classifyStderr(line: string): StderrLine {
  if (line.includes("ENOBUFS")) return { kind: "overrun" };
  const shown = SHOWN.exec(line);
  if (shown !== null) return { kind: "shown", count: Number(shown[1]) };
  if (NOT_PERMITTED.test(line)) return { kind: "not-permitted" };
  if (line.includes("Can't open netlink socket")) return { kind: "no-socket" };
  const refused = REFUSED.exec(line);
  if (refused !== null) return { kind: "refused", option: refused[1] ?? "" };
  return { kind: REMARK.test(line) ? "remark" : "other" };
}
