/** Writes the answers of `query`. */
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeControl, quoteJson } from "../formats/escape.ts";
import type { FormatContext } from "../formats/format.ts";
import { createFormat } from "../formats/formats.ts";
import type { FormatName } from "../formats/names.ts";
import { ioErrorText, isReaderGone } from "../sinks/io_error.ts";
import { LineWriter } from "../sinks/line_writer.ts";
import type { AppendFile, Output } from "../system.ts";
import { stringify } from "@std/csv/stringify";
import type { TallyEntry } from "./tally.ts";

/** Text is written in pieces of about so many characters. */
const PIECE = 65_536;

/** How answers are written. */
export interface AnswerOutputOptions {
  readonly diag: Diag;
  readonly context: FormatContext;
  /** Whether the answer is records. */
  readonly isRecords: boolean;
  readonly hasHeader: boolean;
  /** Path of the file, for messages; absent for standard output. */
  readonly path?: string;
}

/** A line of an answer that lists names. */
type RenderName = (entry: TallyEntry, isCounted: boolean) => string;

const NAME_FORMATS: Readonly<Partial<Record<FormatName, RenderName>>> = {
  text: ({ name, count }, isCounted) =>
    (isCounted ? `${count}\t` : "") + `${escapeControl(name)}\n`,
  ndjson: ({ name, count }, isCounted) =>
    `{"name":${quoteJson(name)}${isCounted ? `,"count":${count}` : ""}}\n`,
  csv: ({ name, count }, isCounted) =>
    stringify([isCounted ? [escapeControl(name), count] : [escapeControl(name)]]),
};

/** Where answers go. */
export class AnswerOutput {
  readonly #output: Output | AppendFile;
  readonly #writer: LineWriter;
  readonly #diag: Diag;
  readonly #name: string;
  readonly #renderName: RenderName | undefined;
  readonly #encoder = new TextEncoder();
  #closed = false;
  #lost = 0;

  private constructor(
    output: Output | AppendFile,
    renderName: RenderName | undefined,
    { diag, path }: AnswerOutputOptions,
  ) {
    this.#output = output;
    this.#writer = new LineWriter(output);
    this.#diag = diag;
    this.#renderName = renderName;
    this.#name = path === undefined ? "standard output" : `"${path}"`;
  }

  /** @throws ExitError 64 where the format is none for a list of names. */
  static async open(
    output: Output | AppendFile,
    format: FormatName,
    options: AnswerOutputOptions,
  ): Promise<AnswerOutput> {
    const renderName = NAME_FORMATS[format];
    if (!options.isRecords && renderName === undefined) {
      throw new ExitError(
        EXIT.usage,
        `names are written as ${Object.keys(NAME_FORMATS).join(", ")}, not as "${format}"`,
      );
    }
    const answers = new AnswerOutput(output, renderName, options);
    const isBegun = "size" in output && output.size() > 0;
    if (options.isRecords && options.hasHeader && !isBegun) {
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
    let text = "";
    for (const entry of entries) {
      text += this.#renderName?.(entry, isCounted) ?? "";
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
