/** Lines as bytes and as text: what makes the one of the other. */
import type { Connection } from "../connection.ts";
import type { Format } from "./format.ts";

/** What {@linkcode Format.write} is. */
export type WriteLine = NonNullable<Format["write"]>;

/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const MOST_BYTES = 3;

/** Room for a line of usual length, bytes. */
const USUAL = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Makes {@linkcode Format.line} of {@linkcode Format.write}. */
export function lineFrom(write: WriteLine): Format["line"] {
  const usual = new Uint8Array(USUAL);
  return (connection: Connection) => {
    let bytes = usual;
    let end = write(connection, bytes, 0);
    if (end > bytes.length) {
      bytes = new Uint8Array(end);
      end = write(connection, bytes, 0);
    }
    return decoder.decode(bytes.subarray(0, end));
  };
}

/** How a format writes lines as bytes: its own way, or by encoding them. */
export function writeLineOf(format: Format): WriteLine {
  if (format.write !== undefined) return format.write;
  return (connection, into, at) => {
    const line = format.line(connection);
    const most = at + line.length * MOST_BYTES;
    return most > into.length ? most : at + encoder.encodeInto(line, into.subarray(at)).written;
  };
}
