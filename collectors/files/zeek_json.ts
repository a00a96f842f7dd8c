/**
 * The log format `zeek-json`: conn.log of Zeek with one JSON object a line. Its times are seconds,
 * milliseconds or RFC 3339 (`LogAscii::json_timestamps`).
 *
 * What the time of a record is, and which end is the local one: see zeek_record.ts.
 */
import { type Fields, textOf, wrong } from "./checked.ts";
import { parseIsoTime } from "./iso_time.ts";
import { parseJsonLine } from "./json_line.ts";
import { type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";
import { ZEEK_DISORDER_US, zeekRecord } from "./zeek_record.ts";

/** From here on a time is milliseconds: as seconds it would be in the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/** Microseconds of a number of seconds; undefined where they are none. */
function micros(seconds: number): number | undefined {
  const time = Math.round(seconds * 1e6);
  return Number.isSafeInteger(time) && time >= 0 ? time : undefined;
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === "string") return parseIsoTime(value);
  if (typeof value !== "number") return undefined;
  return value < FIRST_MILLISECONDS ? micros(value) : micros(value / 1000);
}

/** A span of seconds, or an absent one. */
function spanOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  return (typeof value === "number" ? micros(value) : undefined) ?? wrong("a span of time");
}

/** A count as Zeek has it, 64 bits; absent where a number cannot hold it: then it has overflowed. */
function countOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !(value >= 0)) return wrong("a count");
  if (value > Number.MAX_SAFE_INTEGER) return undefined;
  return Number.isInteger(value) ? value : wrong("a count");
}

function flagOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "boolean" ? value : wrong("true or false");
}

/** Whether it is conn.log, or a log derived from it: where all logs of a sensor go to one place, each says which. */
function isOfConnections(path: string): boolean {
  return path.startsWith("conn");
}

function read(line: string, at: number): ReturnType<LogReader["read"]> {
  const object = parseJsonLine(line);
  if (object === undefined) return line.trim() === "" ? undefined : MALFORMED;
  const path = object["_path"];
  if (typeof path === "string" && !isOfConnections(path)) return undefined;
  try {
    const fields = {
      ts: timeOf(object["ts"]) ?? wrong("a time"),
      uid: textOf(object["uid"]),
      origin: textOf(object["id.orig_h"]),
      originPort: countOf(object["id.orig_p"]),
      responder: textOf(object["id.resp_h"]),
      responderPort: countOf(object["id.resp_p"]),
      proto: textOf(object["proto"]),
      ipProto: countOf(object["ip_proto"]),
      duration: spanOf(object["duration"]),
      connState: textOf(object["conn_state"]),
      localOrigin: flagOf(object["local_orig"]),
      localResponder: flagOf(object["local_resp"]),
      originBytes: countOf(object["orig_bytes"]),
      responderBytes: countOf(object["resp_bytes"]),
      originPackets: countOf(object["orig_pkts"]),
      responderPackets: countOf(object["resp_pkts"]),
      service: textOf(object["service"]),
      communityId: textOf(object["community_id"]),
      sensorName: textOf(object["agent_hostname"]),
      sensorId: textOf(object["agent_uuid"]),
    };
    return zeekRecord(fields, "zeek-json", line, at);
  } catch {
    return MALFORMED;
  }
}

/** Whether an object is a connection. Objects of other logs of Zeek name both ends, too. */
function isConnection(object: Fields): boolean {
  const path = object["_path"];
  const hasEnd = typeof object["id.resp_h"] === "string" || typeof object["id.orig_h"] === "string";
  return timeOf(object["ts"]) !== undefined && hasEnd &&
    (typeof path === "string" ? isOfConnections(path) : typeof object["conn_state"] === "string");
}

/** By the first object that does not say that it is of another log. */
function recognises(lines: readonly string[]): boolean {
  for (const line of lines) {
    const object = parseJsonLine(line);
    if (object === undefined) continue;
    if (isConnection(object)) return true;
    if (typeof object["_path"] !== "string") return false;
  }
  return false;
}

/**
 * What stands behind `"name":`, without a blank before it, in a line that is one flat object without
 * escapes: a string is in its quotation marks, and ends at the first comma.
 */
function valueIn(line: string, name: string): string | undefined {
  // Of a name that stands twice, JSON.parse takes the last.
  const at = line.lastIndexOf(`"${name}":`);
  if (at < 0) return undefined;
  const from = at + name.length + 3;
  const comma = line.indexOf(",", from);
  return line.slice(from, comma < 0 ? line.indexOf("}", from) : comma).trim();
}

/** A string in quotation marks, or a number; undefined for anything else. */
function simpleValue(text: string): string | number | undefined {
  if (text.startsWith('"')) return text.slice(1, -1);
  const number = text === "" ? NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** {@linkcode written} of a line that is one flat object without escapes; undefined where it is not sure. */
function quicklyWritten(line: string): number | undefined {
  if (line.includes("\\") || line.indexOf("{", 1) >= 0) return undefined;
  const time = timeOf(simpleValue(valueIn(line, "ts") ?? ""));
  if (time === undefined || !line.includes('"duration"')) return time;
  const duration = simpleValue(valueIn(line, "duration") ?? "");
  const span = typeof duration === "number" ? micros(duration) : undefined;
  return span === undefined ? undefined : time + span;
}

/** `ts + duration`: the last packet. */
function written(line: string): number | undefined {
  const quick = quicklyWritten(line);
  if (quick !== undefined) return quick;
  const object = parseJsonLine(line);
  const time = object && timeOf(object["ts"]);
  if (object === undefined || time === undefined) return undefined;
  const { duration } = object;
  return time + (typeof duration === "number" ? micros(duration) ?? 0 : 0);
}

/** Zeek's conn.log as JSON. */
export const ZEEK_JSON: LogFormat = {
  name: "zeek-json",
  summary: "conn.log of Zeek as JSON, one object a line",
  recognises,
  reader: () => ({ read }),
  written,
  isPrompt: false,
  disorderUs: ZEEK_DISORDER_US,
  seekable: true,
  escapes: ["\\"],
  marks: [],
};
