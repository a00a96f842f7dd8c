/** All log formats, in one table. */
import { CONNSCRIBE_CSV } from "./connscribe_csv.ts";
import { CONNSCRIBE_NDJSON } from "./connscribe_ndjson.ts";
import { CONNSPY } from "./connspy.ts";
import { CONNTRACK_LOGGER } from "./conntrack_logger.ts";
import { CONNTRACK_TEXT } from "./conntrack_text.ts";
import { LITTLESNITCH } from "./littlesnitch_csv.ts";
import type { LogFormat, LogFormatName } from "./log_format.ts";
import { LOGNET } from "./lognet.ts";
import { ZEEK } from "./zeek.ts";
import { ZEEK_JSON } from "./zeek_json.ts";

const FORMATS: Readonly<Record<LogFormatName, LogFormat>> = {
  "connscribe-ndjson": CONNSCRIBE_NDJSON,
  "connscribe-csv": CONNSCRIBE_CSV,
  connspy: CONNSPY,
  zeek: ZEEK,
  "zeek-json": ZEEK_JSON,
  lognet: LOGNET,
  "conntrack-logger": CONNTRACK_LOGGER,
  conntrack: CONNTRACK_TEXT,
  littlesnitch: LITTLESNITCH,
};

/** In the order in which a log is compared with them. */
export const LOG_FORMATS: readonly LogFormat[] = Object.values(FORMATS);

/** The format of that name. */
export function logFormat(name: LogFormatName): LogFormat {
  return FORMATS[name];
}
