/**
 * The log format `connscribe-ndjson`: what the format `ndjson` writes, also after another program has
 * parsed it and written it again with other blanks, another order of the fields, or null for what is
 * absent.
 *
 * A record comes back as it was written, but for what its line does not tell: where the name of the local
 * end comes from, an empty process, parent or `nat`, and, where nobody says who opened the connection and
 * only a destination is named, which end that is: then it is the local one where the direction is unknown or
 * the action is one of what has no remote end. Its line is the same again, byte for byte.
 *
 * Reports on a run are no records, and not malformed; `report` gives them.
 */
import { type Fields, fieldsOf, isFields } from "./checked.ts";
import { recordOf } from "./connscribe_ndjson_record.ts";
import { reportKind, reportOf } from "./connscribe_ndjson_report.ts";
import { parseIsoTime } from "./iso_time.ts";
import { firstObject, parseJsonLine } from "./json_line.ts";
import { type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";

/** What each line begins with. */
const HEAD = '{"@timestamp":"';

/** `@timestamp` of a line that begins with it. */
function timeInPlace(line: string): number | undefined {
  if (!line.startsWith(HEAD)) return undefined;
  return parseIsoTime(line, HEAD.length, line.indexOf('"', HEAD.length));
}

function timeIn(object: Fields): number | undefined {
  const text = object["@timestamp"];
  return typeof text === "string" ? parseIsoTime(text) : undefined;
}

function read(line: string): ReturnType<LogReader["read"]> {
  const object = parseJsonLine(line);
  if (object === undefined) return line.trim() === "" ? undefined : MALFORMED;
  try {
    // A name that stands twice counts once: the same time as `written` gives.
    const time = timeInPlace(line) ?? timeIn(object);
    const own = fieldsOf(object["connscribe"]);
    if (time === undefined || own === undefined) return MALFORMED;
    if (reportKind(object) !== undefined) return undefined;
    return recordOf(object, own, time);
  } catch {
    return MALFORMED;
  }
}

function report(line: string): ReturnType<NonNullable<LogReader["report"]>> {
  const object = parseJsonLine(line);
  if (object === undefined) return undefined;
  try {
    const kind = reportKind(object);
    if (kind === undefined) return undefined;
    const time = timeInPlace(line) ?? timeIn(object);
    const own = fieldsOf(object["connscribe"]);
    return time === undefined || own === undefined ? MALFORMED : reportOf(kind, object, own, time);
  } catch {
    return MALFORMED;
  }
}

/** What is no record and no report has no time, whatever stands in it. */
function written(line: string): number | undefined {
  const object = parseJsonLine(line);
  if (object === undefined || read(line) === MALFORMED) return undefined;
  return timeInPlace(line) ?? timeIn(object);
}

function recognises(lines: readonly string[]): boolean {
  const object = firstObject(lines);
  return object !== undefined && isFields(object["connscribe"]) && timeIn(object) !== undefined;
}

/** connscribe's own `ndjson`. */
export const CONNSCRIBE_NDJSON: LogFormat = {
  name: "connscribe-ndjson",
  summary: "what connscribe writes with --format ndjson",
  recognises,
  reader: () => ({ read, report }),
  written,
  isPrompt: true,
  // Several collectors write into one log, and a summary is written when its window has ended.
  disorderUs: 60_000_000,
  seekable: true,
  escapes: ["\\"],
  marks: [],
};
