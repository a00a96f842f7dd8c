/** The lines of a log in blocks. */
import type { ByteSource } from "./byte_source.ts";
import { type Block, LineCutter, type LineRange } from "./line_cutter.ts";

/** Bytes of a log, from its beginning: the lines that begin in it. */
export interface LogRange {
  readonly begin: number;
  readonly end: number;
}

/** Lets others do what they have to. Resolves to whether to go on. */
export type Proceed = () => Promise<boolean>;

/**
 * Reads a log, or a range of it, in blocks of whole lines.
 *
 * The buffer may be a part of the memory of WebAssembly, which may not grow while a block is awaited.
 */
export class LineBlocks {
  readonly #source: ByteSource;
  readonly #cutter: LineCutter;
  readonly #proceed: Proceed | undefined;

  /**
   * @param source Is read from where it stands.
   * @param buffer Where the lines come to stand. The longest that is read is one byte shorter.
   * @param proceed Is asked on the way through a line that is too long. Absent: always.
   */
  constructor(source: ByteSource, buffer: Uint8Array, range: LineRange, proceed?: Proceed) {
    this.#source = source;
    this.#proceed = proceed;
    this.#cutter = new LineCutter(buffer, range);
  }

  /**
   * The lines of a part of a log, or of all of it.
   *
   * @param range Only of a log that is seekable.
   */
  static ofPart(
    log: ByteSource & { seek(at: number): void },
    buffer: Uint8Array,
    range: LogRange | undefined,
    proceed?: Proceed,
  ): LineBlocks {
    if (range === undefined) return new LineBlocks(log, buffer, { begin: 0 }, proceed);
    // What begins a part may be the rest of a line, which belongs to the part before.
    const skipFirst = range.begin > 0;
    const begin = skipFirst ? range.begin - 1 : 0;
    log.seek(begin);
    return new LineBlocks(log, buffer, { begin, end: range.end, skipFirst }, proceed);
  }

  /** Whether the log has ended before the end of the range: it has been cut since it was found. */
  get isCut(): boolean {
    return this.#cutter.isCut;
  }

  /** Lines that were too long for the buffer, and were passed over. */
  get tooLong(): number {
    return this.#cutter.tooLong;
  }

  /**
   * The lines that come next; undefined after the last ones. They stand in the buffer until the next call.
   * The last line of a log may lack its line break; of one that ends with a problem it is not given, for it
   * is torn.
   */
  async next(): Promise<Block | undefined> {
    while (!this.#cutter.isDone) {
      const reading = this.#source.read(this.#cutter.space());
      const length = typeof reading === "number" ? reading : await reading;
      const block = length > 0 ? this.#cutter.take(length) : this.#cutter.finish();
      const isTorn = length === 0 && this.#source.problem !== undefined;
      if (block !== undefined && !isTorn) return block;
      if (this.#proceed !== undefined && !(await this.#proceed())) return undefined;
    }
    return undefined;
  }
}
