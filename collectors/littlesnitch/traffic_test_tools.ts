/** Reads the traffic log for tests. */
import type { CollectorCounters } from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Columns } from "./columns.ts";
import { TrafficReader, type TrafficReaderOptions } from "./traffic_reader.ts";

/** The header as Little Snitch writes it. */
export const HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn," +
  "byteCountOut,connectingExecutable,parentAppExecutable";

/** A row; what is not given is as here. */
export function rowOf(
  fields:
    & Partial<Record<"date" | "direction" | "uid" | "ip" | "name" | "protocol" | "port", string>>
    & {
      readonly counts?: string;
      readonly executable?: string;
      readonly parent?: string;
    } = {},
): string {
  const {
    date = "2021-01-02T10:02:00Z",
    direction = "out",
    uid = "501",
    ip = "192.0.2.1",
    name = "example.com",
    protocol = "6",
    port = "443",
    counts = "1,0,20,10",
    executable = '"/bin/a"',
    parent = "",
  } = fields;
  return [date, direction, uid, ip, name, protocol, port, counts, executable, parent].join(",");
}

/** What was read of a stream. */
export interface ReadTraffic {
  readonly records: Connection[];
  readonly counters: CollectorCounters;
  readonly columns: Columns | undefined;
  /** Lines that were neither header nor record. */
  readonly other: string[];
}

/** Reads a text or bytes whole, in chunks of `size` bytes. */
export function readTraffic(
  input: string | Uint8Array,
  options: Partial<TrafficReaderOptions> = {},
  size = 1 << 20,
): ReadTraffic {
  const counters: CollectorCounters = { read: 0, dropped: {}, degraded: {} };
  const other: string[] = [];
  let columns: Columns | undefined;
  const reader = new TrafficReader({
    host: { id: "h", name: "n" },
    counters,
    onColumns: (found) => columns = found,
    onOther: (line) => {
      other.push(line);
      return false;
    },
    ...options,
  });
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const records: Connection[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    records.push(...[...reader.read(bytes.slice(at, at + size))].flat());
  }
  records.push(...[...reader.end(true)].flat());
  return { records, counters, columns, other };
}
