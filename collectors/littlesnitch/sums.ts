/**
 * Sums up rows of the traffic log where they are read: of millions of rows, few hundred kinds become
 * records. A row of a new kind is read as any other; from then on, rows that are the same but for date and
 * counters are recognized by their bytes and added up.
 */
import type { CollectorCounters } from "../../lib/collector.ts";
import type { Connection } from "../../lib/connection.ts";
import { RowSums, type Stop } from "../../lib/scan/row_sums.ts";
import type { Columns } from "./columns.ts";
import { CsvReader } from "./csv.ts";
import type { CsvRow } from "./csv_row.ts";
import type { Group } from "./groups.ts";
import { KeyRows } from "./key_rows.ts";
import type { TrafficRows } from "./rows.ts";

const LINE_FEED = 0x0a;

/** Records that are made at a time. By their times, batches tell whoever sums them up that a window is over. */
const BATCH = 1024;

/** The same, of one window: so few that most are gone when the garbage collector looks. */
const BATCH_OF_ONE_WINDOW = 128;

/** A row that has begun waits for its end, unless it is longer. */
const MAX_REST = 16 * 1024;

/** Groups that are kept as objects, at most. */
const MAX_KEPT = 4096;

const NOTHING = new Uint8Array();

/** Length of a date and its comma. */
const DATE_BYTES = 21;

/** Length of a day, microseconds. */
const DAY = 86_400_000_000;

/** What {@linkcode TrafficSums} work with. */
export interface TrafficSumsOptions {
  readonly columns: Columns;
  readonly rows: TrafficRows;
  /** Rows that are added up count here, as read and as folded. */
  readonly counters: CollectorCounters;
  /** Rows of other times are passed over, microseconds since the epoch, half open. */
  readonly begin?: number | undefined;
  readonly end?: number | undefined;
  /** Length of a window, microseconds, aligned to the epoch; 0: all is one window. */
  readonly foldUs: number;
  /** What was let through need not be told apart by whether it connected. */
  readonly amountsOnly?: boolean | undefined;
  /** Takes out the records of rows that are not added up. */
  readonly taken: () => Connection[];
}

/** Sums of one stream. */
export class TrafficSums {
  readonly #options: TrafficSumsOptions;
  readonly #sums: RowSums;
  /** The rows that groups were learned from. */
  #keys = new KeyRows();
  /** Groups that were made of them: only the first, because the rows take less room. */
  #groups: Group[] = [];
  /** Reads the rows again. */
  readonly #again: CsvReader;
  #made: Group | undefined;
  /** Why the scan has stopped at the row that is being read; undefined where it has not looked at it. */
  #stop: Stop | undefined;
  /** Whether that row can be added up now. */
  #known = false;
  #from = 0;
  /** A row that has begun, up to the end of what was read. */
  #rest: Uint8Array = NOTHING;
  #day: number | undefined;
  #windowEnd = -Infinity;
  /** Rows and groups that are counted. */
  #rowsCounted = 0;
  #groupsCounted = 0;

  /** Undefined where the columns are not in the order in which Little Snitch writes them. */
  static of(options: TrafficSumsOptions): TrafficSums | undefined {
    const { of, width } = options.columns;
    const first = of.connectCount;
    const isUsual = of.date === 0 && first >= 2 && of.denyCount === first + 1 &&
      of.byteCountIn === first + 2 && of.byteCountOut === first + 3 && width > first + 4;
    return isUsual ? new TrafficSums(options, first - 1) : undefined;
  }

