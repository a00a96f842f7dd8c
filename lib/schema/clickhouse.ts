/** The tables and views for ClickHouse: schema/clickhouse.sql. */
import type { Kind } from "../mapping/field.ts";
import { connectionFields, isTree, type NativeTree, treeOf } from "./native_field.ts";
import { derivedColumns, type SqlDialect } from "./sql_ends.ts";
import { type StoreColumn, storeColumns } from "./store_columns.ts";

/** `lower` of ClickHouse changes letters of ASCII only. */
const CLICKHOUSE: SqlDialect = {
  lower: (text) => `lower(${text})`,
  before: (time) => `${time} - toIntervalMicrosecond(1)`,
};

const TIME = "DateTime64(6, 'UTC')";

/** Texts that are other ones in nearly every record, of every process, or of every remote end. */
const MANY: ReadonlySet<string> = new Set([
  "event.id",
  "connscribe.connection.id",
  "network.community_id",
  "source.domain",
  "destination.domain",
  "process.entity_id",
  "process.command_line",
  "process.parent.entity_id",
]);

function typeOf({ path, isRequired, column: { kind } }: StoreColumn): string {
  const within = (type: string) => isRequired ? type : `Nullable(${type})`;
  switch (kind) {
    case "text":
    case "word":
    case "identity":
      return MANY.has(path) ? within("String") : `LowCardinality(${within("String")})`;
    case "ip":
      // Of another program's log, anything may be in the place of an address.
      return within("String");
    case "integer":
    case "duration":
      return within("UInt64");
    case "time":
      return within(TIME);
    case "boolean":
      return within("Bool");
    case "texts":
      return "Array(String)";
  }
}

/** What compresses values of a kind best. */
function codecOf({ path, column: { kind } }: StoreColumn): string {
  if (kind === "time") return " CODEC(Delta, ZSTD(1))";
  return MANY.has(path) || kind === "ip" || kind === "texts" ? " CODEC(ZSTD(1))" : "";
}

/** In a line of ndjson. */
const TYPES_IN_JSON: Readonly<Record<Kind, string>> = {
  text: "Nullable(String)",
  word: "Nullable(String)",
  identity: "Nullable(String)",
  ip: "Nullable(String)",
  integer: "Nullable(UInt64)",
  duration: "Nullable(UInt64)",
  time: "Nullable(String)",
  boolean: "Nullable(Bool)",
  texts: "Array(String)",
};

function quotedName(name: string): string {
  return /^[a-z_]+$/.test(name) ? name : `\`${name}\``;
}

/** The type of a whole line: it is taken apart once. */
function tupleOf(tree: NativeTree): string {
  const members = [...tree].map(([name, node]) => {
    if (isTree(node)) return `${quotedName(name)} ${tupleOf(node)}`;
    const { kind } = node;
    return `${quotedName(name)} ${kind === "counts" ? "String" : TYPES_IN_JSON[kind]}`;
  });
  return `Tuple(${members.join(", ")})`;
}

function extracted({ name, path, isRequired, column: { kind } }: StoreColumn): string {
  const value = ["fields", ...path.split(".").map(quotedName)].join(".");
  if (kind === "time") {
    const time = `parseDateTime64BestEffortOrNull(${value}, 6, 'UTC')`;
    return `${isRequired ? `assumeNotNull(${time})` : time} AS ${name}`;
  }
  return `${isRequired && kind !== "texts" ? `ifNull(${value}, '')` : value} AS ${name}`;
}

