/** The columns of Zeek's conn.log, with what a record knows of them. */
import { type Column, columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import type { WriteLine } from "./line_bytes.ts";

/** Names and types as Zeek has them, in its order (scripts/base/protocols/conn/main.zeek). */
const CONN_LOG: readonly (readonly [name: string, type: string])[] = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["service", "string"],
  ["duration", "interval"],
  ["orig_bytes", "count"],
  ["resp_bytes", "count"],
  ["conn_state", "string"],
  ["local_orig", "bool"],
  ["local_resp", "bool"],
  ["missed_bytes", "count"],
  ["history", "string"],
  ["orig_pkts", "count"],
  ["orig_ip_bytes", "count"],
  ["resp_pkts", "count"],
  ["resp_ip_bytes", "count"],
  ["tunnel_parents", "set[string]"],
  ["ip_proto", "count"],
  // policy/protocols/conn/community-id-logging.zeek
  ["community_id", "string"],
  // Which sensor it was, as RITA reads it.
  ["agent_hostname", "string"],
  ["agent_uuid", "string"],
];

/** A column of conn.log. */
export interface ZeekColumn {
  readonly name: string;
  /** The type that Zeek gives it. */
  readonly type: string;
  /** Absent where no record knows it. */
  readonly column: Column | undefined;
}

const KNOWN = columnsOf(FIELDS, "zeek");

/** All columns, in Zeek's order. */
export function zeekColumns(): readonly ZeekColumn[] {
  const known = new Map(KNOWN.map((column) => [column.name, column]));
  return CONN_LOG.map(([name, type]) => ({ name, type, column: known.get(name) }));
}

/** The columns that records know, in Zeek's order, and behind them what only JSON has. */
export function zeekMembers(): readonly Column[] {
  const columns = new Set(zeekColumns().flatMap(({ column }) => column ?? []));
  return [...columns, ...KNOWN.filter((column) => !columns.has(column))];
}

/**
 * Leaves out records without any address: to who reads conn.log, an address is what a connection begins with, and
 * names have no column.
 */
export function withAnAddress(write: WriteLine): WriteLine {
  return (connection, into, at) => {
    const { local, remote } = connection;
    return local.ip === undefined && remote?.ip === undefined ? at : write(connection, into, at);
  };
}

/** Microseconds as seconds with six decimals. */
export function zeekSeconds(microseconds: number): string {
  const digits = String(Math.abs(microseconds)).padStart(7, "0");
  const sign = microseconds < 0 ? "-" : "";
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
