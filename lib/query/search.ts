/** Looks for the answer in parts of logs. */
import { readBlock, type RecordHandlers } from "../../collectors/files/block_records.ts";
import type { LogFile } from "../../collectors/files/log_file.ts";
import { LineBlocks } from "../../collectors/files/line_blocks.ts";
import { logFormat } from "../../collectors/files/formats.ts";
import type { LogFormat, LogReader } from "../../collectors/files/log_format.ts";
import type { Part } from "../../collectors/files/logs.ts";
import { inputName } from "../../collectors/input_name.ts";
import type { Connection } from "../connection.ts";
import { createFormat } from "../formats/formats.ts";
import type { Predicate } from "../pipeline/filter.ts";
import { LineFinder } from "../scan/line_finder.ts";
import type { HourTaker } from "./hour_taker.ts";
import { needlesFor } from "./needles.ts";
import { ERROR_LENGTH, ERRORS_SHOWN } from "./malformed.ts";
import { connectionsIn, namesOf } from "./names.ts";
import { compileQuestion, timeOf } from "./question.ts";
import { Tally } from "./tally.ts";
import type { PartResult, Task } from "./task.ts";

/** Text is turned into bytes when there is about this much of it. */
const PIECE = 262_144;

/** Takes the records of the answer. */
interface Taker {
  /** Returns whether the answer can tell of it. */
  take(record: Connection): boolean;
  /** Gives what lines there are: whole ones, of UTF-8. */
  lines(): Uint8Array<ArrayBuffer>[];
  /** At the end of all. */
  finish(): void;
  /** Counts lines of connspy without making records of them. */
  readonly hours?: HourTaker;
}

async function createTaker(task: Task, onRun: (run: Uint8Array<ArrayBuffer>) => void) {
  const { answer, question } = task;
  const none: Taker = { take: () => true, lines: () => [], finish() {} };
  if (answer.kind === "count") return none;
  if (answer.kind === "lines") {
    const format = await createFormat(answer.format, answer.context);
    const encoder = new TextEncoder();
    let text = "";
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const flush = () => {
      if (text !== "") pieces.push(encoder.encode(text));
      text = "";
    };
    const lines: Taker = {
      ...none,
      take(record) {
        const line = format.line(record);
        text += line;
        if (text.length > PIECE) flush();
        return line !== "";
      },
      lines() {
        flush();
        return pieces.splice(0);
      },
    };
    return lines;
  }
  if (answer.kind === "hours") {
    const { HourTaker } = await import("./hour_taker.ts");
    const hours = new HourTaker(answer, question, onRun);
    const taker: Taker = {
      ...none,
      hours,
      take(record) {
        hours.take(record);
        return true;
      },
      finish: () => hours.flush(),
    };
    return taker;
  }
  const names = namesOf(answer.by, question);
  const isUnique = answer.by === "unique";
  const tally = new Tally(answer.maxBytes, onRun);
  const counting: Taker = {
    ...none,
    take(record) {
      const count = connectionsIn(record);
      if (count === 0 && !isUnique) return true;
      for (const name of names(record)) tally.add(name, timeOf(record), count);
      return true;
    },
    finish: () => tally.flush(),
  };
  return counting;
}

/** What a search tells of while it runs. */
export interface SearchHooks {
  /** Takes runs of names that do not fit into memory, and at the end the rest. */
  readonly onRun: (run: Uint8Array<ArrayBuffer>) => void;
  /** Lets others do what they have to, between blocks. Returns whether to go on. Absent: always. */
  readonly proceed?: () => Promise<boolean>;
  /** So many more bytes have been read of what is stored. */
  readonly onRead?: (bytes: number) => void;
}

/** Takes what comes of one part. */
export interface PartOutput {
  /** Takes whole lines of UTF-8 of the answer. */
  onLines(lines: Uint8Array<ArrayBuffer>): void | Promise<void>;
  /** Takes runs of names of this part alone: where it may have to be searched again. */
  onRun(run: Uint8Array<ArrayBuffer>): void;
}

/** Where runs go. */
interface RunGate {
  onRun: SearchHooks["onRun"];
}

