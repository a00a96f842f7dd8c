/** Reports on the run as a flat list of facts, for formats of names and values. */
import type { Kind, KindValues } from "../mapping/field.ts";
import type { Report } from "../report.ts";
import { isList, type Json, ownObject, toJson } from "./ndjson_report.ts";

/** A fact: what it is called in the schema `plain`, and its value. */
export type Fact = {
  readonly [K in Kind]: {
    readonly name: string;
    readonly kind: K;
    readonly value: KindValues[K];
  };
}[Kind];

/** Objects whose names others choose: no names of facts are made of them. */
const FREE_NAMES = "reasons";

function isText(value: Json): value is string {
  return typeof value === "string";
}

/** The facts in a value; their names begin with its own. */
function* factsIn(name: string, value: Json): Generator<Fact> {
  if (typeof value === "string") yield { name, kind: "text", value };
  else if (typeof value === "number") yield { name, kind: "integer", value };
  else if (typeof value === "boolean") yield { name, kind: "boolean", value };
  else if (isList(value) && value.every(isText)) yield { name, kind: "texts", value };
  else if (isList(value) || name.endsWith(FREE_NAMES)) {
    yield { name, kind: "text", value: toJson(value) };
  } else {
    for (const [member, inner] of Object.entries(value)) {
      if (inner !== undefined) yield* factsIn(name === "" ? member : `${name}_${member}`, inner);
    }
  }
}

function span(report: Report): Fact[] {
  if (report.kind !== "stats" && report.kind !== "gap") return [];
  const { from, to } = report;
  return [
    { name: "start", kind: "time", value: from },
    { name: "end", kind: "time", value: to },
    // A clock that was set back makes it no shorter than nothing.
    { name: "duration_us", kind: "duration", value: Math.max(to - from, 0) },
  ];
}

/**
 * All that a report says. What records say, too, is called as there, and its kind is the event; the rest is
 * called as in the format `ndjson`, with `_` for the dots. Lists of objects, and counts by reasons that others
 * choose, are JSON.
 */
export function reportFacts(report: Report): readonly Fact[] {
  const { id, kind, time, host } = report;
  return [
    { name: "time", kind: "time", value: time },
    { name: "event_id", kind: "text", value: id },
    { name: "event", kind: "word", value: kind },
    ...span(report),
    { name: "host_id", kind: "text", value: host.id },
    { name: "host_name", kind: "text", value: host.name },
    ...(host.os === undefined ? [] : [{ name: "host_os", kind: "text", value: host.os } as const]),
    ...("version" in report
      ? [{ name: "version", kind: "text", value: report.version } as const]
      : []),
    ...factsIn("", ownObject(report)),
  ];
}
