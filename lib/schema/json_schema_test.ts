/** The schema is checked by another program's validator, and what the format writes by the schema. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv";
import addFormatsModule from "ajv-formats";
import fc from "fast-check";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import { hostileReport, SAMPLE_REPORTS } from "../formats/test_reports.ts";
import { REPORT_KINDS } from "../report.ts";
import { jsonSchema } from "./json_schema.ts";

// The package says what it exports as CommonJS has it.
const addFormats = addFormatsModule.default;

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema, but for what it lets pass that it does not know. */
function withoutOthers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOthers);
  if (!isObject(schema)) return schema;
  const inner = Object.entries(schema).map(([name, value]) => [name, withoutOthers(value)]);
  return {
    ...Object.fromEntries(inner),
    ...("properties" in schema && schema["type"] === "object" && { additionalProperties: false }),
  };
}

function validator(schema: unknown): (line: unknown) => string {
  assert(isObject(schema));
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  return (line) => validate(line) ? "" : ajv.errorsText(validate.errors);
}

const SCHEMA: unknown = JSON.parse(jsonSchema());
const faults = validator(SCHEMA);
const faultsOfClosed = validator(withoutOthers(SCHEMA));

const { line, report } = createNdjsonFormat({ communityIdSeed: 0 });

Deno.test("the JSON Schema takes all records, and knows all of their fields", () => {
  for (const [name, record] of Object.entries(SAMPLES)) {
    const read = JSON.parse(line(record));
    assertEquals(faults(read), "", name);
    assertEquals(faultsOfClosed(read), "", name);
  }
  fc.assert(
    fc.property(hostileConnection, (record) => {
      const read = JSON.parse(line(record));
      assertEquals(faults(read), "");
      assertEquals(faultsOfClosed(read), "");
    }),
    { numRuns: 500 },
  );
});

Deno.test("the JSON Schema takes all reports, and knows all of their fields", () => {
  assert(report);
  for (const [name, sample] of Object.entries(SAMPLE_REPORTS)) {
    const read = JSON.parse(report(sample));
    assertEquals(faultsOfClosed(read), "", name);
  }
  fc.assert(
    fc.property(hostileReport, (hostile) => {
      const read = JSON.parse(report(hostile));
      assertEquals(faults(read), "");
      assertEquals(faultsOfClosed(read), "");
    }),
    { numRuns: 500 },
  );
});

/** Another line, with a value at a path, or without it. */
function changed(text: string, path: string, value: unknown): unknown {
  const read: unknown = JSON.parse(text);
  const names = path.split(".");
  const last = names.pop() ?? "";
  const parent = names.reduce(
    (object: unknown, name) => isObject(object) ? object[name] : undefined,
    read,
  );
  assert(isObject(parent), path);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return read;
}

Deno.test("the JSON Schema rejects records that say something else, or too little", () => {
  const text = line(SAMPLES["close"]!);
  const broken: [path: string, value: unknown][] = [
    ["@timestamp", undefined],
    ["@timestamp", "yesterday"],
    ["@timestamp", "2026-11-21T02:01:40Z"],
    ["@timestamp", "2026-13-21T02:01:40.000000Z"],
    ["event", undefined],
    ["event.id", undefined],
    ["event.id", 5],
    ["event.kind", "metric"],
    ["event.dataset", "connscribe.other"],
    ["event.dataset", "connscribe.stats"],
    ["event.outcome", "maybe"],
    ["event.type", "connection"],
    ["event.duration", -1],
    ["event.duration", "63000000000"],
    ["connscribe.event", "opened"],
    ["connscribe.connection", undefined],
    ["connscribe.attribution.kind", undefined],
    ["connscribe.direction", "inbound"],
    ["network.direction", "local"],
    ["destination.port", "443"],
    ["destination.port", 443.5],
    ["source.bytes", -1],
    ["process.args", "curl -s"],
    ["process.user.id", 1000],
    ["process", null],
    ["host.name", ["web-1"]],
  ];
  assertEquals(faults(JSON.parse(text)), "");
  for (const [path, value] of broken) {
    assert(faults(changed(text, path, value)) !== "", `${path} ${JSON.stringify(value)}`);
  }
});

Deno.test("the JSON Schema rejects reports that say something else, or too little", () => {
  assert(report);
  const broken: [sample: string, path: string, value: unknown][] = [
    ["stats at an interval", "connscribe", undefined],
    ["stats at an interval", "event.kind", "state"],
    ["stats at an interval", "connscribe.stats.why", "fun"],
    ["stats at an interval", "connscribe.stats.total.dropped.reasons", { overrun: "many" }],
    ["stats at an interval", "event.start", undefined],
    ["coverage", "connscribe.coverage.collectors", [{ name: "proc" }]],
    ["coverage", "agent.version", undefined],
    ["gap", "connscribe.gap.windows", "12"],
    ["clock set back", "connscribe.clock.jump_us", "5"],
    ["segment", "connscribe.segment.sequence", -1],
    ["segment", "event.dataset", "connscribe.connection"],
  ];
  for (const [sample, path, value] of broken) {
    const text = report(SAMPLE_REPORTS[sample]!);
    assert(faults(changed(text, path, value)) !== "", `${path} ${JSON.stringify(value)}`);
  }
});

Deno.test("the JSON Schema lets fields pass that a later version may add", () => {
  const text = line(SAMPLES["open"]!);
  assertEquals(faults(changed(text, "connscribe.colour", "red")), "");
  assertEquals(faults(changed(text, "added", { later: true })), "");
});

Deno.test("the JSON Schema has a definition for connections and for each kind of report", () => {
  assert(isObject(SCHEMA) && isObject(SCHEMA["$defs"]));
  assertEquals(Object.keys(SCHEMA["$defs"]), ["connection", ...REPORT_KINDS]);
});
