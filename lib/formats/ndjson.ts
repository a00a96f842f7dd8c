/**
 * The format `ndjson`, also called `ecs`: one JSON object a line, with the field names of ECS, and `connscribe.*`
 * for what ECS does not have. `@timestamp` and `event.id` come first, so that no two files begin alike:
 * forwarders know a file by its first bytes.
 */
import { columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import type { Format, FormatContext } from "./format.ts";
import { type JsonWriter, utf8 } from "./json_writer.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedJsonWriter, PLAIN_JSON } from "./mapped_json.ts";
import { reportJson } from "./ndjson_report.ts";

const THOUSAND = utf8("000");

/** As digits: beyond 2^53 a JavaScript number would not hold them. */
function nanoseconds(to: JsonWriter, microseconds: number): void {
  to.integer(microseconds);
  if (microseconds !== 0) to.json(THOUSAND);
}

/** Creates the format. */
export function createNdjsonFormat(
  { communityIdSeed }: Pick<FormatContext, "communityIdSeed"> = {},
): Format {
  const write = mappedJsonWriter(columnsOf(FIELDS, "ecs"), {
    ...PLAIN_JSON,
    time: (to, time) => to.time(time),
    duration: nanoseconds,
  }, communityIdSeed);
  return { line: lineFrom(write), write, report: reportJson };
}
