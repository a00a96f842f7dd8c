/** Formats by name. Each is loaded only when it is asked for, to keep the start of the program short. */
import { withComputedCommunityIds } from "./community_ids.ts";
import type { Format, FormatContext } from "./format.ts";
import type { FormatName } from "./names.ts";

/**
 * Creates the format of a name. `lognet` gives its `connections.log`;
 * {@linkcode createProcessesFormat} gives the other file.
 */
export async function createFormat(name: FormatName, context: FormatContext): Promise<Format> {
  const format = await loadFormat(name, context);
  return context.replacesCommunityIds === true ? withComputedCommunityIds(format) : format;
}

async function loadFormat(name: FormatName, context: FormatContext): Promise<Format> {
  switch (name) {
    case "text":
      return (await import("./text.ts")).createTextFormat(context);
    case "table":
      return (await import("./table.ts")).createTableFormat(context);
    case "ndjson":
      return (await import("./ndjson.ts")).createNdjsonFormat(context);
    case "ocsf":
      return (await import("./ocsf.ts")).createOcsfFormat(context);
    case "csv":
      return (await import("./csv.ts")).createCsvFormat(context);
    case "cim":
      return (await import("./cim.ts")).createCimFormat(context);
    case "cef":
      return (await import("./cef.ts")).createCefFormat(context);
    case "leef":
      return (await import("./leef.ts")).createLeefFormat(context);
    case "logfmt":
      return (await import("./logfmt.ts")).createLogfmtFormat(context);
    case "lognet":
      return (await import("./lognet.ts")).createLognetConnectionsFormat(context);
    case "littlesnitch-stats":
      return (await import("./littlesnitch_stats.ts")).createLittleSnitchStatsFormat(context);
    case "zeek":
      return (await import("./zeek.ts")).createZeekFormat(context);
    case "zeek-json":
      return (await import("./zeek_json.ts")).createZeekJsonFormat(context);
    case "template":
      return (await import("./template.ts")).createTemplateFormat(context);
  }
}

/** Creates the format of lognet's `processes.log`: each process once. */
export async function createProcessesFormat(context: FormatContext): Promise<Format> {
  return (await import("./lognet.ts")).createLognetProcessesFormat(context);
}
