/**
 * What `query` and `hourly` know of a record besides its fields, as SQL over the flat columns: who connected to
 * whom, when it counts, and how many connections it tells of. The same as lib/query/{hosts,question,names}.ts
 * and, of which end is which, collectors/files/connscribe_ndjson_record.ts say.
 */

/** How a database says what not all say alike. */
export interface SqlDialect {
  /** Letters of ASCII in lower case, all else as it is. */
  lower(text: string): string;
  /** A time, a microsecond earlier. */
  before(time: string): string;
}

/** A column that is computed. */
export interface DerivedColumn {
  readonly name: string;
  /** What it says, without a full stop. */
  readonly summary: string;
  readonly kind: "time" | "text" | "integer";
  /** Whether there is always a value. */
  readonly isRequired: boolean;
  /** May name columns that stand before it. */
  readonly sql: string;
}

/** A socket without a peer has only a destination: that is this end, and who asks for it. */
const ALONE = [
  "connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary'",
  "AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL",
  "AND source_bytes IS NULL AND source_packets IS NULL",
  "AND (connscribe_direction = 'unknown'",
  "OR event_action IN ('connection_accepted', 'port_closed', 'port_listening'))",
].join(" ");

const INWARD = "coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress')";

/** Of a connection that was told when it began, its end counts no more. */
const COUNT = [
  "CASE WHEN connscribe_event = 'summary' THEN coalesce(connscribe_count, 1)",
  "WHEN connscribe_event = 'open' THEN 1",
  "WHEN connscribe_event <> 'close' THEN 0",
  "WHEN connscribe_collector IN ('zeek', 'zeek-json') THEN 1",
  "WHEN event_start IS NULL AND connscribe_preexisting IS NULL AND connscribe_collector <> 'conntrack' THEN 1",
  "ELSE 0 END",
].join(" ");

/** A name without regard to case and to the dot of the root. */
function plain(name: string, { lower }: SqlDialect): string {
  return `CASE WHEN length(${name}) > 1 AND right(${name}, 1) = '.' THEN ${
    lower(`left(${name}, length(${name}) - 1)`)
  } ELSE ${lower(name)} END`;
}

/** The columns, in an order in which each can be computed. */
export function derivedColumns(dialect: SqlDialect): readonly DerivedColumn[] {
  const own = {
    from:
      `CASE WHEN ${INWARD} THEN source_domain WHEN ${ALONE} THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END`,
    to:
      `CASE WHEN ${INWARD} THEN coalesce(destination_domain, host_name) WHEN ${ALONE} THEN NULL ELSE destination_domain END`,
  };
  return [
    {
      name: "moment",
      summary: "When the record counts: a summary within its window, which ends before its end",
      kind: "time",
      isRequired: true,
      sql: `CASE WHEN connscribe_event = 'summary' AND event_end = timestamp THEN ${
        dialect.before("timestamp")
      } ELSE timestamp END`,
    },
    {
      name: "from_name",
      summary: "Name of the host that connected, in lower case and without a dot at its end",
      kind: "text",
      isRequired: false,
      sql: plain(`(${own.from})`, dialect),
    },
    {
      name: "from_ip",
      summary: "Its address",
      kind: "text",
      isRequired: false,
      sql: `CASE WHEN ${ALONE} THEN destination_ip ELSE source_ip END`,
    },
    {
      name: "to_name",
      summary: "Name of the host that was connected to, as that",
      kind: "text",
      isRequired: false,
      sql: plain(`(${own.to})`, dialect),
    },
    {
      name: "to_ip",
      summary: "Its address",
      kind: "text",
      isRequired: false,
      sql: `CASE WHEN ${ALONE} THEN NULL ELSE destination_ip END`,
    },
    {
      name: "from_host",
      summary: "What answers call who connected: the name, else the address, else nothing",
      kind: "text",
      isRequired: true,
      sql: "coalesce(from_name, from_ip, '')",
    },
    {
      name: "to_host",
      summary: "What answers call who was connected to",
      kind: "text",
      isRequired: true,
      sql: "coalesce(to_name, to_ip, '')",
    },
    {
      name: "connection_count",
      summary: "How many connections the record tells of: each is counted once",
      kind: "integer",
      isRequired: true,
      sql: COUNT,
    },
  ];
}
