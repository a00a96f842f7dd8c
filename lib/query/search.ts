/** Looks for the answer in parts of logs. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import { LineBlocks } from "../../collectors/files/line_blocks.ts";
import { logFormat } from "../../collectors/files/formats.ts";
import { type LogFormat, type LogReader, MALFORMED } from "../../collectors/files/log_format.ts";
import type { Connection } from "../connection.ts";
import { createFormat } from "../formats/formats.ts";
import type { Predicate } from "../pipeline/filter.ts";
import { LineFinder } from "../scan/line_finder.ts";
import { needlesFor } from "./needles.ts";
import { connectionsIn, namesOf } from "./names.ts";
import { compileQuestion, timeOf } from "./question.ts";
import { Tally } from "./tally.ts";
import type { Part, PartResult, Task } from "./task.ts";

/** Text is turned into bytes when there is about this much of it. */
const PIECE = 262_144;

/** Malformed lines that are shown of a part, and characters of each. */
const MAX_ERRORS = 1000;
const MAX_ERROR = 200;

/** With more lines than this among so many bytes, the text of all of them is made at once. */
const DENSE = 256;

/** Takes the records of the answer. */
interface Taker {
  take(record: Connection, format: LogFormat): void;
  /** At the end of a part. */
  endPart(result: PartResult): void;
  /** At the end of all. */
  finish(): void;
}

async function createTaker(task: Task, onRun: (run: Uint8Array<ArrayBuffer>) => void) {
  const { answer, question } = task;
  const none: Taker = { take() {}, endPart() {}, finish() {} };
  if (answer.kind === "count") return none;
  if (answer.kind === "lines") {
    const format = await createFormat(answer.format, answer.context);
    const encoder = new TextEncoder();
    let text = "";
    let pieces: Uint8Array<ArrayBuffer>[] = [];
    const flush = () => {
      if (text !== "") pieces.push(encoder.encode(text));
      text = "";
    };
    const lines: Taker = {
      ...none,
      take(record) {
        text += format.line(record);
        if (text.length > PIECE) flush();
      },
      endPart(result) {
        flush();
        result.lines.push(...pieces);
        pieces = [];
      },
    };
    return lines;
  }
  const names = namesOf(answer.by, question);
  const isUnique = answer.by === "unique";
  const tally = new Tally(answer.maxBytes, onRun);
  const counting: Taker = {
    ...none,
    take(record, { isWhole }) {
      const count = connectionsIn(record, isWhole);
      if (count === 0 && !isUnique) return;
      for (const name of names(record)) tally.add(name, timeOf(record), count);
    },
    finish: () => tally.flush(),
  };
  return counting;
}

/** Searches parts, one after the other. */
export class Searcher {
  readonly #task: Task;
  readonly #keeps: Predicate;
  readonly #taker: Taker;
  readonly #finders = new Map<LogFormat, LineFinder>();
  readonly #decoder = new TextDecoder();
  readonly #pause: () => Promise<void>;

  private constructor(task: Task, taker: Taker, pause: () => Promise<void>) {
    this.#task = task;
    this.#keeps = compileQuestion(task.question);
    this.#taker = taker;
    this.#pause = pause;
  }

  /**
   * @param onRun Takes runs of names that do not fit into memory, and at the end the rest.
   * @param pause Lets others do what they have to, between blocks.
   */
  static async create(
    task: Task,
    onRun: (run: Uint8Array<ArrayBuffer>) => void,
    pause: () => Promise<void> = async () => {},
  ): Promise<Searcher> {
    return new Searcher(task, await createTaker(task, onRun), pause);
  }

  /** Searches one part of a log. Never throws for what stands in it. */
  async search(file: LogFile, { format: name, head, range }: Part): Promise<PartResult> {
    const format = logFormat(name);
    const reader = format.reader(head);
    const finder = this.#finder(format);
    const result: PartResult = {
      matched: 0,
      bytes: 0,
      malformed: 0,
      tooLong: 0,
      lines: [],
      errors: [],
    };
    const { begin = 0, end } = range ?? {};
    // What begins a part may be the rest of a line, which belongs to the part before.
    const skipFirst = begin > 0;
    if (range !== undefined) file.seek(skipFirst ? begin - 1 : 0);
    const blocks = new LineBlocks(file, finder.buffer, {
      begin: skipFirst ? begin - 1 : begin,
      skipFirst,
      ...(end !== undefined && { end }),
    });
    while (true) {
      const block = await blocks.next();
      if (block === undefined) break;
      result.bytes += block.end - block.start;
      this.#readBlock(block, finder, reader, format, result);
      await this.#pause();
    }
    result.tooLong = blocks.tooLong;
    if (file.problem !== undefined) result.problem = file.problem;
    this.#taker.endPart(result);
    return result;
  }

  /** Gives out what is left. */
  finish(): void {
    this.#taker.finish();
  }

  #finder(format: LogFormat): LineFinder {
    let finder = this.#finders.get(format);
    if (finder === undefined) {
      const { question, errors } = this.#task;
      const needles = errors
        ? undefined
        : needlesFor(question, [...format.escapes, ...format.marks]);
      finder = new LineFinder(needles ?? []);
      this.#finders.set(format, finder);
    }
    return finder;
  }

  #readBlock(
    { start, end, at }: { start: number; end: number; at: number },
    finder: LineFinder,
    reader: LogReader,
    format: LogFormat,
    result: PartResult,
  ): void {
    const { buffer } = finder;
    for (let from = start; from < end; from = finder.next) {
      const pairs = finder.find(from, end);
      const to = finder.next;
      const textOf = this.#texts(buffer, from, to, pairs.length / 2);
      for (let i = 0; i < pairs.length; i += 2) {
        const [lineStart = 0, lineEnd = 0] = [pairs[i], pairs[i + 1]];
        const line = textOf(lineStart, lineEnd);
        const place = at + lineStart - start;
        const record = reader.read(line, place);
        if (record === undefined) continue;
        if (record === MALFORMED) this.#note(result, place, line);
        else if (this.#keeps(record)) {
          result.matched++;
          this.#taker.take(record, format);
        }
      }
    }
  }

  /** Makes texts of lines: one by one, or where there are many, of all of them at once. */
  #texts(
    buffer: Uint8Array,
    from: number,
    to: number,
    lines: number,
  ): (start: number, end: number) => string {
    const decoder = this.#decoder;
    if (lines * DENSE > to - from) {
      const text = decoder.decode(buffer.subarray(from, to));
      // Otherwise a character takes several bytes, and places in the text are others than in the bytes.
      if (text.length === to - from) return (start, end) => text.slice(start - from, end - from);
    }
    return (start, end) => decoder.decode(buffer.subarray(start, end));
  }

  #note(result: PartResult, at: number, line: string): void {
    result.malformed++;
    if (!this.#task.errors || result.errors.length >= MAX_ERRORS) return;
    result.errors.push({ at, text: line.slice(0, MAX_ERROR) });
  }
}