/** Searches parts, one after the other. */
export class Searcher {
  readonly #task: Task;
  readonly #keeps: Predicate;
  readonly #taker: Taker;
  readonly #finders = new Map<LogFormat, LineFinder>();
  readonly #proceed: () => Promise<boolean>;
  readonly #onRead: (bytes: number) => void;
  readonly #onRun: SearchHooks["onRun"];
  readonly #gate: RunGate;

  private constructor(
    task: Task,
    keeps: Predicate,
    taker: Taker,
    gate: RunGate,
    { proceed, onRead, onRun }: SearchHooks,
  ) {
    this.#task = task;
    this.#keeps = keeps;
    this.#taker = taker;
    this.#gate = gate;
    this.#onRun = onRun;
    this.#proceed = proceed ?? (() => Promise.resolve(true));
    this.#onRead = onRead ?? (() => {});
  }

  /** Begins a search. */
  static async create(task: Task, hooks: SearchHooks): Promise<Searcher> {
    const gate = { onRun: hooks.onRun };
    const taker = await createTaker(task, (run) => gate.onRun(run));
    const keeps = await compileQuestion(task.question);
    return new Searcher(task, keeps, taker, gate, hooks);
  }

  /** Searches one part of a log. Never throws for what stands in it. */
  async search(file: LogFile, part: Part, output: PartOutput): Promise<PartResult> {
    const format = await logFormat(part.format);
    const reader = format.reader(part.head);
    if (reader.header === undefined) return await this.#search(file, part, format, reader, output);
    // What is counted of it must be apart: it may have to be searched again.
    this.#taker.finish();
    this.#gate.onRun = (run) => output.onRun(run);
    const result = await this.#search(file, part, format, reader, output);
    this.#taker.finish();
    this.#gate.onRun = this.#onRun;
    return { ...result, header: reader.header.lines };
  }

  async #search(
    file: LogFile,
    { format: name, range }: Part,
    format: LogFormat,
    reader: LogReader,
    { onLines }: PartOutput,
  ): Promise<PartResult> {
    const finder = this.#finder(format);
    const result: PartResult = {
      matched: 0,
      bytes: 0,
      malformed: 0,
      tooLong: 0,
      untold: 0,
      errors: [],
    };
    const handlers: RecordHandlers = {
      record: (record) => {
        if (!this.#keeps(record)) return;
        result.matched++;
        if (!this.#taker.take(record)) result.untold++;
        if (hours !== undefined && hours.counted > total) latest = Math.max(latest, timeOf(record));
        total = hours?.counted ?? 0;
      },
      malformed: (line, at) => this.#note(result, at, line),
    };
    const { hours } = this.#taker;
    const { counted = 0, malformed = 0 } = hours ?? {};
    let [total, latest] = [counted, 0];
    // Lines that are to be shown must be read one by one.
    const scanner = name === "connspy" && !this.#task.errors ? hours : undefined;
    const buffer = (scanner ?? finder).buffer.subarray(0, this.#task.blockBytes);
    const blocks = LineBlocks.ofPart(file, buffer, range);
    let read = file.bytesRead;
    do {
      const block = await blocks.next();
      if (block === undefined) break;
      result.bytes += block.end - block.start;
      // Of a part, some bytes are read by the next one, too.
      this.#onRead(range === undefined ? file.bytesRead - read : block.end - block.start);
      read = file.bytesRead;
      if (scanner === undefined) readBlock(block, finder, reader, handlers);
      else scanner.scan(block);
      for (const lines of this.#taker.lines()) await onLines(lines);
    } while (await this.#proceed());
    result.tooLong = blocks.tooLong;
    if (hours !== undefined) {
      // Of records, too, not all can be counted.
      result.matched = hours.counted - counted;
      result.malformed += hours.malformed - malformed;
      result.latest = scanner === undefined ? latest : hours.latest;
    }
    if (file.problem !== undefined) result.problem = file.problem;
    else if (blocks.isCut) result.problem = `${inputName(file.path)} was cut while it was read`;
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
      const needles = errors ? undefined : needlesFor(question, format);
      finder = new LineFinder(needles ?? []);
      this.#finders.set(format, finder);
    }
    return finder;
  }

  #note(result: PartResult, at: number, line: string): void {
    result.malformed++;
    if (!this.#task.errors || result.errors.length >= ERRORS_SHOWN) return;
    result.errors.push({ at, text: line.slice(0, ERROR_LENGTH) });
  }
}
