/**
 * The log format `connscribe-ndjson`: what the format `ndjson` writes, also after another program has
 * parsed it and written it again with other blanks, another order of the fields, or null for what is
 * absent.
 *
 * A record comes back as it was written, but for what its line does not tell: where the name of the local
 * end comes from, an empty process, parent or `nat`, and, where nobody says who opened the connection and
 * only a destination is named, which end that is: then it is the local one where the direction is unknown.
 *
 * Reports of a run are no records, and not malformed.
 */
import { type Fields, fieldsOf, isFields, textOf } from "./checked.ts";
import { recordOf } from "./connscribe_ndjson_record.ts";
import { parseIsoTime } from "./iso_time.ts";
import { REPORT_KINDS } from "../../lib/report.ts";
import { firstObject, parseJsonLine } from "./json_line.ts";
import { type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";

/** What each line begins with. */
const HEAD = '{"@timestamp":"';

/** Datasets of lines that are no connections: lib/formats/ndjson_report.ts. */
const REPORTS: readonly unknown[] = REPORT_KINDS.map((kind) => `connscribe.${kind}`);

/** `@timestamp` of a line that begins with it. */
function timeInPlace(line: string): number | undefined {
  if (!line.startsWith(HEAD)) return undefined;
  return parseIsoTime(line, HEAD.length, line.indexOf('"', HEAD.length));
}

function timeIn(object: Fields): number | undefined {
  const text = object["@timestamp"];
  return typeof text === "string" ? parseIsoTime(text) : undefined;
}

function isReport(object: Fields): boolean {
  return REPORTS.includes(textOf(fieldsOf(object["event"])?.["dataset"]));
}

function read(line: string): ReturnType<LogReader["read"]> {
  const object = parseJsonLine(line);
  if (object === undefined) return line.trim() === "" ? undefined : MALFORMED;
  try {
    // A name that stands twice counts once: the same time as `written` gives.
    const time = timeInPlace(line) ?? timeIn(object);
    const own = fieldsOf(object["connscribe"]);
    if (time === undefined || own === undefined) return MALFORMED;
    if (isReport(object)) return undefined;
    return recordOf(object, own, time);
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
  reader: () => ({ read }),
  written,
  isPrompt: true,
  // Several collectors write into one log, and a summary is written when its window has ended.
  disorderUs: 60_000_000,
  seekable: true,
  escapes: ["\\"],
  marks: [],
};