function quotedText(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

function columnLines(): string[] {
  const derived = derivedColumns(CLICKHOUSE).map(({ name, kind, isRequired, summary, sql }) => {
    const type = kind === "time" ? TIME : kind === "integer" ? "UInt64" : "String";
    const whole = isRequired ? type : `Nullable(${type})`;
    return `    ${name} ${whole} DEFAULT ${sql} COMMENT ${quotedText(summary)}`;
  });
  const stored = storeColumns().map((column) => {
    const { name, column: { field: { summary }, note } } = column;
    const comment = quotedText(note === undefined ? summary : `${summary} (${note})`);
    return `    ${name} ${typeOf(column)} COMMENT ${comment}${codecOf(column)}`;
  });
  return [...stored, ...derived];
}

const IS_CONNECTION =
  "JSONExtractString(line, 'event', 'dataset') = 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL";
const IS_REPORT =
  "JSONExtractString(line, 'event', 'module') = 'connscribe' AND JSONExtractString(line, 'event', 'dataset') <> 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL";

/** The statements, as text with a line feed at its end. */
export function clickhouseSchema(): string {
  const columns = columnLines().join(",\n");
  const extractions = storeColumns().map((column) => `    ${extracted(column)}`).join(",\n");
  return `-- Made of connscribe's mapping table by \`deno task schema\`: see docs/FLEET.md.

CREATE DATABASE IF NOT EXISTS connscribe;

-- Lines of ndjson go in here as they are, and nothing stays: the views below take what they want.
CREATE TABLE IF NOT EXISTS connscribe.landing (line String) ENGINE = Null;

-- Each event once: of rows with the same key one stays. A part of the key is what the questions ask for; all of it
-- follows from the event, so that an event which comes twice has the same key and the same partition.
CREATE TABLE IF NOT EXISTS connscribe.connections
(
${columns}
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(moment)
ORDER BY (toStartOfHour(moment), to_host, from_host, moment, event_id)
TTL toDateTime(moment) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_connections TO connscribe.connections AS
WITH JSONExtract(line, ${quotedText(tupleOf(treeOf(connectionFields())))}) AS fields
SELECT
${extractions}
FROM connscribe.landing
WHERE ${IS_CONNECTION};

-- Reports on the runs: what each host could see, and what was lost.
CREATE TABLE IF NOT EXISTS connscribe.reports
(
    timestamp ${TIME},
    event_id String,
    event_action LowCardinality(String),
    host_id LowCardinality(String),
    host_name LowCardinality(String),
    line String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (host_id, timestamp, event_id)
TTL toDateTime(timestamp) + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_reports TO connscribe.reports AS
SELECT
    assumeNotNull(parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC')) AS timestamp,
    JSONExtractString(line, 'event', 'id') AS event_id,
    JSONExtractString(line, 'event', 'action') AS event_action,
    JSONExtractString(line, 'host', 'id') AS host_id,
    JSONExtractString(line, 'host', 'name') AS host_name,
    line
FROM connscribe.landing
WHERE ${IS_REPORT};

-- Lines that are neither, such as the torn one at the end of a log: nothing is lost in silence.
CREATE TABLE IF NOT EXISTS connscribe.malformed
(
    loaded DateTime('UTC') DEFAULT now('UTC'),
    line String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(loaded)
ORDER BY loaded
TTL loaded + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_malformed TO connscribe.malformed AS
SELECT line
FROM connscribe.landing
WHERE line <> '' AND NOT (${IS_CONNECTION}) AND NOT (${IS_REPORT});

-- What to ask: each event once also while parts are not merged yet. An event is in one partition only.
CREATE VIEW IF NOT EXISTS connscribe.events AS
SELECT * FROM connscribe.connections FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Hour by hour, who connected to whom how often, for longer than the events are kept. A sum would count an event that
-- comes twice twice. So the state knows the events, by a hash, and the count of each: what comes again changes nothing.
CREATE TABLE IF NOT EXISTS connscribe.hourly_states
(
    hour DateTime('UTC'),
    to_host String,
    to_ip String,
    from_host String,
    from_ip String,
    counts AggregateFunction(maxMap, Map(UInt64, UInt64))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, to_host, to_ip, from_host, from_ip)
TTL hour + INTERVAL 2 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.connections_hourly TO connscribe.hourly_states AS
SELECT
    toStartOfHour(connections.moment) AS hour,
    connections.to_host AS to_host,
    ifNull(connections.to_ip, '') AS to_ip,
    connections.from_host AS from_host,
    ifNull(connections.from_ip, '') AS from_ip,
    maxMapState(map(sipHash64(event_id), connection_count)) AS counts
FROM connscribe.connections
WHERE connection_count > 0 AND connections.to_host <> '' AND connections.from_host <> ''
GROUP BY hour, to_host, to_ip, from_host, from_ip;

CREATE VIEW IF NOT EXISTS connscribe.hourly AS
SELECT hour, to_host, to_ip, from_host, from_ip, arraySum(mapValues(maxMapMerge(counts))) AS connection_count
FROM connscribe.hourly_states
GROUP BY hour, to_host, to_ip, from_host, from_ip;
`;
}
