/**
 * Messages of syslog, RFC 5424. There is no structured data: an element of one's own needs an enterprise
 * number, and 32473 is for examples only (RFC 5612). The id of a record stands in the message itself.
 */
import { isoTime } from "../../time.ts";

/** Facilities by name: RFC 5424, table 1, with the names of syslog.conf(5). */
export const FACILITIES: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** Severities: RFC 5424, table 2. */
export const SEVERITY = { notice: 5, info: 6 } as const;

const NIL = "-";
const NOT_PRINTABLE = /[^!-~]/g;
const LONGEST = { hostname: 255, appName: 48, msgId: 32 } as const;

/** A TIMESTAMP has a year of four digits: from 0000-01-01 on, and before 10000-01-01; microseconds. */
const FIRST_TIME = -62_167_219_200e6;
const END_TIME = 253_402_300_800e6;

/** Whose messages they are. */
export interface Origin {
  /** One of the numbers of {@linkcode FACILITIES}. */
  readonly facility: number;
  /** APP-NAME. */
  readonly tag: string;
  readonly pid: number;
}

/** What a message tells in its header. */
export interface Heading {
  /** One of {@linkcode SEVERITY}. */
  readonly severity: number;
  /** Microseconds since the epoch. */
  readonly time: number;
  /** Absent where it is not known. */
  readonly hostname?: string;
  /** What kind of message it is: MSGID. */
  readonly kind: string;
}

/** A field of PRINTUSASCII: any other character is a question mark, and nothing at all is `-`. */
function field(text: string | undefined, longest: number): string {
  return text?.slice(0, longest).replace(NOT_PRINTABLE, "?") || NIL;
}

function timestamp(time: number): string {
  return time >= FIRST_TIME && time < END_TIME ? isoTime(Math.trunc(time)) : NIL;
}

/**
 * Makes a function that renders all of a message but its MSG, the blank before that included. What
 * repeats from message to message is made once.
 */
export function headerOf({ facility, tag, pid }: Origin): (heading: Heading) => string {
  const appName = field(tag, LONGEST.appName);
  let hostname: string | undefined;
  let from = `${field(hostname, LONGEST.hostname)} ${appName} ${pid} `;
  return function (heading) {
    if (heading.hostname !== hostname) {
      hostname = heading.hostname;
      from = `${field(hostname, LONGEST.hostname)} ${appName} ${pid} `;
    }
    return "<" + (facility * 8 + heading.severity) + ">1 " + timestamp(heading.time) + " " + from +
      field(heading.kind, LONGEST.msgId) + " - ";
  };
}

/** The blanks of a header without structured data. */
const HEADER_BLANKS = 7;
const BLANK = 0x20;

/** Where MSG begins in a message whose header {@linkcode headerOf} has made. */
export function messageStart(frame: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < HEADER_BLANKS; i++) {
    const blank = frame.indexOf(BLANK, at);
    if (blank < 0) return frame.length;
    at = blank + 1;
  }
  return at;
}

/** Frames one after the other, each behind its length: octet counting (RFC 6587, 3.4.1; RFC 5425, 4.3). */
export function countOctets(frames: readonly Uint8Array[]): Uint8Array {
  const encoder = new TextEncoder();
  const counts = frames.map(({ length }) => encoder.encode(`${length} `));
  let size = 0;
  for (const frame of frames) size += frame.length;
  for (const count of counts) size += count.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  frames.forEach((frame, i) => {
    const count = counts[i] ?? new Uint8Array(0);
    bytes.set(count, at);
    bytes.set(frame, at + count.length);
    at += count.length + frame.length;
  });
  return bytes;
}
