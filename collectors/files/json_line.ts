/** Lines that are JSON objects. */
import { type Fields, isFields } from "./checked.ts";

const OPENING_BRACE = 123;

/** The object that a line is; undefined for any other line. Never throws. */
export function parseJsonLine(line: string): Fields | undefined {
  // Looked at first: an exception costs more than all else.
  if (!beginsWithBrace(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function beginsWithBrace(line: string): boolean {
  return line.charCodeAt(0) === OPENING_BRACE || line.trimStart().charCodeAt(0) === OPENING_BRACE;
}

/** The first of the lines that is an object; undefined where there is none. */
export function firstObject(lines: readonly string[]): Fields | undefined {
  for (const line of lines) {
    const object = parseJsonLine(line);
    if (object !== undefined) return object;
  }
  return undefined;
}
