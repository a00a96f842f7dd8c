/** Writes text to stdout or stderr. */
import { EXIT, ExitError } from "../exit.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import type { Output } from "../system.ts";

/**
 * Writes all of the text: an operating system may take less at once.
 *
 * @throws {Error} `Deno.errors.BrokenPipe` when nobody reads any more; `ExitError` 74 for other errors.
 */
export function print(output: Output, text: string): void {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(output.write(rest));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    throw new ExitError(EXIT.io, `cannot write to standard output: ${ioErrorText(error)}`);
  }
}
