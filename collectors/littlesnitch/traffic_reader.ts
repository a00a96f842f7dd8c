/** Records of a stream of bytes that is the CSV of `littlesnitch log-traffic`. */
import type { CollectorCounters } from "../../lib/collector.ts";
import type { Connection, HostIdentity } from "../../lib/connection.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { type CsvFault, CsvReader } from "./csv.ts";
import type { CsvRow } from "./csv_row.ts";
import { TrafficRows } from "./rows.ts";

/** What a {@linkcode TrafficReader} needs. */
export interface TrafficReaderOptions {
  readonly host: HostIdentity;
  /** Rows count here. */
  readonly counters: CollectorCounters;
  /** Rows of other times are passed over, and not counted. Microseconds since the epoch, half open. */
  readonly begin?: number | undefined;
  readonly end?: number | undefined;
  /** Told of the columns, once. */
  readonly onColumns: (columns: Columns) => void;
  /**
   * Shown each line that is neither header nor record. Returns whether it was something else than a row,
   * and so does not count; it may also throw, which ends the reading.
   */
  readonly onOther: (line: string) => boolean;
}

/** Characters of a line that are shown. */
const SHOWN = 1000;

const decoder = new TextDecoder();

/** Reads one stream. */
export class TrafficReader {
  readonly #options: TrafficReaderOptions;
  readonly #csv: CsvReader;
  #rows: TrafficRows | undefined;
  #records: Connection[] = [];

  constructor(options: TrafficReaderOptions) {
    this.#options = options;
    this.#csv = new CsvReader({
      row: (row) => this.#row(row),
      dropped: (fault, line) => this.#other(fault, decoder.decode(line.subarray(0, SHOWN))),
    });
  }

  /** Whether the header has been read. */
  get hasHeader(): boolean {
    return this.#rows !== undefined;
  }

  /** The records of the rows that end in this chunk. Throws what `onOther` throws. */
  read(chunk: Uint8Array): Connection[] {
    this.#csv.push(chunk);
    return this.#taken();
  }

  /**
   * The records after the last line feed, at the end of the stream. Throws what `onOther` throws.
   *
   * @param whole Whether the stream has come to its true end; else a row without a line feed is torn.
   */
  end(whole: boolean): Connection[] {
    this.#csv.end(whole);
    return this.#taken();
  }

  #taken(): Connection[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #row(row: CsvRow): void {
    if (this.#rows === undefined) return this.#header(row);
    const record = this.#rows.record(row);
    if (record === undefined) return this.#other("malformed", row.raw().slice(0, SHOWN));
    const { begin = -Infinity, end = Infinity, counters } = this.#options;
    if (record.time < begin || record.time >= end) return;
    counters.read++;
    this.#records.push(record);
  }

  #header(row: CsvRow): void {
    const columns = columnsOf(row);
    if (columns === undefined) return this.#other("malformed", row.raw().slice(0, SHOWN));
    this.#rows = new TrafficRows(this.#options.host, columns);
    this.#options.onColumns(columns);
  }

  #other(fault: CsvFault, line: string): void {
    if (this.#options.onOther(line)) return;
    const { counters } = this.#options;
    counters.read++;
    counters.dropped[fault] = (counters.dropped[fault] ?? 0) + 1;
  }
}
