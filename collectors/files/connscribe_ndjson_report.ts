/** Reports on a run in the format `ndjson`: what lib/formats/ndjson_report.ts writes, read. */
import type { Counts } from "../../lib/counts.ts";
import {
  type GapReason,
  type OutputLoss,
  type RecordCounts,
  type Report,
  REPORT_KINDS,
  type ReportedCoverage,
  type StatsReason,
} from "../../lib/report.ts";
import {
  countOf,
  type Fields,
  fieldsOf,
  listOf,
  oneOf,
  put,
  required,
  textOf,
  timeOf,
} from "./checked.ts";
import { hostOf } from "./connscribe_ndjson_record.ts";
import type { Mutable } from "../../lib/mutable.ts";

const STATS_REASONS: readonly StatsReason[] = ["interval", "loss", "asked", "end"];
const GAP_REASONS: readonly GapReason[] = ["max-catchup", "no-data"];

/** Kinds by the datasets of their lines. */
const KINDS = new Map<unknown, Report["kind"]>(
  REPORT_KINDS.map((kind) => [`connscribe.${kind}`, kind]),
);

/** What kind of report an object is; undefined where it is none. Throws a `TypeError` where it is odd. */
export function reportKind(object: Fields): Report["kind"] | undefined {
  return KINDS.get(fieldsOf(object["event"])?.["dataset"]);
}

function numberIn(fields: Fields, name: string): number {
  return required(countOf(fields[name]));
}

function textIn(fields: Fields, name: string): string {
  return required(textOf(fields[name]));
}

function textsIn(fields: Fields, name: string): string[] {
  return required(listOf(fields[name], textOf));
}

function timeIn(fields: Fields, name: string): number {
  return required(timeOf(fields[name]));
}

function fieldsIn(fields: Fields, name: string): Fields {
  return required(fieldsOf(fields[name]));
}

function reasonsIn(fields: Fields, name: string): Counts {
  const reasons = Object.entries(fieldsIn(fieldsIn(fields, name), "reasons"));
  return Object.fromEntries(reasons.map(([reason, count]) => [reason, required(countOf(count))]));
}

function countsIn(stats: Fields, name: string): RecordCounts {
  const counts = fieldsIn(stats, name);
  return {
    read: numberIn(counts, "read"),
    emitted: numberIn(counts, "emitted"),
    folded: numberIn(counts, "folded"),
    filtered: numberIn(counts, "filtered"),
    dropped: reasonsIn(counts, "dropped"),
    degraded: reasonsIn(counts, "degraded"),
  };
}

function lossOf(value: unknown): OutputLoss {
  const fields = required(fieldsOf(value));
  return { name: textIn(fields, "name"), lost: numberIn(fields, "lost") };
}

function coverageOf(value: unknown): ReportedCoverage {
  const fields = required(fieldsOf(value));
  const { usable } = fields;
  const coverage: Mutable<ReportedCoverage> = {
    name: textIn(fields, "name"),
    usable: required(typeof usable === "boolean" ? usable : undefined),
    reason: textIn(fields, "reason"),
    misses: textsIn(fields, "misses"),
    remedies: textsIn(fields, "remedies"),
  };
  put(coverage, "sees", textOf(fields["sees"]));
  return coverage;
}

/**
 * The report.
 *
 * @param own What stands in the object under `connscribe`.
 * @param time `@timestamp`, microseconds since the epoch.
 * @throws {TypeError} If a value is missing or not what it should be.
 */
export function reportOf(
  kind: Report["kind"],
  object: Fields,
  own: Fields,
  time: number,
): Report {
  const event = fieldsIn(object, "event");
  const fields = fieldsIn(own, kind);
  const base = { id: textIn(event, "id"), time, host: hostOf(fieldsIn(object, "host")) };
  const span = () => ({ from: timeIn(event, "start"), to: timeIn(event, "end") });
  const version = () => textIn(fieldsIn(object, "agent"), "version");
  switch (kind) {
    case "stats": {
      const lagUs = countOf(fields["lag_us"]);
      const outputs = listOf(fields["outputs"], lossOf);
      return {
        kind,
        ...base,
        why: required(oneOf(STATS_REASONS, fields["why"])),
        collectors: textsIn(fields, "collectors"),
        ...span(),
        total: countsIn(fields, "total"),
        delta: countsIn(fields, "delta"),
        underWay: numberIn(fields, "under_way"),
        ...(lagUs !== undefined && { lagUs }),
        memoryBytes: numberIn(fields, "memory_bytes"),
        ...(outputs !== undefined && { outputs }),
      };
    }
    case "coverage": {
      const collectors = required(listOf(fields["collectors"], coverageOf));
      return { kind, ...base, version: version(), collectors };
    }
    case "gap": {
      const reason = required(oneOf(GAP_REASONS, fields["reason"]));
      return { kind, ...base, ...span(), windows: numberIn(fields, "windows"), reason };
    }
    case "clock":
      return { kind, ...base, from: timeIn(fields, "from"), to: timeIn(fields, "to") };
    case "segment": {
      const previous = textOf(fields["previous"]);
      return {
        kind,
        ...base,
        version: version(),
        name: textIn(fields, "name"),
        sequence: numberIn(fields, "sequence"),
        ...(previous !== undefined && { previous }),
      };
    }
  }
}
