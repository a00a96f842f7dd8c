/**
 * Logs of connspy: `TS FROM TO` a line. `TS` is a time in seconds or milliseconds since the epoch, `FROM`
 * the host that opened the connection, `TO` the host that took it.
 */
import type { Connection, RecordedEndpoint } from "../../lib/connection.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { lineId } from "./line_id.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";
import { areMost, NO_PROCESS, parseDecimal } from "./plain_fields.ts";

const NAME = "connspy";

/** A greater stamp is in milliseconds; in microseconds where it has been multiplied by 1000. */
const MAX_SECONDS = 999_999_999_999;

const HASH = 0x23;

/** Headers of formats whose lines may look the same. */
const FOREIGN_HEADER = /^#(?:separator|fields)\b/i;

/** What a line says. */
interface Entry {
  readonly time: number;
  readonly from: string;
  readonly to: string;
}

/** What is between fields, and after the last one. A line feed is not, in a line. */
const BLANKS = "\t\v\f\r ";

/** Blanks of ASCII: tab, line feed, vertical tab, form feed, carriage return, space. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function skipBlanks(line: string, at: number): number {
  while (at < line.length && isBlank(line.charCodeAt(at))) at++;
  return at;
}

function wordEnd(line: string, at: number): number {
  while (at < line.length && !isBlank(line.charCodeAt(at))) at++;
  return at;
}

/** Whether a letter or digit of ASCII stands there: a name begins with one. */
function isNameStart(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

/** Microseconds since the epoch; `NaN` where the text is no stamp. */
function parseStamp(line: string, start: number, end: number): number {
  const thousandfold = parseDecimal(line, start, end, 3);
  const isMilliseconds = thousandfold > MAX_SECONDS * 1000;
  const time = isMilliseconds ? thousandfold : parseDecimal(line, start, end, 6);
  return time > 0 ? time : NaN;
}

/** Undefined where the line has not its three fields. */
function parse(line: string, start: number): Entry | undefined {
  const stampEnd = wordEnd(line, start);
  const from = skipBlanks(line, stampEnd);
  const fromEnd = wordEnd(line, from);
  const to = skipBlanks(line, fromEnd);
  const toEnd = wordEnd(line, to);
  if (!isNameStart(line, from) || !isNameStart(line, to)) return undefined;
  if (skipBlanks(line, toEnd) < line.length) return undefined;
  const time = parseStamp(line, start, stampEnd);
  if (Number.isNaN(time)) return undefined;
  return { time, from: line.slice(from, fromEnd), to: line.slice(to, toEnd) };
}

/** Where the entry of a line begins; -1 where the line is blank or a comment. */
function entryStart(line: string): number {
  const at = skipBlanks(line, 0);
  return at === line.length || line.charCodeAt(at) === HASH ? -1 : at;
}

/** Most names can be told from addresses by their first and last characters. */
function endpoint(name: string): RecordedEndpoint {
  const last = name.charCodeAt(name.length - 1);
  const mayBeAddress = (last <= 0x39 && name.charCodeAt(0) <= 0x39) || name.includes(":");
  const ip = mayBeAddress ? canonicalIp(name) : undefined;
  return ip === undefined ? { name } : { ip };
}

function read(line: string, at: number): Connection | typeof MALFORMED | undefined {
  const start = entryStart(line);
  if (start < 0) return undefined;
  const entry = parse(line, start);
  if (entry === undefined) return MALFORMED;
  return {
    id: lineId(NAME, line, at),
    event: "open",
    time: entry.time,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    local: endpoint(entry.from),
    remote: endpoint(entry.to),
    attribution: "none",
    attributionReason: NO_PROCESS,
    collector: NAME,
  };
}

const READER = { read };

/**
 * The format of connspy. Fields are apart by blanks of any kind, and there are three. A stamp may have a
 * fraction; one greater than 999999999999 is in milliseconds. A name begins with a letter or digit of ASCII
 * and keeps its case; one that is an address is one. Lines that begin with `#` are comments.
 */
export const CONNSPY: LogFormat = {
  name: NAME,
  summary: "connspy: TIME FROM TO",
  recognises(lines) {
    if (lines.some((line) => FOREIGN_HEADER.test(line))) return false;
    return areMost(lines, (line) => {
      const start = entryStart(line);
      return start < 0 ? undefined : parse(line, start) !== undefined;
    });
  },
  reader: () => READER,
  written(line) {
    const start = entryStart(line);
    return start < 0 ? undefined : parse(line, start)?.time;
  },
  isPrompt: true,
  disorderUs: 0,
  seekable: true,
  escapes: [],
  hostBounds: { beside: BLANKS, isToLast: true },
  marks: [],
};
