/** Opens the files that records are appended to. */
import { EXIT, ExitError } from "../exit.ts";
import type { AppendFile, System } from "../system.ts";
import { ioErrorText } from "./io_error.ts";

/** Records tell who talks to whom: the owner writes, the group reads, others do neither. */
const MODE = 0o640;

function advice(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return ": run as a user who may write it, or choose another file";
  }
  if (error instanceof Deno.errors.NotFound) return ": create its directory first";
  return error instanceof Deno.errors.IsADirectory ? ": name a file in it" : "";
}

/**
 * Opens a file for appending, and creates it with mode 0640, less the umask, if it is not there.
 *
 * @throws {ExitError} 73 if that is impossible.
 */
export function openForAppending(system: Pick<System, "openAppend">, path: string): AppendFile {
  try {
    return system.openAppend(path, MODE);
  } catch (error) {
    const problem = ioErrorText(error) + advice(error);
    throw new ExitError(EXIT.cannotCreate, `cannot open "${path}" for appending: ${problem}`);
  }
}
