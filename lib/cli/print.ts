/** Writes text to stdout or stderr. */
import type { Output } from "../system.ts";

/**
 * Writes all of the text: an operating system may take less at once.
 *
 * @throws {Error} An error of `Deno.errors`, such as `BrokenPipe` when nobody reads any more.
 */
export function print(output: Output, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(output.write(rest));
}
