/** docs/FORMATS.md: what each format calls each fact, made of the mapping table. */
import { createFormat } from "../formats/formats.ts";
import type { Format } from "../formats/format.ts";
import type { FormatName } from "../formats/names.ts";
import { type Cell, type Column, columnsOf, type Schema, SCHEMAS } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { REPORT_KINDS } from "../report.ts";
import { exampleOf, START } from "./example.ts";
import { FORMAT_NOTES, SCHEMA_TITLES } from "./format_notes.ts";
import { block, cell, code, table } from "./markdown.ts";
import type { NativeField, NativeKind } from "./native_field.ts";
import { REPORT_SUMMARIES, reportFields } from "./report_fields.ts";

const KIND_NAMES: Readonly<Record<NativeKind, string>> = {
  text: "text",
  word: "word",
  identity: "text",
  ip: "address",
  integer: "integer",
  time: "time",
  duration: "duration",
  boolean: "boolean",
  texts: "list of texts",
  counts: "numbers by name",
};

const NAMES = Object.keys(FORMAT_NOTES) as FormatName[];

const INTRODUCTION = `# Formats

What \`--format\` takes, and what each format calls each fact of a record. A line is a record: an event in the life
of one connection or listening socket, or a summary of several. It never breaks, and no column or name is
forged, whatever a process calls itself.

What is not known is absent: never guessed, never an empty text. csv has an empty cell for it and zeek a \`-\`; only
where a schema demands a value is it that schema's own word for what is not known.

\`schema/\` has what stores and validators need, made of the same table as the formats:

- \`connscribe-v1.json\`: JSON Schema (draft 2020-12) of \`ndjson\`, of records and reports. Within version 1 fields are
  only ever added, so readers have to pass over those that they do not know.
- \`elasticsearch-template.json\`, \`opensearch-template.json\`: index templates for the data streams
  \`logs-connscribe-*\` and \`logs-connscribe.*-*\`.
- \`elasticsearch-pipeline.json\`: the ingest pipeline that the templates name. It makes \`event.id\` the \`_id\` of the
  document, so that an index of the data stream takes a line that comes twice only once. After a rollover it
  is another index: there, ask for unique \`event.id\`.

\`\`\`sh
curl -X PUT "$SERVER/_ingest/pipeline/logs-connscribe" --json @schema/elasticsearch-pipeline.json
curl -X PUT "$SERVER/_index_template/connscribe" --json @schema/elasticsearch-template.json
\`\`\`

OpenSearch takes the same pipeline, and a template of its own.

docs/FLEET.md is about ClickHouse, Parquet and DuckDB.
`;

function cellsOf(
  schema: Schema,
  cells: Partial<Record<Schema, string | Cell | readonly (string | Cell)[]>>,
) {
  return [cells[schema] ?? []].flat().map((cell) => typeof cell === "string" ? cell : cell.name);
}

/** A row a fact, a column a schema. */
function factTable(): string[] {
  const facts = FIELDS.filter(({ scope }) => scope !== "program");
  const rows = facts.map(({ summary, cells }) => [
    cell(summary),
    ...SCHEMAS.map((schema) => cellsOf(schema, cells).map(code).join("<br>")),
  ]);
  return table(["fact", ...SCHEMAS.map((schema) => SCHEMA_TITLES[schema])], rows);
}

/** What is special about a value, and all words that it may be. */
function noteOf({ note, words }: { readonly note?: string; readonly words?: readonly string[] }) {
  return cell([words?.join(", "), note].filter((part) => part !== undefined).join("; "));
}

function columnRow(column: Column): string[] {
  const { name, summary, kind } = column;
  return [code(name), cell(summary), KIND_NAMES[kind], noteOf(column)];
}

function schemaTable(schema: Schema): string[] {
  const rows = columnsOf(FIELDS, schema).map(columnRow);
  return table(["field", "what it says", "type", "note"], rows);
}

/** The first format of a schema has its table; the others say where that is. */
function namesPart(name: FormatName, schema: Schema): string[] {
  const first = NAMES.find((other) => FORMAT_NOTES[other].schema === schema);
  if (first === name || first === undefined) return schemaTable(schema);
  return [`Names: see [${first}](#${first}).`, ""];
}

function formatSection(name: FormatName, format: Format): string[] {
  const { purpose, about, schema } = FORMAT_NOTES[name];
  return [
    `## ${name}`,
    "",
    `For: ${purpose}.`,
    "",
    ...about.flatMap((paragraph) => [paragraph, ""]),
    ...block(exampleOf(format)),
    ...(schema === undefined ? [] : namesPart(name, schema)),
  ];
}

function choiceTable(formats: ReadonlyMap<FormatName, Format>): string[] {
  const rows = [...formats].map(([name, { report }]) => [
    `[${name}](#${name})`,
    cell(FORMAT_NOTES[name].purpose),
    report === undefined ? "no" : "yes",
  ]);
  return table(["format", "for", "reports"], rows);
}

function reportRow(field: NativeField): string[] {
  const { name, summary, kind } = field;
  return [code(name), cell(summary), KIND_NAMES[kind], noteOf(field)];
}

function reportSection(formats: ReadonlyMap<FormatName, Format>): string[] {
  const without = [...formats].filter(([, { report }]) => report === undefined);
  const head = ["field", "what it says", "type", "note"];
  const common = reportFields("stats").filter((field) =>
    REPORT_KINDS.every((kind) => reportFields(kind).some(({ name }) => name === field.name))
  );
  const names = new Set(common.map(({ name }) => name));
  return [
    "## Reports",
    "",
    "Lines about the run itself stand among the records, so that whoever reads the log later knows what it can hold and what is missing from it. Such a line is the last one of the examples above.",
    "",
    `These formats have no place for them: ${without.map(([name]) => code(name)).join(", ")}.`,
    "",
    ...table(
      ["kind", "what it is for"],
      REPORT_KINDS.map((kind) => [code(kind), cell(REPORT_SUMMARIES[kind])]),
    ),
    "In `ndjson` all of them have:",
    "",
    ...table(head, common.map(reportRow)),
    ...REPORT_KINDS.flatMap((kind) => [
      `### ${kind}`,
      "",
      ...table(head, reportFields(kind).filter(({ name }) => !names.has(name)).map(reportRow)),
    ]),
  ];
}

/** The document. */
export async function formatsDocument(): Promise<string> {
  const formats = new Map<FormatName, Format>();
  for (const name of NAMES) {
    const context = { color: false, columns: 132, now: START, communityIdSeed: 0 };
    formats.set(name, await createFormat(name, context));
  }
  const lines = [
    "<!-- deno-fmt-ignore-file -->",
    "<!-- Written by `deno task schema`: change lib/mapping/ or lib/schema/ instead. -->",
    "",
    INTRODUCTION,
    "## Which one",
    "",
    ...choiceTable(formats),
    "## Facts",
    "",
    ...factTable(),
    ...[...formats].flatMap(([name, format]) => formatSection(name, format)),
    ...reportSection(formats),
  ];
  return lines.join("\n").trimEnd() + "\n";
}
