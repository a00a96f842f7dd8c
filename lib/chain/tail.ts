/** Finds the last line of a chain in a log. */
import { type ChainState, parseLink } from "./link.ts";

/** How much of a log is read at its end, and how much at most: a line has some KiB. */
const STEP = 64 * 1024;
const MOST = 4 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** The last whole line of a chain in some bytes; undefined where there is none. */
export function lastLink(bytes: Uint8Array): ChainState | undefined {
  let end = bytes.lastIndexOf(LINE_FEED);
  while (end > 0) {
    const begin = bytes.lastIndexOf(LINE_FEED, end - 1) + 1;
    const link = parseLink(bytes.subarray(begin, end));
    if (link !== undefined) return { n: link.n, mac: link.mac };
    end = begin - 1;
  }
  return undefined;
}

/** The last whole line of a chain in a file; undefined where there is none, or the file cannot be read. */
export function lastLinkOf(path: string): ChainState | undefined {
  try {
    using file = Deno.openSync(path);
    const { isFile, size } = file.statSync();
    if (!isFile) return undefined;
    for (let length = Math.min(STEP, size);; length = Math.min(4 * length, size)) {
      const bytes = new Uint8Array(length);
      file.seekSync(size - length, Deno.SeekMode.Start);
      let filled = 0;
      for (let read = 0; filled < length; filled += read) {
        read = file.readSync(bytes.subarray(filled)) ?? 0;
        if (read === 0) break;
      }
      const link = lastLink(bytes.subarray(0, filled));
      if (link !== undefined || length >= size || length >= MOST) return link;
    }
  } catch {
    return undefined;
  }
}
