/** What the first lines of a log tell before a run begins. */
import { detectFormat, logFormat } from "./formats.ts";
import { headLines } from "./head_lines.ts";
import { LITTLESNITCH } from "./littlesnitch_csv.ts";
import { LogFile } from "./log_file.ts";
import type { LogFormatName } from "./log_format.ts";

/** Whether a file holds what `littlesnitch log-traffic` has printed, as it is. */
export async function isTrafficLog(path: string): Promise<boolean> {
  const head = await headOf(path);
  return head !== undefined && !head.isCompressed && LITTLESNITCH.recognises(head.lines);
}

/**
 * How much later than in their order lines of a log may stand by the nature of its format, microseconds. 0
 * where that cannot be told: of a pipe, and where it cannot be read.
 */
export async function disorderOf(path: string): Promise<number> {
  const { lines = [] } = await headOf(path) ?? {};
  return (await detectFormat(lines))?.disorderUs ?? 0;
}

/** As {@linkcode disorderOf}, of all logs of a format. */
export async function disorderOfFormat(name: LogFormatName): Promise<number> {
  return (await logFormat(name)).disorderUs;
}

/** Undefined where it cannot be read, and of a pipe: what is read of that is gone. */
async function headOf(
  path: string,
): Promise<{ lines: string[]; isCompressed: boolean } | undefined> {
  try {
    const { isFile } = await Deno.stat(path);
    if (!isFile) return undefined;
    using file = await LogFile.open(path);
    return { lines: headLines(await file.head()), isCompressed: file.compression !== "none" };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}
