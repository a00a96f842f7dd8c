/**
 * Records about the run itself. They stand among the records of connections, so that whoever reads the log
 * later knows what it can hold and what is missing from it. They are no connections: no ledger counts them.
 *
 * Times are integer microseconds since the epoch, UTC.
 */
import type { CollectorCoverage } from "./collector.ts";
import type { HostIdentity } from "./connection.ts";
import type { Counts } from "./counts.ts";
import { idPrefix } from "./id.ts";

/** What every report has. */
interface ReportBase {
  /** The same again for the same report: see {@linkcode reportId}. */
  readonly id: string;
  readonly time: number;
  readonly host: HostIdentity;
}

/** Where records went: `read = emitted + folded + filtered + dropped + under way`. */
export interface RecordCounts {
  readonly read: number;
  readonly emitted: number;
  readonly folded: number;
  readonly filtered: number;
  /** By reason; only reasons that there are. */
  readonly dropped: Counts;
  /** Records that say less than they could, wherever they went. By reason; only reasons that there are. */
  readonly degraded: Counts;
}

/** Why there is a stats report: the time has come, records were lost, a signal asked for it, or the run is over. */
export type StatsReason = "interval" | "loss" | "asked" | "end";

/** What an output has lost. */
export interface OutputLoss {
  /** `standard output`, or the file or server in quotes. */
  readonly name: string;
  /** Records and reports since the start. */
  readonly lost: number;
}

/** How the run goes. */
export interface StatsReport extends ReportBase {
  readonly kind: "stats";
  readonly why: StatsReason;
  /** Names of the collectors. */
  readonly collectors: readonly string[];
  /** The span that the report stands for: since the report before it, or since the start. */
  readonly from: number;
  readonly to: number;
  /** Since the start of the run. */
  readonly total: RecordCounts;
  /** In the span. */
  readonly delta: RecordCounts;
  /** Records that were read and have not arrived anywhere yet. */
  readonly underWay: number;
  /** The longest time from an event to the writing of its record in the span, microseconds. */
  readonly lagUs?: number;
  /** Resident memory of the program. */
  readonly memoryBytes: number;
  /** Outputs that have lost something; absent where there is none. */
  readonly outputs?: readonly OutputLoss[];
}

/** What the run can see and what it cannot. */
export interface CoverageReport extends ReportBase {
  readonly kind: "coverage";
  /** Version of connscribe. */
  readonly version: string;
  /** In the order in which they said it. One that is not usable was tried and given up. */
  readonly collectors: readonly ReportedCoverage[];
}

/** What one collector has said, and what it sees by its nature. */
export interface ReportedCoverage extends CollectorCoverage {
  readonly sees?: string;
}

/** Why windows were left out: there were too many to catch up with, or their source has nothing of them. */
export type GapReason = "max-catchup" | "no-data";

/** Windows that were left out: what happened in them is not known. */
export interface GapReport extends ReportBase {
  readonly kind: "gap";
  /** The span: half open, and as long as the windows. */
  readonly from: number;
  readonly to: number;
  /** How many windows. */
  readonly windows: number;
  readonly reason: GapReason;
}

/**
 * The clock of the host has gone another way than time does: it was set, or the host slept. Times before and
 * after cannot be compared.
 */
export interface ClockReport extends ReportBase {
  readonly kind: "clock";
  /** What it would have said without the jump, and what it said. */
  readonly from: number;
  readonly to: number;
}

/** What a segment of a log begins with: no two of them have the same first bytes. */
export interface SegmentReport extends ReportBase {
  readonly kind: "segment";
  /** Version of connscribe. */
  readonly version: string;
  /** Name of the file, without its directory. */
  readonly name: string;
  /** Grows by one from segment to segment of a directory. */
  readonly sequence: number;
  /** Name of the segment before it, as it was when that was written; absent where there is none. */
  readonly previous?: string;
}

/** All kinds of reports: what each is called wherever it is written. */
export const REPORT_KINDS: readonly Report["kind"][] = [
  "stats",
  "coverage",
  "gap",
  "clock",
  "segment",
];

/** A record about the run itself. */
export type Report = StatsReport | CoverageReport | GapReport | ClockReport | SegmentReport;

/**
 * `<hash>-<kind>`: deterministic, and different for any two reports of a host.
 *
 * @param parts What else tells the report from others of its host, kind and time.
 */
export function reportId(
  kind: Report["kind"],
  host: HostIdentity,
  time: number,
  parts: readonly string[],
): string {
  return `${idPrefix(kind, host.id, String(time), ...parts)}-${kind}`;
}

/** Whether it tells of something that is missing from the log, or of times that cannot be compared. */
export function isWarning(report: Report): boolean {
  return report.kind === "gap" || report.kind === "clock" ||
    (report.kind === "stats" && report.why === "loss");
}
