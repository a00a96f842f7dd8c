/** Reports on a run: among its records, and in a file of metrics. */
import { collectorRow } from "../../collectors/registry.ts";
import type { HostIdentity } from "../connection.ts";
import type { Diag } from "../diag.ts";
import { Reporter } from "../pipeline/reporter.ts";
import type { Ledger } from "../pipeline/stage.ts";
import type { Report, StatsReport } from "../report.ts";
import type { Sink } from "../sinks/sink.ts";
import type { System } from "../system.ts";

/** What is reported on, and where to. */
export interface Reporting {
  readonly system: System;
  readonly host: HostIdentity;
  /** Names of the collectors that were asked for. */
  readonly collectors: readonly string[];
  readonly ledger: Ledger;
  readonly sinks: readonly Sink[];
  readonly diag: Diag;
  /** Time between two stats reports, milliseconds. */
  readonly intervalMs: number;
  /** Whether reports go among the records. */
  readonly amongRecords: boolean;
  /** The file of metrics, if there is to be one. */
  readonly metrics?: string;
  /** Called when reports have been written. */
  readonly wrote: () => void;
}

/** Creates what reports. */
export async function createReporter(reporting: Reporting): Promise<Reporter> {
  const { system, host, collectors, ledger, sinks, intervalMs, amongRecords } = reporting;
  const writeMetrics = await metricsWriter(reporting);
  const reporter: Reporter = new Reporter({
    system,
    host,
    collectors,
    ledger,
    intervalMs,
    sees: (name) => collectorRow(name)?.sees,
    losses: () => sinks.filter(({ lost }) => lost > 0).map(({ name, lost }) => ({ name, lost })),
    write: (report) => {
      if (amongRecords) { for (const sink of sinks) sink.report(report); }
      writeMetrics?.(report, reporter);
      reporting.wrote();
    },
  });
  return reporter;
}

async function metricsWriter(
  { system, diag, metrics }: Reporting,
): Promise<((report: Report, reporter: Reporter) => void) | undefined> {
  if (metrics === undefined) return undefined;
  const [{ metricsText }, { MetricsFile }] = await Promise.all([
    import("../formats/metrics.ts"),
    import("../sinks/metrics_file.ts"),
  ]);
  const file = new MetricsFile(system, metrics, diag);
  let latest: StatsReport | undefined;
  // At once, so that a path that is wrong is told now, and not in a minute.
  file.write(metricsText(latest, []));
  return (report, reporter) => {
    if (report.kind === "stats") latest = report;
    file.write(metricsText(latest, reporter.coverage));
  };
}
