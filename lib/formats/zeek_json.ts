/**
 * The format `zeek-json`: conn.log of Zeek as JSON, one object a line, with times as seconds. `_path` says, as
 * where the logs of a sensor go to one place, which of Zeek's logs a line is of: `conn`, or `reporter`, which is
 * that of messages about the run (scripts/base/frameworks/reporter/main.zeek) and has the reports.
 *
 * How many lines a connection has: see zeek.ts.
 */
import { isWarning, type Report } from "../report.ts";
import { quoteJson } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import type { JsonWriter } from "./json_writer.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedJsonWriter, PLAIN_JSON } from "./mapped_json.ts";
import { reportText } from "./text_report.ts";
import { withAnAddress, zeekMembers, zeekSeconds } from "./zeek_columns.ts";

function seconds(to: JsonWriter, microseconds: number): void {
  to.plain(zeekSeconds(microseconds));
}

function reportLine(report: Report): string {
  const { time, host } = report;
  const members = [
    `"ts":${zeekSeconds(time)}`,
    `"level":"Reporter::${isWarning(report) ? "WARNING" : "INFO"}"`,
    `"message":${quoteJson(reportText(report))}`,
    `"agent_hostname":${quoteJson(host.name)}`,
    `"agent_uuid":${quoteJson(host.id)}`,
    '"_path":"reporter"',
  ];
  return `{${members.join(",")}}\n`;
}

/** Creates the format. */
export function createZeekJsonFormat(
  { communityIdSeed }: Pick<FormatContext, "communityIdSeed"> = {},
): Format {
  const write = mappedJsonWriter(
    zeekMembers(),
    { ...PLAIN_JSON, time: seconds, duration: seconds },
    communityIdSeed,
    (name) => [name],
  );
  const told = withAnAddress(write);
  return { line: lineFrom(told), write: told, report: reportLine };
}
