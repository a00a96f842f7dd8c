/** Tells the CSV of Little Snitch from other logs. */
import { headLines } from "./head_lines.ts";
import { LITTLESNITCH } from "./littlesnitch_csv.ts";
import { LogFile } from "./log_file.ts";

/**
 * Whether a file holds what `littlesnitch log-traffic` has printed, as it is. One that is empty may: its
 * reader says so.
 */
export async function isTrafficLog(path: string): Promise<boolean> {
  try {
    using file = await LogFile.open(path);
    const lines = headLines(await file.head());
    return file.compression === "none" && file.size > 0 && LITTLESNITCH.recognises(lines);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}
