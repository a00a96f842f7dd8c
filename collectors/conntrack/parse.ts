/**
 * Text of `conntrack -E` and `conntrack -L` to flow events.
 *
 * The order of the fields is fixed, nearly all of them are optional, and which are there depends on the
 * version, the kernel, the protocol and the options (libnetfilter_conntrack
 * `src/conntrack/snprintf_default.c`, conntrack-tools `src/conntrack.c`). So a line is read from left to
 * right, each field by its name; nothing is found by counting columns.
 */
import { protocolKeyword } from "../../lib/protocols.ts";
import { Cursor, type FlowTimeZone, states, words } from "./cursor.ts";
import type { FlowCounters, FlowEvent, FlowOriginator, FlowTuple } from "./flow.ts";
import type { Mutable } from "../../lib/mutable.ts";

const U8 = 2 ** 8 - 1;
const U16 = 2 ** 16 - 1;
const U32 = 2 ** 32 - 1;
/** As near as a double comes to the largest 64 bit number. */
const U64 = 2 ** 64;

/** Sizes of conntrack's line buffers, less the final zero: a text of that length may have been cut. */
const CUT_LENGTHS = [1023, 4095];

const OPENING_BRACKET = 0x5b;
/** Largest number of seconds whose microseconds are exact. */
const MAX_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / 1e6) - 1;

const encoder = new TextEncoder();

/**
 * `[1795226380.144181]` and a tab. Up to conntrack 1.4.1 both numbers are padded with blanks, not
 * zeros, `[1656942980.42    ]`: in both forms they are a number. Undefined where a line has none.
 */
export function readTimestamp(cursor: Cursor): number | undefined {
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
