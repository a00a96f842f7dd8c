/** Counts hosts by spans of time, and prints each span when the log has passed it. */
import { readBlock, type RecordHandlers } from "../../collectors/files/block_records.ts";
import { type ByteSource, Lookahead } from "../../collectors/files/byte_source.ts";
import { detectFormat, logFormat } from "../../collectors/files/formats.ts";
import { headLines } from "../../collectors/files/head_lines.ts";
import { LineBlocks } from "../../collectors/files/line_blocks.ts";
import type { Block } from "../../collectors/files/line_cutter.ts";
import { HEAD_BYTES } from "../../collectors/files/log_file.ts";
import {
  LOG_FORMAT_NAMES,
  type LogFormat,
  type LogFormatName,
} from "../../collectors/files/log_format.ts";
import type { Diag } from "../diag.ts";
import { LineFinder } from "../scan/line_finder.ts";
import type { AnswerOutput } from "./answer_output.ts";
import { HourTaker } from "./hour_taker.ts";
import { hourLines } from "./hours.ts";
import type { OpenSpans } from "./open_spans.ts";
import { ERRORS_SHOWN, malformedText } from "./malformed.ts";
import type { HoursSpec } from "./task.ts";
import { inputName } from "../../collectors/input_name.ts";

/** Text is written in pieces of about so many characters. */
const PIECE = 65_536;

/** So many first lines tell a format, or none. */
const ENOUGH_LINES = 50;

const LINE_FEED = 0x0a;

/** What is counted, and where the answer goes. */
export interface FollowerOptions {
  /** Path of the log, for messages; `-` is standard input. */
  readonly path: string;
  readonly spec: HoursSpec;
  /** Format of the log; absent: by its first lines. */
  readonly format?: LogFormatName;
  /** Whether malformed lines are shown. */
  readonly errors: boolean;
  readonly spans: OpenSpans;
  readonly diag: Pick<Diag, "say">;
  readonly answers: Pick<AnswerOutput, "text" | "closed">;
  /** How much is read at a time, bytes. Absent: 4 MiB. */
  readonly blockBytes?: number;
}

/** Follows one log. */
export class HoursFollower {
  readonly #options: FollowerOptions;
  readonly #taker: HourTaker;
  /** Spans that begin before this time have been printed, microseconds since the epoch. */
  #printed = 0;
  #shown = 0;
  #malformed = 0;
  #tooLong = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const everything = { to: [], from: [], host: [], filters: {} };
    this.#taker = new HourTaker(options.spec, everything, (run) => options.spans.add(run));
  }

  /** Records that have been counted. */
  get counted(): number {
    return this.#taker.counted;
  }

  /** Records that came when their span was closed. */
  get late(): number {
    return this.#taker.outside;
  }

  /** Lines that are no records. */
  get malformed(): number {
    return this.#malformed + this.#taker.malformed;
  }

  /** Lines that were too long to be read. */
  get tooLong(): number {
    return this.#tooLong;
  }

  /**
   * Reads a log to its end, or until nobody reads the answer any more.
   *
   * @throws Error with a sentence where the log is of no known format.
   * @throws ExitError 74 where there is more than fits into memory, and no room on disk.
   */
  async follow(source: ByteSource): Promise<void> {
    const bytes = new Lookahead(source);
    const known = await this.#know(bytes);
    if (known === undefined) return;
    const { answers, errors, blockBytes } = this.#options;
    const taker = this.#taker;
    const { format, head } = known;
    // Lines that are to be shown must be read one by one.
    const isScanned = format.name === "connspy" && !errors;
    const finder = isScanned ? undefined : new LineFinder([]);
    const reader = format.reader(head);
    const handlers: RecordHandlers = {
      record: (record) => taker.take(record),
      malformed: (line, at) => this.#note(at, line),
    };
    const read = (block: Block) => {
      if (finder !== undefined) readBlock(block, finder, reader, handlers);
      else taker.scan(block);
    };
    const buffer = (finder ?? taker).buffer.subarray(0, blockBytes);
    const blocks = new LineBlocks(bytes, buffer, { begin: 0 });
    while (!answers.closed) {
      const block = await blocks.next();
      if (block === undefined) break;
      read(block);
      if (taker.begin > this.#printed) this.print(taker.begin);
    }
    this.#tooLong = blocks.tooLong;
  }

  /** Prints all spans that begin before a time and have not been printed, microseconds since the epoch. */
  print(until: number): void {
    const { spans, answers } = this.#options;
    this.#taker.flush();
    this.#printed = until;
    let text = "";
    for (const line of hourLines(spans.take(until))) {
      text += line;
      if (text.length < PIECE) continue;
      answers.text(text);
      text = "";
      if (answers.closed) return;
    }
    if (text !== "") answers.text(text);
  }

  /** Returns undefined where there is nothing at all. */
  async #know(bytes: Lookahead): Promise<{ format: LogFormat; head: string[] } | undefined> {
    const { format: wanted, path } = this.#options;
    for (let least = 1;;) {
      const first = await bytes.peek(
        HEAD_BYTES,
        (part) => part.includes(0) || wholeLines(part).length >= least,
      );
      if (first.includes(0) && wanted === undefined) {
        throw new Error(`cannot read ${inputName(path)}: it is no text`);
      }
      const isAll = wholeLines(first).length < least;
      const head = isAll ? headLines(first) : wholeLines(first);
      if (head.length === 0 && first.length < HEAD_BYTES) return undefined;
      const format = await (wanted === undefined ? detectFormat(head) : logFormat(wanted));
      if (format !== undefined) return { format, head };
      if (isAll || head.length >= ENOUGH_LINES) break;
      least = head.length + 1;
    }
    throw new Error(
      `cannot tell the format of ${inputName(path)}: name it with --log-format, one of ${
        LOG_FORMAT_NAMES.join(", ")
      }`,
    );
  }

  #note(at: number, line: string): void {
    const { path, diag, errors } = this.#options;
    this.#malformed++;
    if (!errors || this.#shown++ >= ERRORS_SHOWN) return;
    diag.say("warning", malformedText(inputName(path), at, line));
  }
}

/** The first lines that are not blank. What stands after the last line break may be torn. */
function wholeLines(bytes: Uint8Array): string[] {
  return headLines(bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1));
}
