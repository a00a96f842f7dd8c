/** Finds what the headers of a log say of the lines from a place on. */
import { LineFinder } from "../../lib/scan/line_finder.ts";
import { LineBlocks, type LogRange } from "./line_blocks.ts";
import type { LogFile } from "./log_file.ts";
import type { LogFormat, LogReader } from "./log_format.ts";

/** How far back is searched first, and how many times as far each time after that. */
const FIRST_STEP = 256 * 1024;
const GROWTH = 8;

const decoder = new TextDecoder();

/**
 * What is said before `end`: as a {@linkcode Header} has it. It is searched backwards, up to the last header
 * that says all, or to the beginning of the log.
 *
 * @param head The first lines of the log.
 */
export async function headerAt(
  file: LogFile,
  format: LogFormat,
  head: readonly string[],
  end: number,
): Promise<readonly string[]> {
  if (format.marks.length === 0 || end === 0) return format.reader(head).header?.lines ?? [];
  const finder = new LineFinder(format.marks);
  for (let step = FIRST_STEP;; step *= GROWTH) {
    const begin = Math.max(0, end - step);
    const reader = format.reader(begin === 0 ? head : []);
    await readHeaders(file, finder, reader, { begin, end });
    const { lines, isWhole } = reader.header ?? { lines: [], isWhole: true };
    if (isWhole || begin === 0) return lines;
  }
}

/** Has a reader read the lines that may be headers. */
async function readHeaders(
  file: LogFile,
  finder: LineFinder,
  reader: LogReader,
  range: LogRange,
): Promise<void> {
  const { buffer } = finder;
  const blocks = LineBlocks.ofPart(file, buffer, range);
  for (let block = await blocks.next(); block !== undefined; block = await blocks.next()) {
    for (let at = block.start; at < block.end; at = finder.next) {
      const pairs = finder.find(at, block.end);
      for (let i = 0; i < pairs.length; i += 2) {
        reader.read(decoder.decode(buffer.subarray(pairs[i], pairs[i + 1])), 0);
      }
    }
  }
}
