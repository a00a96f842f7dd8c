/**
 * How a run goes, in the text format of Prometheus, for the textfile collector of node_exporter
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import type { Counts } from "../counts.ts";
import type { ReportedCoverage, StatsReport } from "../report.ts";
import { VERSION } from "../version.ts";

/** What a metric is: one that only grows, or one that goes up and down. */
type MetricType = "counter" | "gauge";

/** A value with its labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

const MICROSECONDS = 1e6;

/** A label value: what would end it or its line is escaped, as the format asks for. */
function quoteLabel(value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escaped.toWellFormed()}"`;
}

function sampleLine(name: string, [labels, value]: Sample): string {
  const texts = Object.entries(labels).map(([label, text]) => `${label}=${quoteLabel(text)}`);
  return `${name}${texts.length > 0 ? `{${texts.join(",")}}` : ""} ${value}\n`;
}

function metric(name: string, type: MetricType, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const full = `connscribe_${name}`;
  const lines = samples.map((sample) => sampleLine(full, sample));
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

/**
 * The text of the whole file.
 *
 * @param report The latest; undefined where there has been none.
 * @param coverage What the collectors have said of themselves.
 */
export function metricsText(
  report: StatsReport | undefined,
  coverage: readonly ReportedCoverage[],
): string {
  const up = coverage.map(({ name, usable }): Sample => [{ collector: name }, usable ? 1 : 0]);
  return metric("build_info", "gauge", "The version that runs.", [[{ version: VERSION }, 1]]) +
    metric("collector_up", "gauge", "Whether a collector runs (1) or was given up (0).", up) +
    (report === undefined ? "" : statsText(report));
}

function statsText({ total, underWay, lagUs, memoryBytes, to, outputs = [] }: StatsReport): string {
  const counted = (name: string, help: string, value: number) =>
    metric(`records_${name}_total`, "counter", help, [[{}, value]]);
  const byReason = (name: string, help: string, counts: Counts) =>
    metric(
      `records_${name}_total`,
      "counter",
      help,
      Object.entries(counts).map(([reason, count]): Sample => [{ reason }, count]),
    );
  const measured = (name: string, help: string, value: number | undefined) =>
    metric(name, "gauge", help, value === undefined ? [] : [[{}, value]]);
  const lost = outputs.map(({ name, lost }): Sample => [{ output: name }, lost]);
  const lagHelp =
    "Longest time from an event to the writing of its record since the report before.";
  return counted("read", "Records and malformed rows read.", total.read) +
    counted("emitted", "Records written whole.", total.emitted) +
    counted("folded", "Records that live on in a summary.", total.folded) +
    counted("filtered", "Records left out as asked for.", total.filtered) +
    byReason("dropped", "Records lost, by reason.", total.dropped) +
    byReason("degraded", "Records that say less than they could, by reason.", total.degraded) +
    measured("records_under_way", "Records read and not arrived yet.", underWay) +
    measured("lag_seconds", lagHelp, lagUs && lagUs / MICROSECONDS) +
    measured("resident_memory_bytes", "Resident memory.", memoryBytes) +
    metric("output_lost_total", "counter", "Records and reports that an output has lost.", lost) +
    measured("stats_time_seconds", "When this was written.", to / MICROSECONDS);
}
