/** Finds by binary search where in a log a range of time stands. */
import { LineCutter } from "./line_cutter.ts";
import type { LogFile } from "./log_file.ts";
import type { LogFormat } from "./log_format.ts";

/** A range of time, and how far a log may be out of order. */
export interface Wanted {
  /** First time, microseconds since the epoch. Absent: from the beginning. */
  readonly since?: number;
  /** First time that is not wanted, microseconds since the epoch. Absent: to the end. */
  readonly until?: number;
  /** How late a line may stand, microseconds: after a line that was written so much later. */
  readonly lateUs: number;
}

/** Where in a log what was wanted stands: in the lines that begin in it. */
export interface Found {
  readonly begin: number;
  readonly end: number;
  /** How much had to be read. */
  readonly bytesRead: number;
}

/** Bytes of the first read at a place, and what is not worth searching through. */
const STEP = 4096;

/** Bytes of the largest read. A line that is longer says nothing. */
const LARGEST_STEP = 64 * 1024;

/** How much the time of a record may be off the time that its line was written, microseconds. */
const TOLERANCE = 1000;

const decoder = new TextDecoder();

/** Lines that are asked at a place: one alone may be rubbish with a time in it. */
const WITNESSES = 3;

/** A line that has a time. */
interface TimedLine {
  readonly start: number;
  readonly written: number;
}

/** The first lines with a time at a place. */
interface TimedPlace {
  /** Where the first one begins, and where it ends. */
  readonly start: number;
  readonly end: number;
  readonly earliest: number;
  readonly latest: number;
}

/**
 * Searches a log by the times that its lines were written.
 *
 * A line may stand up to L = `lateUs` + `format.disorderUs` after lines that were written later. So where one
 * was written before `since` - L, all that stand before it are too early; and where one was written at
 * `until` + L, all that stand after it are too late. Whatever else the search meets only makes the range
 * larger than needed. A log that is seen to be more out of order is given whole.
 *
 * @param file What is added to it meanwhile does not count.
 */
export function seekRange(
  file: Pick<LogFile, "size" | "seekable" | "readAt">,
  format: LogFormat,
  wanted: Wanted,
): Found {
  const { since = -Infinity, until = Infinity, lateUs } = wanted;
  const disorder = lateUs + format.disorderUs;
  if (!file.seekable || !format.seekable) return { begin: 0, end: Infinity, bytesRead: 0 };
  const whole = { begin: 0, end: file.size };
  const isLate = until < Infinity && format.isPrompt;
  if (since === -Infinity && !isLate) return { ...whole, bytesRead: 0 };
  const search = new Search(file, format);
  search.lineAfter(0, file.size);
  search.lineAfter(Math.max(0, file.size - STEP), file.size);
  const begin = since === -Infinity ? 0 : search.begin(since - disorder - TOLERANCE);
  const end = isLate ? search.end(begin, until + disorder + TOLERANCE) : file.size;
  const range = search.isInOrder(disorder) ? { begin, end } : whole;
  return { ...range, bytesRead: search.bytesRead };
}

class Search {
  readonly #file: Pick<LogFile, "size" | "readAt">;
  readonly #format: LogFormat;
  readonly #buffer = new Uint8Array(LARGEST_STEP);
  readonly #seen: TimedLine[] = [];
  bytesRead = 0;

  constructor(file: Pick<LogFile, "size" | "readAt">, format: LogFormat) {
    this.#file = file;
    this.#format = format;
  }

  /** A place after a line that was written before a time; the beginning where none was found. */
  begin(time: number): number {
    let low = 0;
    for (let high = this.#file.size; high - low > STEP;) {
      const middle = low + Math.floor((high - low) / 2);
      const place = this.lineAfter(middle, high);
      if (place !== undefined && place.latest < time) low = place.end;
      else high = middle;
    }
    return low;
  }

  /** Where a line begins that was written at a time or later; the end of the file where none was found. */
  end(begin: number, time: number): number {
    let found = this.#file.size;
    let low = begin;
    for (let high = found; high - low > STEP;) {
      const middle = low + Math.floor((high - low) / 2);
      const place = this.lineAfter(middle, high);
      if (place !== undefined && place.earliest < time) {
        low = place.end;
        continue;
      }
      if (place !== undefined) found = place.start;
      high = middle;
    }
    return found;
  }

  /** The first lines with a time that begin in a range of bytes. The last one of a file may be torn. */
  lineAfter(from: number, to: number): TimedPlace | undefined {
    const { size } = this.#file;
    const begin = Math.max(0, from - 1);
    const cutter = new LineCutter(this.#buffer, { begin, end: to, skipFirst: from > 0 });
    let at = begin;
    for (let step = STEP; !cutter.isDone; step = Math.min(step * 2, LARGEST_STEP)) {
      const part = cutter.space().subarray(0, Math.min(step, size - at));
      const length = part.length === 0 ? 0 : this.#file.readAt(part, at);
      if (length === 0) return undefined;
      at += length;
      this.bytesRead += length;
      const block = cutter.take(length);
      const place = block && this.#firstTimed(block.start, block.end, block.at);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** Whether no line was seen to stand more than that after one that was written later, microseconds. */
  isInOrder(disorder: number): boolean {
    let latest = -Infinity;
    for (const { written } of this.#seen.sort((a, b) => a.start - b.start)) {
      if (written < latest - disorder) return false;
      if (written > latest) latest = written;
    }
    return true;
  }

  /** @param at Where in the file `start` is. */
  #firstTimed(start: number, end: number, at: number): TimedPlace | undefined {
    let from = start;
    let place: TimedPlace | undefined;
    for (let witnesses = 0; from < end && witnesses < WITNESSES;) {
      const lineFeed = this.#buffer.indexOf(0x0a, from);
      const line = decoder.decode(this.#buffer.subarray(from, lineFeed));
      const written = this.#format.written(line.endsWith("\r") ? line.slice(0, -1) : line);
      const next = lineFeed + 1;
      if (written !== undefined) {
        const begin = at + from - start;
        this.#seen.push({ start: begin, written });
        place = {
          start: place?.start ?? begin,
          end: place?.end ?? at + next - start,
          earliest: Math.min(place?.earliest ?? Infinity, written),
          latest: Math.max(place?.latest ?? -Infinity, written),
        };
        witnesses++;
      }
      from = next;
    }
    return place;
  }
}
