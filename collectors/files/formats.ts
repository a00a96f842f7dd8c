/** All log formats, in one table. Each is loaded only when it is looked for: some take a while. */
import type { LogFormat, LogFormatName } from "./log_format.ts";

/** In the order in which a log is compared with them. */
const FORMATS: Readonly<Record<LogFormatName, () => Promise<LogFormat>>> = {
  connspy: async () => (await import("./connspy.ts")).CONNSPY,
  "connscribe-ndjson": async () => (await import("./connscribe_ndjson.ts")).CONNSCRIBE_NDJSON,
  "connscribe-csv": async () => (await import("./connscribe_csv.ts")).CONNSCRIBE_CSV,
  zeek: async () => (await import("./zeek.ts")).ZEEK,
  "zeek-json": async () => (await import("./zeek_json.ts")).ZEEK_JSON,
  lognet: async () => (await import("./lognet.ts")).LOGNET,
  "conntrack-logger": async () => (await import("./conntrack_logger.ts")).CONNTRACK_LOGGER,
  conntrack: async () => (await import("./conntrack_text.ts")).CONNTRACK_TEXT,
  littlesnitch: async () => (await import("./littlesnitch_csv.ts")).LITTLESNITCH,
};

/** The format of that name. */
export function logFormat(name: LogFormatName): Promise<LogFormat> {
  return FORMATS[name]();
}

/**
 * The format of a log; undefined where none knows it.
 *
 * @param lines Of `headLines`.
 */
export async function detectFormat(lines: readonly string[]): Promise<LogFormat | undefined> {
  if (lines.length === 0) return undefined;
  for (const load of Object.values(FORMATS)) {
    const format = await load();
    if (format.recognises(lines)) return format;
  }
  return undefined;
}
