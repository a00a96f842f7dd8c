/** The records of the lines of a block. */
import type { Connection } from "../../lib/connection.ts";
import type { LineFinder } from "../../lib/scan/line_finder.ts";
import type { Block } from "./line_cutter.ts";
import { type LogReader, MALFORMED } from "./log_format.ts";

/** With more lines than one among so many bytes, the text of all of them is made at once. */
const DENSE = 256;

const decoder = new TextDecoder();

/** Takes what the lines say. */
export interface RecordHandlers {
  record(record: Connection): void;
  /** @param at Where in the log the line begins. */
  malformed(line: string, at: number): void;
  /** Takes the lines that are no records and not malformed. Absent where nobody wants them. */
  other?(line: string, at: number): void;
}

/** Makes texts of lines: one by one, or where there are many, of all of them at once. */
function textsOf(
  buffer: Uint8Array,
  from: number,
  to: number,
  lines: number,
): (start: number, end: number) => string {
  if (lines * DENSE > to - from) {
    const text = decoder.decode(buffer.subarray(from, to));
    // Else a character takes several bytes, and places in the text are others than in the bytes.
    if (text.length === to - from) return (start, end) => text.slice(start - from, end - from);
  }
  return (start, end) => decoder.decode(buffer.subarray(start, end));
}

/** Reads the lines of a block that the finder finds in its buffer. */
export function readBlock(
  { start, end, at }: Block,
  finder: LineFinder,
  reader: LogReader,
  handlers: RecordHandlers,
): void {
  const { buffer } = finder;
  for (let from = start; from < end; from = finder.next) {
    const pairs = finder.find(from, end);
    const textOf = textsOf(buffer, from, finder.next, pairs.length / 2);
    for (let i = 0; i < pairs.length; i += 2) {
      const [lineStart = 0, lineEnd = 0] = [pairs[i], pairs[i + 1]];
      const line = textOf(lineStart, lineEnd);
      const place = at + lineStart - start;
      const record = reader.read(line, place);
      if (record === MALFORMED) handlers.malformed(line, place);
      else if (record !== undefined) handlers.record(record);
      else handlers.other?.(line, place);
    }
  }
}
