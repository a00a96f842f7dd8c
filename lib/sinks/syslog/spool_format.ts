/**
 * The files of a spool: messages one after the other, each behind its length in octets, as on the wire
 * (RFC 6587, 3.4.1), and where the oldest begins that may have to be sent again.
 */

const ZERO = 0x30;
const NINE = 0x39;
const BLANK = 0x20;
/** No message is longer: 10 MB less one byte. */
const MOST_DIGITS = 7;

/** Where a message stands. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is at a place of a file: a message, the beginning of one, or something else. */
export type Reading = Span | "cut" | "broken";

/** Reads what is at a place. */
export function readFrame(bytes: Uint8Array, at: number): Reading {
  let length = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === BLANK && length > 0) {
      const start = i + 1;
      return start + length > bytes.length ? "cut" : { start, end: start + length };
    }
    const isDigit = byte >= ZERO && byte <= NINE && (byte !== ZERO || i > at);
    if (!isDigit || i - at >= MOST_DIGITS) return "broken";
    length = length * 10 + byte - ZERO;
  }
  return "cut";
}

/** The messages of a file from a place on: where each ends, as far as they are whole. */
export function frameEnds(bytes: Uint8Array, from = 0): number[] {
  const ends: number[] = [];
  for (let at = from; at < bytes.length;) {
    const reading = readFrame(bytes, at);
    if (typeof reading === "string") break;
    ends.push(reading.end);
    at = reading.end;
  }
  return ends;
}

/** A place in a spool: a file by its number, and how many bytes of it lie before. */
export interface Position {
  readonly file: number;
  readonly offset: number;
}

const DIGITS = 10;
const NAME = /^(\d{10})\.frames$/;
const POSITION = /^(\d{1,10}) (\d{1,10})\n$/;

/** Name of a file of messages. */
export function fileName(number: number): string {
  return `${String(number).padStart(DIGITS, "0")}.frames`;
}

/** The number of the file; undefined where the name is that of another one. */
export function fileNumber(name: string): number | undefined {
  const [, digits] = NAME.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The text of the file `position`. */
export function positionText({ file, offset }: Position): string {
  return `${file} ${offset}\n`;
}

/** Undefined where the text is none: then all is sent again. */
export function parsePosition(text: string): Position | undefined {
  const [, file, offset] = POSITION.exec(text) ?? [];
  return file === undefined || offset === undefined
    ? undefined
    : { file: Number(file), offset: Number(offset) };
}
