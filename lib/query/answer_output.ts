/** Writes the answers of `query`. */
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeControl, quoteJson } from "../formats/escape.ts";
import { csvText } from "../formats/csv_text.ts";
import type { FormatContext } from "../formats/format.ts";
import { createFormat } from "../formats/formats.ts";
import type { FormatName } from "../formats/names.ts";
import { ioErrorText, isReaderGone } from "../sinks/io_error.ts";
import { LineWriter } from "../sinks/line_writer.ts";
import type { AppendFile, Output } from "../system.ts";
import type { TallyEntry } from "./tally.ts";

/** Text is written in pieces of about so many characters. */
const PIECE = 65_536;

/** How answers are written. */
export interface AnswerOutputOptions {
  readonly diag: Pick<Diag, "say">;
  readonly context: FormatContext;
  /** Whether the answer is records. */
  readonly isRecords: boolean;
  readonly hasHeader: boolean;
  /** Path of the file, for messages; absent for standard output. */
  readonly path?: string;
}

/** How an answer that lists names is written. */
interface NameFormat {
  /** @param isCounted Whether the counts are told. */
  header(isCounted: boolean): string;
  line(entry: TallyEntry, isCounted: boolean): string;
}

/** RFC 4180. */
function csvLine(name: string, count: string | number, isCounted: boolean): string {
  const cell = /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  return isCounted ? `${cell},${count}\r\n` : `${cell}\r\n`;
}

const NAME_FORMATS: Readonly<Partial<Record<FormatName, NameFormat>>> = {
  text: {
    header: () => "",
    line: ({ name, count }, isCounted) =>
      (isCounted ? `${count}\t` : "") + `${escapeControl(name)}\n`,
  },
  ndjson: {
    header: () => "",
    line: ({ name, count }, isCounted) =>
      `{"name":${quoteJson(name)}${isCounted ? `,"count":${count}` : ""}}\n`,
  },
  csv: {
    header: (isCounted) => csvLine("name", "count", isCounted),
    line: ({ name, count }, isCounted) => csvLine(csvText(name) ?? "", count, isCounted),
  },
};

/** @throws ExitError 64 where names are not written in this format. */
export function checkNameFormat(format: FormatName): void {
  if (NAME_FORMATS[format] !== undefined) return;
  throw new ExitError(
    EXIT.usage,
    `names are written as ${Object.keys(NAME_FORMATS).join(", ")}, not as "${format}"`,
  );
}

/** Whether something stands in the file already. */
function isBegun(output: Output | AppendFile): boolean {
  return "size" in output && output.size() > 0;
}

/** Where answers go. */
export class AnswerOutput {
  readonly #output: Output | AppendFile;
  readonly #writer: LineWriter;
  readonly #diag: Pick<Diag, "say">;
  readonly #name: string;
  readonly #nameFormat: NameFormat | undefined;
  /** Whether the head line of a list of names is wanted. */
  readonly #hasNameHeader: boolean;
  readonly #encoder = new TextEncoder();
  #closed = false;
  #lost = 0;

  private constructor(
    output: Output | AppendFile,
    format: FormatName,
    { diag, path, isRecords, hasHeader }: AnswerOutputOptions,
  ) {
    this.#output = output;
    this.#writer = new LineWriter(output);
    this.#diag = diag;
    this.#nameFormat = isRecords ? undefined : NAME_FORMATS[format];
    this.#hasNameHeader = !isRecords && hasHeader && !isBegun(output);
    this.#name = path === undefined ? "standard output" : `"${path}"`;
  }

  /** Begins: with a head line, if the format has one. */
  static async open(
    output: Output | AppendFile,
    format: FormatName,
    options: AnswerOutputOptions,
  ): Promise<AnswerOutput> {
    const answers = new AnswerOutput(output, format, options);
    if (options.isRecords && options.hasHeader && !isBegun(output)) {
      const { header } = await createFormat(format, options.context);
      if (header !== undefined) answers.text(header);
    }
    return answers;
  }

  /** Whether nobody reads any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many lines could not be written. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes whole lines. */
  write(lines: Uint8Array): void {
    if (this.#closed) return;
    const failure = this.#writer.write(lines);
    if (failure === undefined) return;
    this.#closed = true;
    if (isReaderGone(failure.error)) return;
    this.#lost++;
    this.#diag.say("error", `cannot write to ${this.#name}: ${ioErrorText(failure.error)}`);
  }

  /** Writes text of whole lines. */
  text(text: string): void {
    this.write(this.#encoder.encode(text));
  }

  /** Writes names, a line each. */
  names(entries: Iterable<TallyEntry>, isCounted: boolean): void {
    const format = this.#nameFormat;
    if (format === undefined) throw new TypeError("the answer is no list of names");
    let text = this.#hasNameHeader ? format.header(isCounted) : "";
    for (const entry of entries) {
      text += format.line(entry, isCounted);
      if (text.length < PIECE) continue;
      this.text(text);
      text = "";
      if (this.#closed) return;
    }
    if (text !== "") this.text(text);
  }

  /** All is written. */
  end(): void {
    if ("close" in this.#output) this.#output.close();
  }
}
