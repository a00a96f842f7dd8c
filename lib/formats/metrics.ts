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

function byReason(counts: Counts): Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}

/**
 * The text of the whole file.
 *
 * @param coverage What the collectors have said of themselves.
 */
export function metricsText(report: StatsReport, coverage: readonly ReportedCoverage[]): string {
  const { total, underWay, lagUs, memoryBytes, to, outputs = [] } = report;
  const one = (value: number): Sample[] => [[{}, value]];
  return [
    metric("build_info", "gauge", "The version that runs.", [[{ version: VERSION }, 1]]),
    metric("records_read_total", "counter", "Records and malformed rows read.", one(total.read)),
    metric("records_emitted_total", "counter", "Records written whole.", one(total.emitted)),
    metric(
      "records_folded_total",
      "counter",
      "Records that live on in a summary.",
      one(total.folded),
    ),
    metric(
      "records_filtered_total",
      "counter",
      "Records left out as asked for.",
      one(total.filtered),
    ),
    metric(
      "records_dropped_total",
      "counter",
      "Records lost, by reason.",
      byReason(total.dropped),
    ),
    metric(
      "records_degraded_total",
      "counter",
      "Records that say less than they could, by reason.",
      byReason(total.degraded),
    ),
    metric("records_under_way", "gauge", "Records read and not arrived yet.", one(underWay)),
    metric(
      "lag_seconds",
      "gauge",
      "Longest time from an event to the writing of its record since the report before.",
      lagUs === undefined ? [] : one(lagUs / MICROSECONDS),
    ),
    metric("resident_memory_bytes", "gauge", "Resident memory.", one(memoryBytes)),
    metric(
      "collector_up",
      "gauge",
      "Whether a collector runs (1) or was given up (0).",
      coverage.map(({ name, usable }): Sample => [{ collector: name }, usable ? 1 : 0]),
    ),
    metric(
      "output_lost_total",
      "counter",
      "Records and reports that an output has lost.",
      outputs.map(({ name, lost }): Sample => [{ output: name }, lost]),
    ),
    metric("stats_time_seconds", "gauge", "When this was written.", one(to / MICROSECONDS)),
  ].join("");
}
