/** Keeps a search from reading what it writes: it would never come to an end, or answer with its answers. */
import { identityOfFile } from "../../collectors/files/log_file.ts";
import type { Logs } from "../../collectors/files/logs.ts";
import { EXIT, ExitError } from "../exit.ts";
import { inputName } from "../../collectors/input_name.ts";

/**
 * Closes the logs that are kept open, and throws, where one of them is the output.
 *
 * @param out Path of the output; absent for standard output.
 * @throws ExitError 64
 */
export function checkOwnOutput({ parts, kept }: Logs, out: string | undefined): void {
  // On Linux; elsewhere nothing is known of it.
  const output = identityOfFile(out ?? "/proc/self/fd/1");
  const part = parts.find(({ identity }) => identity !== undefined && identity === output);
  if (part === undefined) return;
  for (const file of kept.values()) file[Symbol.dispose]();
  throw new ExitError(
    EXIT.usage,
    `${inputName(part.path)} is also the output: write to another file`,
  );
}
