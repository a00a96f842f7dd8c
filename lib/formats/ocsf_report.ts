/**
 * Reports on the run in the format `ocsf`: Base Event (class 0), which is there "to log events that are not
 * otherwise defined by the schema". Its message says in words what `unmapped` has in fields.
 */
import * as ocsf from "../mapping/ocsf_words.ts";
import { isWarning, type Report } from "../report.ts";
import { VERSION } from "../version.ts";
import { type Json, ownObject, toJson } from "./ndjson_report.ts";
import { reportText } from "./text_report.ts";

/** The activity that a class has no number for: `activity_name` says which. */
const OTHER = 99;

const INFORMATIONAL = 1;
/** "Action is required but the situation is not serious at this time". */
const MEDIUM = 3;

function milliseconds(microseconds: number): number {
  return Math.floor(microseconds / 1000);
}

/** The span of a report; a clock that was set back makes it no shorter than nothing. */
function spanOf(report: Report): Record<string, Json> {
  if (report.kind !== "stats" && report.kind !== "gap") return {};
  const [from, to] = [milliseconds(report.from), milliseconds(report.to)];
  return { start_time: from, end_time: to, duration: Math.max(to - from, 0) };
}

/** The line of a report. */
export function ocsfReport(report: Report): string {
  const { kind, id, time, host } = report;
  const json = toJson({
    time: milliseconds(time),
    metadata: {
      uid: id,
      profiles: ["host"],
      version: ocsf.OCSF_VERSION,
      product: {
        name: "connscribe",
        vendor_name: "connscribe",
        version: "version" in report ? report.version : VERSION,
      },
    },
    category_uid: 0,
    class_uid: 0,
    activity_id: OTHER,
    activity_name: kind,
    type_uid: OTHER,
    severity_id: isWarning(report) ? MEDIUM : INFORMATIONAL,
    ...spanOf(report),
    message: reportText(report),
    device: {
      uid: host.id,
      hostname: host.name,
      type_id: 0,
      os: host.os === undefined ? undefined : { name: host.os, type_id: ocsf.systemOf(host.os) },
    },
    unmapped: ownObject(report),
  });
  return json + "\n";
}
