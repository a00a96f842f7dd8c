/** The fields of the lines of reports in the format `ndjson`: what lib/formats/ndjson_report.ts writes. */
import { type Report, REPORT_KINDS } from "../report.ts";
import type { NativeField, NativeKind } from "./native_field.ts";

type ReportKind = Report["kind"];

/** What stands behind the name, what it says and what kind it is of a field. */
type More = Omit<Partial<NativeField>, "name" | "summary" | "kind">;

function always(name: string, summary: string, kind: NativeKind, more: More = {}): NativeField {
  return { name, summary, kind, isRequired: true, ...more };
}

function perhaps(name: string, summary: string, kind: NativeKind, more: More = {}): NativeField {
  return { name, summary, kind, isRequired: false, ...more };
}

function commonFields(kind: ReportKind): readonly NativeField[] {
  const isMetric = kind === "stats";
  return [
    always("@timestamp", "When the report was made", "time"),
    always(
      "event.id",
      "Identity of the report: by it a store tells a repeated one from another",
      "text",
    ),
    always("event.kind", "metric of stats, else state", "word", {
      constant: isMetric ? "metric" : "state",
    }),
    always("event.type", "info", "texts"),
    always("event.action", "The kind of the report", "word", { constant: kind }),
    always("event.dataset", "The kind of the line", "word", { constant: `connscribe.${kind}` }),
    always("event.module", "The same in every line", "word", { constant: "connscribe" }),
    always("ecs.version", "Version of ECS", "word"),
    always("agent.type", "The same in every report", "word", { constant: "connscribe" }),
    always("host.id", "Id of the host, derived from its machine id", "text"),
    always("host.name", "Name of the host", "text"),
    perhaps("host.os.type", "Operating system of the host: linux, macos", "text"),
    always("related.hosts", "The name of the host", "texts"),
  ];
}

const SPAN_FIELDS: readonly NativeField[] = [
  always("event.start", "Start of the span that the report stands for", "time"),
  always("event.end", "End of that span", "time"),
  always("event.duration", "Length of that span", "duration", { note: "nanoseconds" }),
];

const VERSION_FIELD = always("agent.version", "Version of connscribe", "text");

/** What became of records, at a path: since the start, or in the span of the report. */
function countFields(path: string, when: string): readonly NativeField[] {
  const counts = (name: string, summary: string) => [
    always(`${path}.${name}.total`, `${summary}, ${when}`, "integer"),
    always(`${path}.${name}.reasons`, `The same by reason, ${when}`, "counts"),
  ];
  return [
    always(`${path}.read`, `Records that were read, ${when}`, "integer"),
    always(`${path}.emitted`, `Records that were written, ${when}`, "integer"),
    always(`${path}.folded`, `Records that went into summaries, ${when}`, "integer"),
    always(`${path}.filtered`, `Records that nobody wanted, ${when}`, "integer"),
    ...counts("dropped", "Records that were lost"),
    ...counts("degraded", "Records that say less than they could"),
  ];
}

const OWN_FIELDS: Readonly<Record<ReportKind, readonly NativeField[]>> = {
  stats: [
    ...SPAN_FIELDS,
    always("connscribe.stats.why", "Why there is a report", "word", {
      words: ["interval", "loss", "asked", "end"],
    }),
    always("connscribe.stats.collectors", "Names of the collectors", "texts"),
    ...countFields("connscribe.stats.total", "since the start"),
    ...countFields("connscribe.stats.delta", "in the span"),
    always(
      "connscribe.stats.under_way",
      "Records that were read and have not arrived yet",
      "integer",
    ),
    perhaps(
      "connscribe.stats.lag_us",
      "The longest time from an event to the writing of its record in the span, microseconds",
      "integer",
    ),
    always("connscribe.stats.memory_bytes", "Resident memory of the program, bytes", "integer"),
    perhaps("connscribe.stats.outputs[].name", "An output that has lost something", "text"),
    perhaps("connscribe.stats.outputs[].lost", "How many records and reports it lost", "integer"),
  ],
  coverage: [
    VERSION_FIELD,
    always("connscribe.coverage.collectors[].name", "Name of a collector", "text"),
    always("connscribe.coverage.collectors[].usable", "Whether it could be used", "boolean"),
    always("connscribe.coverage.collectors[].reason", "Why, or why not", "text"),
    perhaps("connscribe.coverage.collectors[].sees", "What it sees by its nature", "text"),
    always("connscribe.coverage.collectors[].misses", "What it does not see", "texts"),
    always("connscribe.coverage.collectors[].remedies", "What would make it see more", "texts"),
  ],
  gap: [
    ...SPAN_FIELDS,
    always("connscribe.gap.windows", "How many windows were left out", "integer"),
    always("connscribe.gap.reason", "Why", "word", { words: ["max-catchup", "no-data"] }),
  ],
  clock: [
    always("connscribe.clock.from", "What the clock would have said without the jump", "time"),
    always("connscribe.clock.to", "What it said", "time"),
    always("connscribe.clock.jump_us", "Length of the jump, microseconds", "integer", {
      isSigned: true,
    }),
  ],
  segment: [
    VERSION_FIELD,
    always("connscribe.segment.name", "Name of the file, without its directory", "text"),
    always(
      "connscribe.segment.sequence",
      "Grows by one from segment to segment of a directory",
      "integer",
    ),
    perhaps("connscribe.segment.previous", "Name of the segment before it", "text"),
  ],
};

/** What each kind of report is for, without a full stop. */
export const REPORT_SUMMARIES: Readonly<Record<ReportKind, string>> = {
  stats: "How the run goes: what was read, written, lost",
  coverage: "What the run can see, what it cannot, and what would help",
  gap: "Windows that were left out: what happened in them is not known",
  clock: "The clock was set, or the host slept: times before and after cannot be compared",
  segment: "What a segment of a log begins with",
};

/** The fields of the line of a kind of report. */
export function reportFields(kind: ReportKind): readonly NativeField[] {
  return [...commonFields(kind), ...OWN_FIELDS[kind]];
}

/** The fields of all kinds of reports; those of one name are the same for an index. */
export function allReportFields(): readonly NativeField[] {
  return REPORT_KINDS.flatMap(reportFields);
}
