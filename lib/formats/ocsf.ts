/**
 * The format `ocsf`: Network Activity (class 4001) of the Open Cybersecurity Schema Framework. What that has no
 * attribute for stands in `unmapped`. `time` and `metadata.uid` come first: forwarders know a file by its first
 * bytes.
 */
import { columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import type { Format, FormatContext } from "./format.ts";
import type { JsonWriter } from "./json_writer.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedJsonWriter, PLAIN_JSON } from "./mapped_json.ts";
import { ocsfReport } from "./ocsf_report.ts";

/** OCSF has milliseconds. */
function milliseconds(to: JsonWriter, microseconds: number): void {
  to.integer(Math.floor(microseconds / 1000));
}

/** Creates the format. */
export function createOcsfFormat(
  { communityIdSeed }: Pick<FormatContext, "communityIdSeed"> = {},
): Format {
  const write = mappedJsonWriter(columnsOf(FIELDS, "ocsf"), {
    ...PLAIN_JSON,
    time: milliseconds,
    duration: milliseconds,
  }, communityIdSeed);
  return { line: lineFrom(write), write, report: ocsfReport };
}