  private constructor(options: TrafficSumsOptions, headFields: number) {
    const { begin = -Infinity, end = Infinity, foldUs, amountsOnly = false } = options;
    this.#options = options;
    this.#sums = new RowSums({ headFields, ignoresFirst: amountsOnly, begin, end });
    const { rows } = options;
    this.#again = new CsvReader({
      row: (row) => this.#made = rows.group(row),
      dropped: () => {},
    });
    if (foldUs > 0) return;
    this.#windowEnd = Infinity;
    this.#sums.setWindow(-Infinity, Infinity);
  }

  /**
   * Adds up what is known of the next bytes, and passes the other rows on to the reader. Yields the windows
   * that have ended, all sums where there are too many, and the records of rows that are not added up.
   */
  *read(chunk: Uint8Array, csv: CsvReader): Generator<Connection[]> {
    let at = 0;
    if (this.#rest.length > 0) {
      const lineFeed = chunk.indexOf(LINE_FEED);
      at = lineFeed < 0 ? chunk.length : lineFeed + 1;
      const row = new Uint8Array(this.#rest.length + at);
      row.set(this.#rest);
      row.set(chunk.subarray(0, at), this.#rest.length);
      yield* this.#readAll(row, csv);
    }
    if (at < chunk.length) yield* this.#readAll(chunk.subarray(at), csv);
    this.#count();
    const own = this.#options.taken();
    // No record comes before the sums of an earlier window: by it that would be taken for whole.
    if (own.some(({ time }) => time >= this.#windowEnd)) yield* this.give(own);
    else if (own.length > 0) yield own;
  }

  /** The stream has ended: passes on to the reader what has no line feed. */
  end(csv: CsvReader): void {
    csv.push(this.#rest);
    this.#rest = NOTHING;
  }

  /** Gives out all sums, and the records of rows that are not added up. */
  *give(own = this.#options.taken()): Generator<Connection[]> {
    this.#count();
    const { rows, foldUs } = this.#options;
    const most = foldUs > 0 ? BATCH : BATCH_OF_ONE_WINDOW;
    let batch: Connection[] = [];
    for (const sum of this.#sums.take()) {
      const group = this.#groups[sum.group] ?? this.#make(sum.group);
      if (group !== undefined) batch.push(rows.summary(group, sum));
      if (batch.length < most) continue;
      yield batch;
      batch = [];
    }
    this.#groupsCounted = 0;
    const rest = [...batch, ...own];
    if (rest.length > 0) yield rest;
  }

  /** Whether the row that is being read needs no record of its own. */
  takes(row: CsvRow): boolean {
    const stop = this.#stop;
    this.#stop = undefined;
    this.#known = false;
    if (stop === "unknown") this.#known = this.#learn(row);
    // It may have been left alone only because it is the first of its day.
    else if (stop === "untaken") this.#known = this.#begins(row);
    return this.#known;
  }

  #make(number: number): Group | undefined {
    this.#made = undefined;
    this.#again.push(this.#keys.row(number));
    if (this.#made !== undefined && number < MAX_KEPT) this.#groups[number] = this.#made;
    return this.#made;
  }

  *#readAll(chunk: Uint8Array, csv: CsvReader): Generator<Connection[]> {
    const { inputBytes } = this.#sums;
    this.#rest = NOTHING;
    let at = 0;
    let isLast = false;
    while (!isLast) {
      isLast = at + inputBytes >= chunk.length;
      at += yield* this.#read(chunk.subarray(at, at + inputBytes), csv);
    }
    this.#rest = chunk.slice(at);
  }

  /** Returns how many bytes were read: all but a row that has begun. */
  *#read(chunk: Uint8Array, csv: CsvReader): Generator<Connection[], number> {
    const sums = this.#sums;
    sums.load(chunk);
    let at = 0;
    while (at < chunk.length) {
      if (csv.isBetweenRows) {
        this.#stop = sums.scan(at, chunk.length);
        at = sums.at;
        if (at >= chunk.length) break;
        if (this.#stop === "outside") {
          yield* this.#nextWindow(sums.time);
          continue;
        }
        if (sums.isFull) yield* this.#forget();
        this.#from = at;
      } else this.#stop = undefined;
      const lineFeed = chunk.indexOf(LINE_FEED, at);
      if (lineFeed < 0 && chunk.length - at < MAX_REST && csv.isBetweenRows) break;
      const next = lineFeed < 0 ? chunk.length : lineFeed + 1;
      this.#known = false;
      csv.push(chunk.subarray(at, next));
      if (!this.#known) at = next;
    }
    this.#stop = undefined;
    return at;
  }

  *#forget(): Generator<Connection[]> {
    yield* this.give();
    this.#keys = new KeyRows();
    this.#groups = [];
    this.#sums.forget();
  }

  *#nextWindow(time: number): Generator<Connection[]> {
    const { foldUs } = this.#options;
    yield* this.give();
    const start = Math.floor(time / foldUs) * foldUs;
    this.#windowEnd = start + foldUs;
    this.#sums.setWindow(start, this.#windowEnd);
  }

  #learn(row: CsvRow): boolean {
    const sums = this.#sums;
    const { numbers: [connects, denies, bytesIn, bytesOut], tail, length } = sums.parts;
    const { base } = row;
    const { connectCount } = this.#options.columns.of;
    // What the scan took for numbers must be the counters: a quoted field may hold commas.
    const isSame = row.size === length && row.start(connectCount) - base === connects &&
      row.start(connectCount + 1) - base === denies &&
      row.start(connectCount + 2) - base === bytesIn &&
      row.start(connectCount + 3) - base === bytesOut &&
      row.end(connectCount + 3) - base === tail - 1;
    if (!isSame || !this.#options.rows.isSound(row)) return false;
    // Numbered as the groups are.
    this.#keys.add(
      row.bytes.subarray(base + DATE_BYTES, base + connects - 1),
      row.bytes.subarray(base + tail, base + length),
    );
    sums.learn();
    return true;
  }

  #begins(row: CsvRow): boolean {
    const time = this.#options.rows.time(row);
    const day = Math.floor(time / DAY);
    if (isNaN(day) || day === this.#day) return false;
    this.#day = day;
    this.#sums.setDay(this.#from, time);
    return true;
  }

  #count(): void {
    const { taken, size } = this.#sums;
    const { counters } = this.#options;
    const rows = taken - this.#rowsCounted;
    counters.read += rows;
    counters.folded = (counters.folded ?? 0) + rows - (size - this.#groupsCounted);
    this.#rowsCounted = taken;
    this.#groupsCounted = size;
  }
}
