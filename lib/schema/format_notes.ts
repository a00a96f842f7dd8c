/** What the documentation says of each format: what it is for, and how it writes what all formats have. */
import type { FormatName } from "../formats/names.ts";
import type { Schema } from "../mapping/field.ts";

/** What is said of a format. */
export interface FormatNote {
  /** Whom it is for, without a full stop. */
  readonly purpose: string;
  /** The schema whose names it has; absent where it has none of them. */
  readonly schema?: Schema;
  /** Paragraphs. */
  readonly about: readonly string[];
}

/** Of all formats, in the order of the document. */
export const FORMAT_NOTES: Readonly<Record<FormatName, FormatNote>> = {
  ndjson: {
    purpose: "Elasticsearch, Elastic Security, OpenSearch; all that reads JSON lines",
    schema: "ecs",
    about: [
      "Also called `ecs`: one JSON object a line, with the field names of the Elastic Common Schema, and `connscribe.*` for what that has no field for. It is the native format: it says all that is known, and `query`, `export`, `convert` and `verify` read it.",
      "Times are ISO 8601 in UTC with microseconds, durations are nanoseconds. `schema/connscribe-v1.json` is its JSON Schema.",
      "A record that a rule found noteworthy has `event.kind: alert`: of such the rule External Alerts of Elastic Security makes alerts.",
    ],
  },
  ocsf: {
    purpose: "Security lakes and pipelines that speak OCSF",
    schema: "ocsf",
    about: [
      "Network Activity (class 4001) of the Open Cybersecurity Schema Framework, with the profiles `host`, `container` and `security_control`; what it has no attribute for stands in `unmapped`. Times and durations are milliseconds.",
      "Reports are events of the class Base Event (0): their activity is `99 Other`, `activity_name` is the kind of the report, `message` says it in words, and `unmapped` in the fields of `ndjson`.",
      "The version is 1.8.0, for 1.9.0 takes `start_time`, `end_time` and `duration` away from events that are not aggregates.",
    ],
  },
  cim: {
    purpose: "Splunk",
    schema: "cim",
    about: [
      "`name=value` with the field names of Splunk's Common Information Model: Network Traffic, and Endpoint.Ports of listeners. Times are ISO 8601 in UTC with microseconds, durations are seconds. Where the model demands a value that is not known, it is its own word for that.",
    ],
  },
  cef: {
    purpose: "ArcSight, Microsoft Sentinel",
    schema: "cef",
    about: [
      "The Common Event Format. `spid`, `sproc`, `suid`, `suser` are there where this host is the source, `dpid`, `dproc`, `duid`, `duser` where it is the destination. Times are milliseconds since the epoch. A field such as `cs1` has its meaning in `cs1Label`.",
    ],
  },
  leef: {
    purpose: "QRadar",
    schema: "leef",
    about: ["The Log Event Extended Format 2.0, with `^` between the attributes."],
  },
  zeek: {
    purpose: "RITA, zq, Slips and others that read conn.log of Zeek",
    schema: "zeek",
    about: [
      "conn.log with its head and tabs. Zeek has a line a connection; here every event is a line, and all of one connection have the same `uid`. Zeek knows no process. A record without any address has no line.",
    ],
  },
  "zeek-json": {
    purpose: "Readers of the logs of Zeek as JSON",
    schema: "zeek",
    about: [
      "One JSON object a line, with the names of conn.log; what is not known is absent. A record without any address has no line.",
    ],
  },
  csv: {
    purpose: "Spreadsheets, DuckDB, pandas",
    schema: "plain",
    about: [
      "RFC 4180, with a head; lists are JSON. Times are ISO 8601 in UTC with microseconds. Of a text that a spreadsheet would take for a formula the first character is escaped (`\\x3d`).",
    ],
  },
  logfmt: {
    purpose: "Loki and others that read logfmt",
    schema: "plain",
    about: [
      "`name=value`; lists are JSON. Times are ISO 8601 in UTC with microseconds.",
    ],
  },
  text: {
    purpose: "People: what happens; written where nothing else is asked for",
    about: ["One line a record, words as a shell would read them."],
  },
  table: {
    purpose: "People: what is there now",
    about: [
      "Columns that are lined up, as `snapshot` shows them; a value that is too long is cut.",
    ],
  },
  template: {
    purpose: "What conntrack-logger wrote, or a line of one's own",
    about: ["The template and its times are options: see the reference in README.md."],
  },
  lognet: {
    purpose: "Programs that read the logs of lognet",
    about: [
      "Two files: `connections.log`, and `processes.log` with each process once. Times are those of the host's time zone.",
    ],
  },
  "littlesnitch-stats": {
    purpose: "Programs that read what littlesnitch-stats wrote",
    about: ["Times are those of the host's time zone."],
  },
};

/** How what stands in each schema is called in the document. */
export const SCHEMA_TITLES: Readonly<Record<Schema, string>> = {
  plain: "csv, logfmt",
  ecs: "ndjson (ECS)",
  ocsf: "ocsf",
  cim: "cim",
  zeek: "zeek, zeek-json",
  cef: "cef",
  leef: "leef",
};
