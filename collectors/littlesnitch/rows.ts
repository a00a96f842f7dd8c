/**
 * Records of the rows of `littlesnitch log-traffic`. A row sums up one interval: its counters are what has
 * come since the row before, so records of the same group add up.
 */
import type { Connection, HostIdentity, Outcome } from "../../lib/connection.ts";
import type { RowSum } from "../../lib/scan/row_sums.ts";
import { ByteCache } from "./byte_cache.ts";
import type { ColumnName, Columns } from "./columns.ts";
import type { CsvRow } from "./csv_row.ts";
import { type Group, Groups } from "./groups.ts";
import { parseCount, parseDate } from "./values.ts";
import type { Mutable } from "../../lib/mutable.ts";

/** Columns that count, and the field of the record that each of them fills. */
const COUNTS = [
  ["connectCount", "count"],
  ["denyCount", "denied"],
  ["byteCountIn", "bytesIn"],
  ["byteCountOut", "bytesOut"],
] as const satisfies readonly (readonly [ColumnName, keyof Connection])[];

/** Makes records of the rows under one header. */
export class TrafficRows {
  readonly #host: HostIdentity;
  readonly #columns: Columns;
  readonly #groups: Groups;
  /** Many rows in a row have the same date. */
  readonly #dates = new ByteCache<number>();

  /** @param amountsOnly Whether the ids of the records are left empty. */
  constructor(host: HostIdentity, columns: Columns, amountsOnly = false) {
    this.#host = host;
    this.#columns = columns;
    this.#groups = new Groups(host, columns, amountsOnly);
  }

  /** When the row was, microseconds since the epoch; `NaN` where that is not to be read. */
  time(row: CsvRow): number {
    const { date } = this.#columns.of;
    return this.#dates.get(row.bytes, row.start(date), row.end(date), parseDate);
  }

  /** Whether there is a record of the row, if its date and its counters are sound. */
  isSound(row: CsvRow): boolean {
    return row.length === this.#columns.width && this.#groups.has(row);
  }

  /** The group of a row, which is not remembered; undefined where a field is not what it should be. */
  group(row: CsvRow): Group | undefined {
    return this.#groups.make(row);
  }

  /**
   * The record of several rows of a group, which has all counters. Either all of them have denied some, or
   * none; and unless only amounts are asked for, either all have let connections through, or none.
   */
  summary(group: Group, { numbers, first, last, rows }: RowSum): Connection {
    const [connects, denied, bytesIn, bytesOut] = numbers;
    const record = this.#recordOf(group, first, outcomeOf(connects, denied));
    record.last = last;
    record.count = connects + denied;
    record.denied = denied;
    record.bytesIn = bytesIn;
    record.bytesOut = bytesOut;
    record.records = rows;
    return record;
  }

  /** A record without what its rows tell by themselves. */
  #recordOf(group: Group, time: number, outcome: Outcome): Mutable<Connection> {
    const { fields } = group;
    const record: Mutable<Connection> = {
      id: idOf(group, time),
      event: "summary",
      time,
      first: time,
      outcome,
      direction: fields.direction,
      local: fields.local,
      attribution: fields.attribution,
      collector: "littlesnitch",
      host: this.#host,
    };
    if (fields.protocol !== undefined) record.protocol = fields.protocol;
    if (fields.protocolNumber !== undefined) record.protocolNumber = fields.protocolNumber;
    if (fields.ipVersion !== undefined) record.ipVersion = fields.ipVersion;
    if (fields.remote !== undefined) record.remote = fields.remote;
    if (fields.process !== undefined) record.process = fields.process;
    if (fields.attributionReason !== undefined) record.attributionReason = fields.attributionReason;
    return record;
  }

  /** The record of a row; undefined where any of its fields is not what it should be. */
  record(row: CsvRow): Connection | undefined {
    const { of, width } = this.#columns;
    if (row.length !== width) return undefined;
    const time = this.time(row);
    const group = this.#groups.of(row);
    if (isNaN(time) || group === undefined) return undefined;
    const record = this.#recordOf(group, time, "unknown");
    for (const [name, field] of COUNTS) {
      const column = of[name];
      if (row.isEmpty(column)) continue;
      const count = parseCount(row.bytes, row.start(column), row.end(column));
      if (isNaN(count)) return undefined;
      record[field] = count;
    }
    record.outcome = outcomeOf(record.count, record.denied);
    // The column counts those that were let through alone.
    if (record.count !== undefined) record.count += record.denied ?? 0;
    return record;
  }
}

/** The same for the same group and time on every run. */
function idOf({ prefix }: Group, time: number): string {
  return prefix === "" ? "" : `${prefix}-${(time / 1e6).toString(36)}`;
}

/**
 * Attempts may have been both let through and denied in the interval: then some were established.
 *
 * @param count Those that were let through.
 */
function outcomeOf(count: number | undefined, denied: number | undefined): Outcome {
  if (count !== undefined && count > 0) return "established";
  return count === 0 && denied !== undefined && denied > 0 ? "denied" : "unknown";
}
