/** Reports on windows of which there are no records. */
import type { HostIdentity } from "../connection.ts";
import { type GapReason, type GapReport, reportId } from "../report.ts";
import type { TimeSpan } from "./windows.ts";

/**
 * The report on a gap. It depends on nothing but the gap: where it is written again after a crash, it has
 * the same id and the same line.
 *
 * @param windowUs Length of a window, microseconds.
 */
export function gapReport(
  host: HostIdentity,
  gap: TimeSpan,
  windowUs: number,
  reason: GapReason,
): GapReport {
  const { start, end } = gap;
  return {
    kind: "gap",
    id: reportId("gap", host, end, [String(start), String(windowUs), reason]),
    time: end,
    host,
    from: start,
    to: end,
    windows: Math.round((end - start) / windowUs),
    reason,
  };
}
