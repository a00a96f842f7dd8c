/** Tells what was broken off while it was written from what somebody has written. */

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Whether some bytes are the beginning of a line, and no more: of a JSON object that is not closed. No reader
 * can take them for a record, whatever white space stands behind them or between them.
 *
 * @param line Without its line feed.
 */
export function isTorn(line: Uint8Array): boolean {
  if (line[0] !== OPENING_BRACE) return false;
  let depth = 0;
  let isText = false;
  for (let i = 0; i < line.length; i++) {
    const byte = line[i] ?? 0;
    // Control characters are escaped in JSON text; a carriage return might end a line for some readers.
    if (byte < SPACE) return false;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPENING_BRACE) depth++;
    else if (byte === CLOSING_BRACE && --depth === 0) return false;
  }
  return true;
}
