/** The sink that renders records as lines and writes them to standard output or to files. */
import { ChainedWriter } from "../chain/chained_writer.ts";
import type { Connection } from "../connection.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Format } from "../formats/format.ts";
import { type WriteLine, writeLineOf } from "../formats/line_bytes.ts";
import type { Ledger } from "../pipeline/stage.ts";
import type { Report } from "../report.ts";
import type { AppendFile, FileEnd, Output } from "../system.ts";
import { ioErrorText, isReaderGone } from "./io_error.ts";
import { type Failure, LineWriter } from "./line_writer.ts";
import type { Sink } from "./sink.ts";
import { type LineTarget, NoRoomError } from "./target.ts";

/** Lines are written in pieces of at most this many bytes; a longer line is a piece of its own. */
const PIECE_SIZE = 65_536;

/** How a sink may differ. */
export interface LineSinkOptions {
  /** Whether to write the format's head lines; a file has them only when it is empty. Default: true. */
  readonly header?: boolean;
  /** Whether a record counts as emitted only when it is on the disk. Default: false. */
  readonly syncsRecords?: boolean;
  /** Waits for some milliseconds while the output takes nothing. */
  readonly pause?: (ms: number) => void;
}

/**
 * Writes each batch at once, in whole lines. When the reader goes away it closes in silence. Any other
 * error is said once until writing works again, and every batch is a new attempt.
 */
export class LineSink implements Sink {
  readonly #target: LineTarget;
  readonly #format: Format;
  readonly #writeLine: WriteLine;
  readonly #ledger: Ledger | undefined;
  readonly #diag: Diag;
  readonly #options: LineSinkOptions;
  readonly #encoder = new TextEncoder();
  /** The output that was written to last, and its writer. */
  #output: Output | AppendFile | undefined;
  #writer: Pick<LineWriter, "write"> | undefined;
  /** How many bytes of lines are written together at most. */
  readonly #pieceSize: number;
  /** Lines that are written together: their bytes, and how many bytes and lines there are. */
  readonly #piece = new Uint8Array(PIECE_SIZE);
  #size = 0;
  #lines = 0;
  /** Records of the batch that the format has nothing to say of. */
  #unsaid = 0;
  /** Head lines of the output that are still to be written. */
  #head = "";
  /** Records that were written and do not count as emitted yet. */
  #unsynced = 0;
  #closed = false;
  #lost = 0;
  #untold = 0;
  /** While writing fails: the count of lost records when that began. */
  #lostBefore: number | undefined;
  /** Why records were lost last. */
  #reason: "io" | "disk_full" = "io";
  #isUnsure = false;

  /**
   * @param target Where the lines go; the sink closes it.
   * @param ledger Where records are counted. Of several sinks that are given the same records only the
   * first has one, so that each record counts once.
   */
  constructor(
    target: LineTarget,
    format: Format,
    ledger: Ledger | undefined,
    diag: Diag,
    options: LineSinkOptions = {},
  ) {
    this.#target = target;
    this.#format = format;
    this.#writeLine = writeLineOf(format);
    this.#ledger = ledger;
    this.#diag = diag;
    this.#options = options;
    this.#pieceSize = Math.min(target.pieceSize ?? PIECE_SIZE, PIECE_SIZE);
    // At once: what it asks of a file may not be permitted any more later on (`dropPermissions`).
    try {
      this.#begin(target.open(0));
    } catch (error) {
      this.#note({ error, lines: 0 });
    }
  }

  get name(): string {
    return this.#target.name;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lost(): number {
    return this.#lost;
  }

