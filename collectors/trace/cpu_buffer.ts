/** The ring buffer of one CPU in a tracefs instance: its pages, and what the kernel says of it. */
import type { PageLayout } from "./format.ts";
import type { PolledFile, ReadableFile, System } from "../../lib/system.ts";

/** What `per_cpu/cpuN/stats` says (tracing_stats_read of kernel/trace/trace.c). */
export interface BufferStats {
  /** Events that can be read. */
  readonly entries: number;
  /** The trace clock, microseconds. It is that of this moment: the kernel makes the text when it is read. */
  readonly now: number;
  /** Events that are lost so far: overwritten, or not written for want of room. */
  readonly lost: number;
}

const encoder = new TextEncoder();
const ENTRIES = encoder.encode("entries: ");
const NOW = encoder.encode("now ts: ");
/** The three ways to lose an event: overwritten, too deeply nested, no room. */
const LOSSES = ["overrun: ", "commit overrun: ", "dropped events: "].map((label) =>
  encoder.encode(label)
);

const NEWLINE = 10;
const BLANK = 32;
const DOT = 46;

/** Longer than the text ever is: eight lines with a number of 20 digits at most. */
const STATS_SIZE = 512;

/** Number of the line that begins with the label, its dot left out; NaN where there is none. */
function field(bytes: Uint8Array, length: number, label: Uint8Array): number {
  for (let line = 0; line < length;) {
    let at = 0;
    while (at < label.length && bytes[line + at] === label[at]) at++;
    if (at === label.length) return numberAt(bytes, line + at, length);
    const end = bytes.indexOf(NEWLINE, line);
    if (end < 0) break;
    line = end + 1;
  }
  return NaN;
}

function numberAt(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && bytes[at] === BLANK) at++;
  let number = NaN;
  for (; at < length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === DOT) continue;
    if (byte < 48 || byte > 57) break;
    number = (Number.isNaN(number) ? 0 : number * 10) + byte - 48;
  }
  return number;
}

/**
 * Parses the text. A number that is not there is NaN. The clock has six digits after its dot, which makes
 * it microseconds without the dot; it has no dot where the clock does not count time.
 */
export function parseBufferStats(bytes: Uint8Array, length = bytes.length): BufferStats {
  let lost = 0;
  for (const label of LOSSES) {
    const number = field(bytes, length, label);
    if (number > 0) lost += number;
  }
  return { entries: field(bytes, length, ENTRIES), now: field(bytes, length, NOW), lost };
}

/** The last 30 bits of `commit` are the number of bytes; those above are flags (RB_MISSED_*, ring_buffer.c). */
const COMMIT_MASK = 0x3fffffff;

/** How pages look: that of a tracefs instance. */
export interface Pages {
  readonly layout: PageLayout;
  /** In bytes, with the header. */
  readonly pageSize: number;
}

/** One CPU. */
export class CpuBuffer implements Disposable {
  readonly #stats: ReadableFile;
  readonly #pages: PolledFile;
  readonly #text = new Uint8Array(STATS_SIZE);
  readonly #layout: PageLayout;
  readonly #page: Uint8Array;

  private constructor(stats: ReadableFile, pages: PolledFile, { layout, pageSize }: Pages) {
    this.#stats = stats;
    this.#pages = pages;
    this.#layout = layout;
    this.#page = new Uint8Array(pageSize);
  }

  /** @param directory The instance's `per_cpu/cpuN`. */
  static async open(
    system: Pick<System, "openRead" | "openNonBlocking">,
    directory: string,
    form: Pages,
  ): Promise<CpuBuffer> {
    const stats = system.openRead(`${directory}/stats`);
    try {
      const pages = await system.openNonBlocking(`${directory}/trace_pipe_raw`);
      return new CpuBuffer(stats, pages, form);
    } catch (error) {
      stats.close();
      throw error;
    }
  }

  /** Asks the kernel. One microsecond; a read that finds nothing takes thirteen. */
  stats(): BufferStats {
    return parseBufferStats(this.#text, this.#stats.readStart(this.#text));
  }

  /** The next page, as many bytes as have something in them; undefined where there is none. */
  page(): Uint8Array | undefined {
    const page = this.#page;
    const { commitOffset, commitSize, dataOffset } = this.#layout;
    const size = this.#pages.read(page);
    if (size === "empty" || size < dataOffset) return undefined;
    const data = new DataView(page.buffer).getUint32(commitOffset, true) & COMMIT_MASK;
    // Behind the data there may be the number of events that were lost before this page.
    return page.slice(0, Math.min(size, dataOffset + data + commitSize));
  }

  [Symbol.dispose](): void {
    this.#pages.close();
    this.#stats.close();
  }
}
