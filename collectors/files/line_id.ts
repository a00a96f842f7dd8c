/** Identities of records that come from lines of logs. */
import { idPrefix } from "../../lib/id.ts";

/**
 * Identity of the record of a line: the same on every run, also when the log is renamed or compressed. Two
 * equal lines at different places are two connections.
 *
 * @param format Name of the log format.
 * @param at Where the line begins: see `LogReader.read`.
 */
export function lineId(format: string, line: string, at: number): string {
  return idPrefix("line", format, String(at), line);
}
