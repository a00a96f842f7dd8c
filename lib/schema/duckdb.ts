/** Macros for DuckDB: schema/duckdb.sql. */
import type { Kind } from "../mapping/field.ts";
import { connectionFields, isTree, type NativeTree, treeOf } from "./native_field.ts";
import { derivedColumns, type SqlDialect } from "./sql_ends.ts";
import { storeColumns } from "./store_columns.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** `lower` of DuckDB changes letters of all alphabets. */
const DUCKDB: SqlDialect = {
  lower: (text) => `translate(${text}, '${UPPER}', '${UPPER.toLowerCase()}')`,
  before: (time) => `${time} - INTERVAL 1 MICROSECOND`,
};

/** In a line of ndjson. Times are without a zone: they are UTC whatever the zone of the session is. */
const TYPES: Readonly<Record<Kind, string>> = {
  text: "VARCHAR",
  word: "VARCHAR",
  identity: "VARCHAR",
  ip: "VARCHAR",
  integer: "BIGINT",
  duration: "BIGINT",
  time: "TIMESTAMP",
  boolean: "BOOLEAN",
  texts: "VARCHAR[]",
};

function structOf(tree: NativeTree): string {
  const members = [...tree].map(([name, node]) => {
    if (isTree(node)) return `"${name}" ${structOf(node)}`;
    return `"${name}" ${node.kind === "counts" ? "JSON" : TYPES[node.kind]}`;
  });
  return `STRUCT(${members.join(", ")})`;
}

/** The argument `columns` of `read_json`. */
function jsonColumns(): string {
  const lines = [...treeOf(connectionFields())].map(([name, node]) => {
    const type = isTree(node) ? structOf(node) : node.kind === "counts" ? "JSON" : TYPES[node.kind];
    return `            '${name}': '${type}'`;
  });
  return `{\n${lines.join(",\n")}\n        }`;
}

/** Each event once, with what is computed. */
function unique(source: string, keys: readonly string[]): string {
  const derived = derivedColumns(DUCKDB).map(({ name, sql }) => `        ${sql} AS ${name}`);
  return `    SELECT
        *,
${derived.join(",\n")}
    FROM (
        SELECT DISTINCT ON (${[...keys, "event_id"].join(", ")}) *
        FROM (
${source}
        )
    )`;
}

/** The statements, as text with a line feed at its end. */
export function duckdbSchema(): string {
  const columns = storeColumns();
  const fromJson = columns.map(({ name, path }) => {
    return `            ${path.split(".").map((part) => `"${part}"`).join(".")} AS ${name}`;
  });
  // Of Parquet, times are moments: without a zone they are as those of ndjson.
  const fromParquet = columns.filter(({ column }) => column.kind === "time")
    .map(({ name }) => `            make_timestamp(epoch_us(${name})) AS ${name}`);
  return `-- Made of connscribe's mapping table by \`deno task schema\`: see docs/FLEET.md.

-- The connections in lines of ndjson, each event once: SELECT * FROM connscribe_ndjson('segments/*.ndjson*').
CREATE OR REPLACE MACRO connscribe_ndjson(path) AS TABLE
${
    unique(
      `        SELECT
${fromJson.join(",\n")}
        FROM read_json(path, format = 'newline_delimited', ignore_errors = true, columns = ${jsonColumns()})
        WHERE "event"."dataset" = 'connscribe.connection' AND "event"."id" IS NOT NULL AND "@timestamp" IS NOT NULL`,
      [],
    )
  };

-- What \`connscribe convert --format parquet\` has written, each event once: SELECT * FROM connscribe_parquet('fleet/*/*/*.parquet').
-- Conditions on day and host say which files are read.
CREATE OR REPLACE MACRO connscribe_parquet(path) AS TABLE
${
    unique(
      `        SELECT * REPLACE (
${fromParquet.join(",\n")}
        )
        FROM read_parquet(path, union_by_name = true, hive_partitioning = true, hive_types = {'day': 'DATE', 'host': 'VARCHAR'})`,
      ["day", "host"],
    )
  };
`;
}
