/** Opens the files that records are appended to. */
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { AppendFile, FileEnd, LogFile, System } from "../system.ts";
import { ioErrorText } from "./io_error.ts";

/** Records tell who talks to whom: the owner writes, the group reads, others do neither. */
export const MODE = 0o640;

/** What to do about a file that cannot be opened, to stand behind what the system says of it. */
export function openAdvice(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return ": run as a user who may write it, or choose another file";
  }
  if (error instanceof Deno.errors.NotFound) return ": create its directory first";
  return error instanceof Deno.errors.IsADirectory ? ": name a file in it" : "";
}

/**
 * Opens a file for appending, and creates it with mode 0640, less the umask, if it is not there.
 *
 * @throws {ExitError} 73 if that is impossible; 75 while another process writes to it.
 */
export function openForAppending(system: Pick<System, "openAppend">, path: string): LogFile {
  let file: LogFile;
  try {
    file = system.openAppend(path, MODE);
  } catch (error) {
    const problem = ioErrorText(error) + openAdvice(error);
    throw new ExitError(EXIT.cannotCreate, `cannot open "${path}" for appending: ${problem}`);
  }
  if (file.tryLock()) return file;
  file.close();
  throw new ExitError(EXIT.temporary, `another process writes to "${path}"`);
}

/**
 * Opens a named pipe for writing, and waits for its reader.
 *
 * @throws {ExitError} 73 if that is impossible, or if the signal aborts first.
 */
export async function openForReader(
  system: Pick<System, "openPipe">,
  path: string,
  { diag, signal }: { readonly diag: Pick<Diag, "say">; readonly signal: AbortSignal },
): Promise<LogFile> {
  diag.say("notice", `"${path}" is a named pipe: waiting until somebody reads it`);
  let problem = "nobody has come to read it";
  try {
    const file = await system.openPipe(path, signal);
    if (file !== undefined) return file;
  } catch (error) {
    problem = ioErrorText(error) + openAdvice(error);
  }
  throw new ExitError(EXIT.cannotCreate, `cannot open "${path}" for writing: ${problem}`);
}

/**
 * Cuts off what is in a file behind where it ended when its contents were certain last: a run that did not
 * come to its end has written it, and it will be written again. Leaves other files as they are.
 *
 * @param ends Where files ended; those of this and of others.
 */
export function cutBack(
  file: AppendFile,
  path: string,
  ends: readonly FileEnd[],
  diag: Pick<Diag, "say">,
): void {
  try {
    const now = file.sync();
    const end = ends.find((end) => end.file === now?.file);
    if (now === undefined || end === undefined || now.size <= end.size) return;
    file.truncate(end.size);
  } catch (error) {
    diag.say(
      "warning",
      `cannot take back what a run that was broken off wrote to "${path}": ${
        ioErrorText(error)
      }; it is written again with the same event ids`,
    );
  }
}
