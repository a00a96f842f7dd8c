/** The files that are made of the mapping table. */
import { clickhouseSchema } from "./clickhouse.ts";
import { duckdbSchema } from "./duckdb.ts";
import { formatsDocument } from "./formats_document.ts";
import { indexTemplate, ingestPipeline } from "./index_template.ts";
import { jsonSchema } from "./json_schema.ts";

/** A file, and what has to stand in it. */
export interface MadeFile {
  /** Its path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** All of them. */
export async function madeFiles(): Promise<readonly MadeFile[]> {
  return [
    { path: "schema/connscribe-v1.json", text: jsonSchema() },
    { path: "schema/elasticsearch-template.json", text: indexTemplate("elasticsearch") },
    { path: "schema/opensearch-template.json", text: indexTemplate("opensearch") },
    { path: "schema/elasticsearch-pipeline.json", text: ingestPipeline() },
    { path: "schema/clickhouse.sql", text: clickhouseSchema() },
    { path: "schema/duckdb.sql", text: duckdbSchema() },
    { path: "docs/FORMATS.md", text: await formatsDocument() },
  ];
}
