/** The lines that a log is known by. */
import { HEAD_BYTES } from "./log_file.ts";

/** So many lines tell a format. */
const HEAD_LINES = 50;

/**
 * The first lines of a log that are not blank, without line breaks. Those with a NUL are no text, and left
 * out: a crash may leave some. What lacks its line break counts only where there is no other line: it may be
 * torn.
 *
 * @param bytes From its beginning. What is beyond 64 KiB does not count.
 */
export function headLines(bytes: Uint8Array): string[] {
  const head = bytes.subarray(0, HEAD_BYTES);
  // Drops the byte order mark.
  const text = new TextDecoder().decode(head);
  const lines: string[] = [];
  let start = 0;
  while (lines.length < HEAD_LINES) {
    const end = text.indexOf("\n", start);
    if (end < 0) break;
    addLine(lines, text.slice(start, end));
    start = end + 1;
  }
  if (lines.length === 0 && bytes.length < HEAD_BYTES && !head.includes(0)) {
    addLine(lines, text.slice(start));
  }
  return lines;
}

function addLine(lines: string[], line: string): void {
  if (line.trim() !== "" && !line.includes("\0")) {
    lines.push(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
