/**
 * Reports on the run in the format `ndjson`: what ECS has a field for stands there (`event`, `agent`,
 * `host`), the rest under `connscribe.` and the kind of the report. Datasets of their own keep them apart from
 * connections. They are few, so they are made of plain objects.
 */
import { type Counts, sumOf } from "../counts.ts";
import type {
  ClockReport,
  CoverageReport,
  GapReport,
  RecordCounts,
  Report,
  ReportedCoverage,
  SegmentReport,
  StatsReport,
} from "../report.ts";
import { isoTime } from "../time.ts";
import { ECS_VERSION } from "./ecs.ts";
import { quoteJson } from "./escape.ts";

/** What a line is made of; a field that is undefined is absent. */
export type Json = string | number | boolean | readonly Json[] | {
  readonly [name: string]: Json | undefined;
};

/** As {@linkcode JSON.stringify}, with {@linkcode quoteJson} for every string and name. */
export function toJson(value: Json): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(toJson).join(",")}]`;
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined) fields.push(`${quoteJson(name)}:${toJson(field)}`);
  }
  return `{${fields.join(",")}}`;
}

/** Whether it is a list, and no object with names. */
export function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function byReason(counts: Counts): Json {
  return { total: sumOf(counts), reasons: counts };
}

function counts({ dropped, degraded, ...totals }: RecordCounts): Json {
  return { ...totals, dropped: byReason(dropped), degraded: byReason(degraded) };
}

function statsObject(report: StatsReport): Json {
  const { why, collectors, total, delta, underWay, lagUs, memoryBytes, outputs } = report;
  return {
    why,
    collectors,
    total: counts(total),
    delta: counts(delta),
    under_way: underWay,
    lag_us: lagUs,
    memory_bytes: memoryBytes,
    outputs: outputs?.map(({ name, lost }) => ({ name, lost })),
  };
}

function collectorObject(collector: ReportedCoverage): Json {
  const { name, usable, reason, sees, misses, remedies } = collector;
  return { name, usable, reason, sees, misses, remedies };
}

function coverageObject({ collectors }: CoverageReport): Json {
  return { collectors: collectors.map(collectorObject) };
}

/** The span of a report; a clock that was set back makes it no shorter than nothing. */
function span({ from, to }: StatsReport | GapReport): Record<string, Json> {
  // Nanoseconds, as ECS has them.
  return { start: isoTime(from), end: isoTime(to), duration: Math.max(to - from, 0) * 1000 };
}

function clockObject({ from, to }: ClockReport): Json {
  return { from: isoTime(from), to: isoTime(to), jump_us: to - from };
}

function segmentObject({ name, sequence, previous }: SegmentReport): Json {
  return { name, sequence, previous };
}

/** What a kind of report has of its own. */
export function ownObject(report: Report): Json {
  switch (report.kind) {
    case "stats":
      return { stats: statsObject(report) };
    case "coverage":
      return { coverage: coverageObject(report) };
    case "gap":
      return { gap: { windows: report.windows, reason: report.reason } };
    case "clock":
      return { clock: clockObject(report) };
    case "segment":
      return { segment: segmentObject(report) };
  }
}

/** The line of a report. */
export function reportJson(report: Report): string {
  const { kind, id, time, host } = report;
  const json = toJson({
    "@timestamp": isoTime(time),
    event: {
      id,
      kind: kind === "stats" ? "metric" : "state",
      type: ["info"],
      action: kind,
      dataset: `connscribe.${kind}`,
      module: "connscribe",
      ...((kind === "stats" || kind === "gap") && span(report)),
    },
    ecs: { version: ECS_VERSION },
    agent: { type: "connscribe", ...("version" in report && { version: report.version }) },
    host: {
      id: host.id,
      name: host.name,
      os: host.os === undefined ? undefined : { type: host.os },
    },
    related: { hosts: [host.name] },
    connscribe: ownObject(report),
  });
  return json + "\n";
}
