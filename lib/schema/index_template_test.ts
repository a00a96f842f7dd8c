import { assert, assertEquals } from "@std/assert";
import { EcsFlat as ECS } from "@elastic/ecs/newest";
import fc from "fast-check";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import { hostileReport, SAMPLE_REPORTS } from "../formats/test_reports.ts";
import { indexTemplate, ingestPipeline, PIPELINE, type SearchStore } from "./index_template.ts";

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...names: string[]): unknown {
  return names.reduce(
    (object: unknown, name) => isObject(object) ? object[name] : undefined,
    value,
  );
}

/** The type of each field that a template maps. */
function typesOf(store: SearchStore): Map<string, string> {
  const types = new Map<string, string>();
  function collect(properties: unknown, prefix: string): void {
    assert(isObject(properties), prefix);
    for (const [name, mapping] of Object.entries(properties)) {
      const type = at(mapping, "type");
      if (typeof type === "string") types.set(prefix + name, type);
      else collect(at(mapping, "properties"), `${prefix}${name}.`);
    }
  }
  collect(at(JSON.parse(indexTemplate(store)), "template", "mappings", "properties"), "");
  return types;
}

const STORES = ["elasticsearch", "opensearch"] as const;
const TYPES = typesOf("elasticsearch");

Deno.test("indexTemplate gives fields of ECS the types that ECS gives them", () => {
  const ours: JsonObject = {};
  const theirs: JsonObject = {};
  const list: Readonly<Record<string, { readonly type: string }>> = ECS;
  for (const [name, type] of TYPES) {
    if (name.startsWith("connscribe.")) continue;
    ours[name] = type;
    theirs[name] = list[name]?.type;
  }
  assert(Object.keys(ours).length > 50);
  assertEquals(ours, theirs);
});

/** Whether an index takes a value as one of a type, as the documentation of the types says. */
function takes(type: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => takes(type, item));
  switch (type) {
    case "keyword":
    case "wildcard":
    case "ip": // Of what is no address the rest of the document is taken.
      return typeof value === "string";
    case "date":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "long":
      return Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "flattened":
    case "flat_object":
      return isObject(value);
    default:
      return false;
  }
}

/** The fields of a line that a template does not map, or not to what they are. */
function strangers(types: ReadonlyMap<string, string>, line: unknown, prefix = ""): string[] {
  assert(isObject(line), prefix);
  return Object.entries(line).flatMap(([name, value]) => {
    const path = prefix + name;
    const type = types.get(path);
    if (type !== undefined) return takes(type, value) ? [] : [`${path} as ${type}`];
    const objects = Array.isArray(value) ? value : [value];
    if (!objects.every(isObject)) return [path];
    return objects.flatMap((object) => strangers(types, object, `${path}.`));
  });
}

for (const store of STORES) {
  Deno.test(`the template of ${store} maps all that lines have to what they are`, () => {
    const types = typesOf(store);
    const { line, report } = createNdjsonFormat({ communityIdSeed: 0 });
    assert(report);
    for (const record of Object.values(SAMPLES)) {
      assertEquals(strangers(types, JSON.parse(line(record))), []);
    }
    for (const sample of Object.values(SAMPLE_REPORTS)) {
      assertEquals(strangers(types, JSON.parse(report(sample))), []);
    }
    fc.assert(
      fc.property(hostileConnection, hostileReport, (record, hostile) => {
        assertEquals(strangers(types, JSON.parse(line(record))), []);
        assertEquals(strangers(types, JSON.parse(report(hostile))), []);
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`the template of ${store} is for the data streams, and names the pipeline`, () => {
    const template: unknown = JSON.parse(indexTemplate(store));
    assertEquals(at(template, "index_patterns"), ["logs-connscribe-*", "logs-connscribe.*-*"]);
    assertEquals(at(template, "data_stream"), {});
    const index = at(template, "template", "settings", "index");
    assertEquals(at(index, "default_pipeline"), PIPELINE);
    assertEquals(at(index, "mode"), store === "elasticsearch" ? "logsdb" : undefined);
  });
}

Deno.test("the templates differ in the type of counts by reason alone", () => {
  const others = [...typesOf("opensearch")].filter(([name, type]) => TYPES.get(name) !== type);
  assert(others.length > 0);
  for (const [name, type] of others) {
    assertEquals([type, TYPES.get(name)], ["flat_object", "flattened"], name);
    assert(name.endsWith(".reasons"), name);
  }
});

Deno.test("ingestPipeline makes the identity of the event that of the document", () => {
  const pipeline: unknown = JSON.parse(ingestPipeline());
  const processors = at(pipeline, "processors");
  assert(Array.isArray(processors) && processors.length === 1);
  const set = at(processors[0], "set");
  assertEquals([at(set, "field"), at(set, "value")], ["_id", "{{{event.id}}}"]);
});
