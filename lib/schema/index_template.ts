/** The index templates of Elasticsearch and OpenSearch for the format `ndjson`, and the pipeline for both. */
import {
  connectionFields,
  isTree,
  type NativeField,
  type NativeKind,
  type NativeTree,
  treeOf,
} from "./native_field.ts";
import type { Json } from "./json_schema.ts";
import { allReportFields } from "./report_fields.ts";

/** A store that the template is for. */
export type SearchStore = "elasticsearch" | "opensearch";

/** Name of the pipeline. */
export const PIPELINE = "logs-connscribe";

/** Data streams: one for all lines, or one for each dataset. */
const PATTERNS = ["logs-connscribe-*", "logs-connscribe.*-*"];

/** The template for all logs has 100. */
const PRIORITY = 200;

/** As ECS has it: an index takes no word of more than 32,766 bytes. */
const LONGEST_KEYWORD = 1024;

const KEYWORD = { type: "keyword", "ignore_above": LONGEST_KEYWORD };
const LONG = { type: "long" };
/** In another program's log anything may be in the place of an address: the record is taken all the same. */
const IP = { type: "ip", "ignore_malformed": true };

const TYPES: Readonly<Record<Exclude<NativeKind, "counts">, Json>> = {
  text: KEYWORD,
  word: KEYWORD,
  identity: KEYWORD,
  ip: IP,
  integer: LONG,
  duration: LONG,
  time: { type: "date" },
  boolean: { type: "boolean" },
  texts: KEYWORD,
};

function mapping({ kind, type }: NativeField, store: SearchStore): Json {
  // Reasons are named by others: a field for each of them would have no end.
  if (kind === "counts") return { type: store === "opensearch" ? "flat_object" : "flattened" };
  if (type === "ip") return IP;
  if (type !== undefined) return { type, "ignore_above": LONGEST_KEYWORD };
  return TYPES[kind];
}

function properties(tree: NativeTree, store: SearchStore): Json {
  const all: Record<string, Json> = {};
  for (const [name, node] of tree) {
    // Lists of objects are no type of their own: each field has all values.
    all[name.replace("[]", "")] = isTree(node)
      ? { properties: properties(node, store) }
      : mapping(node, store);
  }
  return all;
}

const DESCRIPTIONS: Readonly<Record<SearchStore, string>> = {
  elasticsearch: "Logs of connscribe in the format ndjson, for Elasticsearch 8.17 or newer",
  opensearch: "Logs of connscribe in the format ndjson, for OpenSearch 2.15 or newer",
};

function settings(store: SearchStore): Json {
  return {
    index: {
      "default_pipeline": PIPELINE,
      ...(store === "elasticsearch" && { mode: "logsdb" }),
    },
  };
}

/** The template, as text with a line feed at its end. */
export function indexTemplate(store: SearchStore): string {
  const tree = treeOf([...connectionFields(), ...allReportFields()]);
  const template: Json = {
    "index_patterns": PATTERNS,
    priority: PRIORITY,
    "data_stream": {},
    template: {
      settings: settings(store),
      mappings: {
        "date_detection": false,
        // What a later version adds, and what a forwarder adds.
        "dynamic_templates": [{
          "texts_as_keyword": { "match_mapping_type": "string", mapping: KEYWORD },
        }],
        properties: properties(tree, store),
      },
    },
    _meta: { description: DESCRIPTIONS[store] },
  };
  return JSON.stringify(template, null, 2) + "\n";
}

/**
 * The ingest pipeline, as text with a line feed at its end: a document is known by `event.id`. A data stream
 * takes no second document of the same `_id` into the same index.
 */
export function ingestPipeline(): string {
  const pipeline: Json = {
    description: "Logs of connscribe: a line that comes twice is one document",
    processors: [
      {
        set: {
          description: "The identity of the event is that of the document",
          if: "ctx.event?.id instanceof String",
          field: "_id",
          value: "{{{event.id}}}",
        },
      },
    ],
  };
  return JSON.stringify(pipeline, null, 2) + "\n";
}
