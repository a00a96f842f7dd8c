/** Errors of input and output, in words and in kinds. */

/**
 * What the system says of an error, to stand behind a colon: `no space left on device`. Deno's messages
 * end in the number of the error and, for a file, in its name, which the caller has said already.
 */
export function ioErrorText(error: unknown): string {
  if (error instanceof Deno.errors.WouldBlock) return "its reader takes nothing";
  if (!(error instanceof Error)) return String(error);
  const text = error.message.replace(/ \(os error \d+\).*$/s, "");
  return text === "" ? error.name : text.charAt(0).toLowerCase() + text.slice(1);
}

/** Whether the error says that the reader of a pipe or socket has gone away (EPIPE, ECONNRESET). */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

/** Whether the same write may succeed a little later (EAGAIN, EINTR). */
export function isTemporary(error: unknown): boolean {
  return error instanceof Deno.errors.WouldBlock || error instanceof Deno.errors.Interrupted;
}
