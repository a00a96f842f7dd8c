/** The sink that renders records as lines and writes them to standard output or to a file. */
import type { Connection } from "../connection.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Format } from "../formats/format.ts";
import type { Ledger } from "../pipeline/stage.ts";
import type { Report } from "../report.ts";
import type { AppendFile, FileEnd, Output } from "../system.ts";
import { ioErrorText, isReaderGone } from "./io_error.ts";
import { type Failure, LineWriter } from "./line_writer.ts";
import type { Sink } from "./sink.ts";

/** Lines are written in pieces of about this many bytes; a longer line is a piece of its own. */
const PIECE_SIZE = 65_536;

/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const MOST_BYTES = 3;

/** How a sink may differ. */
export interface LineSinkOptions {
  /** Path of the file, for messages; without it they say "standard output". */
  readonly path?: string;
  /** Whether to write the format's head lines; a file has them only when it is empty. Default: true. */
  readonly header?: boolean;
  /** Waits for some milliseconds while the output takes nothing. */
  readonly pause?: (ms: number) => void;
}

/**
 * Writes each batch at once, in whole lines. When the reader goes away it closes in silence. Any other
 * error is said once until writing works again, and every batch is a new attempt.
 */
export class LineSink implements Sink {
  readonly #output: Output | AppendFile;
  readonly #format: Format;
  readonly #ledger: Ledger | undefined;
  readonly #diag: Diag;
  readonly #name: string;
  readonly #writer: LineWriter;
  readonly #encoder = new TextEncoder();
  /** Lines that are written together: their bytes, and how many bytes and lines there are. */
  readonly #piece = new Uint8Array(PIECE_SIZE);
  #size = 0;
  #lines = 0;
  /** Head lines that are still to be written. */
  #header: string;
  #closed = false;
  #lost = 0;
  /** While writing fails: the count of lost records when that began. */
  #lostBefore: number | undefined;

  /**
   * @param output Standard output, or a file, which the sink closes.
   * @param ledger Where records are counted. Of several sinks that are given the same records only the
   * first has one, so that each record counts once.
   */
  constructor(
    output: Output | AppendFile,
    format: Format,
    ledger: Ledger | undefined,
    diag: Diag,
    options: LineSinkOptions = {},
  ) {
    const { path, header = true, pause } = options;
    this.#output = output;
    this.#format = format;
    this.#ledger = ledger;
    this.#diag = diag;
    this.#name = path === undefined ? "standard output" : `"${path}"`;
    this.#writer = new LineWriter(output, pause);
    const isBegun = "size" in output && output.size() > 0;
    this.#header = header && !isBegun ? format.header ?? "" : "";
    if (this.#writer.torn) {
      diag.say(
        "warning",
        `${this.#name} ends in the middle of a line, as after a crash: writing goes on below it`,
      );
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lost(): number {
    return this.#lost;
  }

  write(batch: readonly Connection[]): void {
    let works = !this.#closed && this.#writeHeader();
    let unsaid = 0;
    let i = 0;
    for (; works && i < batch.length; i++) {
      const connection = batch[i];
      const line = connection === undefined ? "" : this.#format.line(connection);
      if (line === "") unsaid++;
      else works = this.#add(line);
    }
    if (works) this.#writePiece();
    if (this.#ledger !== undefined) this.#ledger.filtered += unsaid;
    this.#drop(batch.length - i);
  }

  report(report: Report): boolean {
    const line = this.#format.report?.(report) ?? "";
    if (line === "" || this.#closed) return line !== "";
    let isWritten = false;
    if (this.#writeHeader()) {
      const failure = this.#writer.write(this.#encoder.encode(line));
      isWritten = failure === undefined || failure.lines > 0;
      this.#note(failure);
    }
    if (!isWritten && !this.#closed) this.#lost++;
    return true;
  }

  flush(): void {
    // Nothing is kept back between batches.
  }

  sync(): FileEnd | undefined {
    if (this.#closed) throw new ExitError(EXIT.io, `${this.#name} takes nothing any more`);
    if (this.#lost > 0) {
      throw new ExitError(EXIT.io, `${this.#name} has not taken all: ${lostText(this.#lost)}`);
    }
    if (!("sync" in this.#output)) return undefined;
    try {
      return this.#output.sync();
    } catch (error) {
      const problem = ioErrorText(error);
      throw new ExitError(
        EXIT.io,
        `cannot make sure that ${this.#name} is on the disk: ${problem}`,
      );
    }
  }

  close(): void {
    if (!this.#closed) this.write([]);
    this.#closed = true;
    if (this.#lostBefore !== undefined) {
      const count = this.#lost - this.#lostBefore;
      this.#diag.say("error", `${this.#name} could not be written to the end: ${lostText(count)}`);
      this.#lostBefore = undefined;
    }
    if (!("close" in this.#output)) return;
    try {
      this.#output.close();
    } catch (error) {
      this.#diag.say("error", `cannot close ${this.#name}: ${ioErrorText(error)}`);
    }
  }

  #writeHeader(): boolean {
    if (this.#header === "") return true;
    const failure = this.#writer.write(this.#encoder.encode(this.#header), true);
    if (failure === undefined) this.#header = "";
    return this.#note(failure);
  }

  /** Adds the line of a record to the piece, which is written when it is full. Returns whether it works. */
  #add(line: string): boolean {
    const room = line.length * MOST_BYTES;
    if (room > PIECE_SIZE - this.#size && !this.#writePiece()) {
      this.#drop(1);
      return false;
    }
    if (room > PIECE_SIZE) return this.#writeLines(this.#encoder.encode(line), 1);
    this.#size += this.#encoder.encodeInto(line, this.#piece.subarray(this.#size)).written;
    this.#lines++;
    return true;
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
    const failure = this.#writer.write(bytes);
    const written = failure === undefined ? lines : failure.lines;
    if (this.#ledger !== undefined) this.#ledger.emitted += written;
    const goesOn = this.#note(failure);
    this.#drop(lines - written);
    return goesOn;
  }

  /** Says that writing fails, or that it works again. Returns whether it works. */
  #note(failure: Failure | undefined): boolean {
    if (failure === undefined) {
      if (this.#lostBefore === undefined) return true;
      const count = this.#lost - this.#lostBefore;
      this.#lostBefore = undefined;
      this.#diag.say("error", `${this.#name} can be written again: ${lostText(count)}`);
      return true;
    }
    if (isReaderGone(failure.error)) {
      this.#closed = true;
    } else if (this.#lostBefore === undefined) {
      this.#lostBefore = this.#lost;
      const problem = ioErrorText(failure.error);
      this.#diag.say(
        "error",
        `cannot write to ${this.#name}: ${problem}; records are lost and counted until it works again`,
      );
    }
    return false;
  }

  /** Counts records that were not written. */
  #drop(count: number): void {
    if (count === 0) return;
    if (!this.#closed) this.#lost += count;
    this.#ledger?.drop(this.#closed ? "closed" : "io", count);
  }
}

function lostText(count: number): string {
  return count === 1 ? "1 record was lost" : `${count} records were lost`;
}
