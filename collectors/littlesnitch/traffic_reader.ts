/** Records of a stream of bytes that is the CSV of `littlesnitch log-traffic`. */
import type { CollectorCounters } from "../../lib/collector.ts";
import type { Connection, HostIdentity } from "../../lib/connection.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { type CsvFault, CsvReader } from "./csv.ts";
import type { CsvRow } from "./csv_row.ts";
import { TrafficRows } from "./rows.ts";
import { TrafficSums } from "./sums.ts";

/** What a {@linkcode TrafficReader} needs. */
export interface TrafficReaderOptions {
  readonly host: HostIdentity;
  /** Rows count here. */
  readonly counters: CollectorCounters;
  /** Rows of other times are passed over, and not counted. Microseconds since the epoch, half open. */
  readonly begin?: number | undefined;
  readonly end?: number | undefined;
  /**
   * Sum up rows that differ only in date and counters, in windows of so many microseconds; 0: all is one
   * window. Absent: each row is a record.
   */
  readonly foldUs?: number | undefined;
  /** As in `LittleSnitchOptions`. */
  readonly amountsOnly?: boolean | undefined;
  /** Give out with every chunk what it adds up to: more may be long in coming. */
  readonly stream?: boolean;
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

const LINE_FEED = 0x0a;

const decoder = new TextDecoder();

/** Reads one stream. */
export class TrafficReader {
  readonly #options: TrafficReaderOptions;
  readonly #csv: CsvReader;
  #rows: TrafficRows | undefined;
  #sums: TrafficSums | undefined;
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

  /**
   * The records of the rows that end in this chunk; of those that are summed up, the windows that have
   * ended. Throws what `onOther` throws.
   */
  *read(chunk: Uint8Array): Generator<Connection[]> {
    const { foldUs, stream = false } = this.#options;
    let at = 0;
    // What is summed up comes after the header.
    while (foldUs !== undefined && !this.hasHeader && at < chunk.length) {
      const lineFeed = chunk.indexOf(LINE_FEED, at);
      const next = lineFeed < 0 ? chunk.length : lineFeed + 1;
      this.#csv.push(chunk.subarray(at, next));
      at = next;
    }
    const rest = chunk.subarray(at);
    if (this.#sums !== undefined) yield* this.#sums.read(rest, this.#csv);
    else this.#csv.push(rest);
    if (stream) yield* this.give();
    else if (this.#records.length > 0) yield this.#taken();
  }

  /** The records of what has been summed up so far. */
  *give(): Generator<Connection[]> {
    if (this.#sums !== undefined) yield* this.#sums.give();
    else if (this.#records.length > 0) yield this.#taken();
  }

  /**
   * The records after the last line feed, at the end of the stream. Throws what `onOther` throws.
   *
   * @param whole Whether the stream has come to its true end; else a row without a line feed is torn.
   */
  *end(whole: boolean): Generator<Connection[]> {
    this.#sums?.end(this.#csv);
    this.#csv.end(whole);
    yield* this.give();
  }

  #taken(): Connection[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #row(row: CsvRow): void {
    if (this.#rows === undefined) return this.#header(row);
    if (this.#sums?.takes(row)) return;
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
    const { host, counters, begin, end, foldUs, amountsOnly } = this.#options;
    const rows = new TrafficRows(host, columns, amountsOnly);
    this.#rows = rows;
    if (foldUs !== undefined) {
      const taken = () => this.#taken();
      this.#sums = TrafficSums.of({
        columns,
        rows,
        counters,
        begin,
        end,
        foldUs,
        amountsOnly,
        taken,
      });
    }
    this.#options.onColumns(columns);
  }

  #other(fault: CsvFault, line: string): void {
    if (this.#options.onOther(line)) return;
    const { counters } = this.#options;
    counters.read++;
    counters.dropped[fault] = (counters.dropped[fault] ?? 0) + 1;
  }
}