  get untold(): number {
    return this.#untold;
  }

  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  write(batch: readonly Connection[]): void {
    let works = !this.#closed && this.#open(0) !== undefined;
    this.#unsaid = 0;
    let i = 0;
    for (; works && i < batch.length; i++) {
      const connection = batch[i];
      if (connection !== undefined) works = this.#add(connection);
    }
    if (works) this.#writePiece();
    this.#untold += this.#unsaid;
    if (this.#ledger !== undefined) this.#ledger.filtered += this.#unsaid;
    this.#drop(batch.length - i);
    this.#settle();
  }

  report(report: Report): boolean {
    const line = this.#format.report?.(report) ?? "";
    if (line === "" || this.#closed) return line !== "";
    const bytes = this.#encoder.encode(line);
    const writer = this.#open(bytes.length);
    let isWritten = false;
    if (writer !== undefined) {
      const failure = writer.write(bytes);
      isWritten = failure === undefined || failure.lines > 0;
      this.#note(failure);
    }
    if (!isWritten && !this.#closed) this.#lost++;
    return true;
  }

  flush(): void {
    // Nothing is kept back between batches.
  }

  tick(): void {
    if (this.#closed) return;
    try {
      this.#target.tick();
    } catch (error) {
      this.#doubt(error);
    }
  }

  reopen(): void {
    this.#target.reopen();
  }

  sync(): FileEnd | undefined {
    if (this.#closed) throw new ExitError(EXIT.io, `${this.name} takes nothing any more`);
    if (this.#lost > 0) {
      throw new ExitError(EXIT.io, `${this.name} has not taken all: ${lostText(this.#lost)}`);
    }
    if (this.#isUnsure) {
      throw new ExitError(EXIT.io, `${this.name} could not be made sure of before`);
    }
    try {
      return this.#target.sync();
    } catch (error) {
      throw new ExitError(EXIT.io, unsureText(this.name, error));
    }
  }

  committed(): void {
    try {
      this.#target.committed?.();
    } catch (error) {
      this.#doubt(error);
    }
  }

  close(): void | Promise<void> {
    this.#closed = true;
    if (this.#lostBefore !== undefined) {
      const count = this.#lost - this.#lostBefore;
      this.#diag.say("error", `${this.name} could not be written to the end: ${lostText(count)}`);
      this.#lostBefore = undefined;
    }
    const fail = (error: unknown) => {
      this.#isUnsure = true;
      this.#diag.say("error", `cannot close ${this.name}: ${ioErrorText(error)}`);
    };
    try {
      return this.#target.close()?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /**
   * The writer for the next so many bytes, behind the head lines where the output has just been begun;
   * undefined where it cannot be written to.
   */
  #open(bytes: number): Pick<LineWriter, "write"> | undefined {
    try {
      const output = this.#target.open(bytes);
      if (output !== this.#output) this.#begin(output);
    } catch (error) {
      this.#note({ error, lines: 0 });
      return undefined;
    }
    const writer = this.#writer;
    if (this.#head === "" || writer === undefined) return writer;
    const failure = writer.write(this.#encoder.encode(this.#head), true);
    if (failure === undefined) this.#head = "";
    return this.#note(failure) ? writer : undefined;
  }

  #begin(output: Output | AppendFile): void {
    const { header = true, pause } = this.#options;
    const writer = new LineWriter(output, pause);
    this.#output = output;
    const { chain } = this.#target;
    this.#writer = chain === undefined ? writer : new ChainedWriter(writer, chain);
    this.#head = "size" in output && output.size() > 0 ? "" : this.#headLines(header);
    if (!writer.torn) return;
    this.#diag.say(
      "warning",
      `${this.name} ends in the middle of a line, as after a crash: writing goes on below it`,
    );
  }

  /** What an empty output begins with. */
  #headLines(hasHeader: boolean): string {
    const { beginning } = this.#target;
    const first = beginning === undefined ? "" : this.#format.report?.(beginning) ?? "";
    return hasHeader ? (this.#format.header ?? "") + first : first;
  }

  /** Adds the line of a record to the piece, which is written when it is full. Returns whether it works. */
  #add(connection: Connection): boolean {
    let end = this.#writeLine(connection, this.#piece, this.#size);
    if (end > this.#pieceSize && this.#size > 0) {
      if (!this.#writePiece()) {
        this.#drop(1);
        return false;
      }
      end = this.#writeLine(connection, this.#piece, 0);
    }
    if (end > PIECE_SIZE) return this.#writeLong(connection, end);
    if (end === this.#size) this.#unsaid++;
    else this.#lines++;
    this.#size = end;
    return true;
  }

  /** Writes the line of a record that is too long for a piece. Returns whether it works. */
  #writeLong(connection: Connection, most: number): boolean {
    const bytes = new Uint8Array(most);
    return this.#writeLines(bytes.subarray(0, this.#writeLine(connection, bytes, 0)), 1);
  }

  #writePiece(): boolean {
    const bytes = this.#piece.subarray(0, this.#size);
    const lines = this.#lines;
    this.#size = 0;
    this.#lines = 0;
    return lines === 0 || this.#writeLines(bytes, lines);
  }

  /** Writes lines, one a record, and counts them. Returns whether all were written. */
  #writeLines(bytes: Uint8Array, lines: number): boolean {
    const writer = this.#open(bytes.length);
    if (writer === undefined) {
      this.#drop(lines);
      return false;
    }
    const failure = writer.write(bytes);
    const written = failure === undefined ? lines : failure.lines;
    if (this.#options.syncsRecords) this.#unsynced += written;
    else if (this.#ledger !== undefined) this.#ledger.emitted += written;
    const goesOn = this.#note(failure);
    this.#drop(lines - written);
    return goesOn;
  }

  /** Counts records that were written as emitted once they are on the disk. */
  #settle(): void {
    const count = this.#unsynced;
    if (count === 0) return;
    this.#unsynced = 0;
    try {
      this.#target.sync();
      if (this.#ledger !== undefined) this.#ledger.emitted += count;
    } catch (error) {
      this.#doubt(error);
      this.#drop(count);
    }
  }

  /** Says that what was written may not stay. */
  #doubt(error: unknown): void {
    if (!this.#isUnsure) this.#diag.say("error", unsureText(this.name, error));
    this.#isUnsure = true;
  }

  /** Says that writing fails, or that it works again. Returns whether it works. */
  #note(failure: Failure | undefined): boolean {
    if (failure === undefined) {
      if (this.#lostBefore === undefined) return true;
      const count = this.#lost - this.#lostBefore;
      this.#lostBefore = undefined;
      this.#diag.say("error", `${this.name} can be written again: ${lostText(count)}`);
      return true;
    }
    if (isReaderGone(failure.error)) {
      this.#closed = true;
    } else if (this.#lostBefore === undefined) {
      this.#lostBefore = this.#lost;
      const problem = ioErrorText(failure.error);
      this.#diag.say(
        "error",
        `cannot write to ${this.name}: ${problem}; records are lost and counted until it works again`,
      );
    }
    this.#reason = failure.error instanceof NoRoomError ? "disk_full" : "io";
    return false;
  }

  /** Counts records that were not written. */
  #drop(count: number): void {
    if (count === 0) return;
    if (!this.#closed) this.#lost += count;
    this.#ledger?.drop(this.#closed ? "closed" : this.#reason, count);
  }
}

function lostText(count: number): string {
  return count === 1 ? "1 record was lost" : `${count} records were lost`;
}

function unsureText(name: string, error: unknown): string {
  return `cannot make sure that ${name} is on the disk: ${ioErrorText(error)}`;
}
