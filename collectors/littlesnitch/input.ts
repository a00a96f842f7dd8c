/** The bytes of a file or of standard input, read without blocking the thread. */
import { EXIT, ExitError } from "../../lib/exit.ts";
import { type Input, openInput } from "../../lib/open_input.ts";
import { inputName } from "../input_name.ts";

/** Bytes that are read at a time. */
const CHUNK = 512 * 1024;

/** Opens files: a test may open something else. */
export type OpenSource = (path: string) => Promise<Input>;

/** Opens a file; `-` is standard input. Throws errors of `Deno.errors`. */
export async function openSource(path: string): Promise<Input> {
  if (path !== "-") return await openInput(path);
  return { read: (buffer) => Deno.stdin.read(buffer), close: () => {} };
}

/**
 * Yields what is read, to the end or until the signal aborts; by then the file is closed. A chunk is valid
 * until the next one is asked for; meanwhile that is read already.
 *
 * @throws ExitError 69 when it cannot be read, 77 when it may not be.
 */
export async function* inputChunks(
  path: string,
  open: OpenSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let source: Input | undefined;
  const listening = new AbortController();
  const aborted = new Promise<null>((resolve) => {
    const options = { signal: listening.signal };
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), options);
  });
  try {
    // A pipe is open only once somebody writes to it.
    const opening = open(path);
    const opened = await Promise.race([opening, aborted]);
    if (opened === null) return void opening.then((late) => late.close(), () => {});
    source = opened;
    let buffer = new Uint8Array(CHUNK);
    let other = new Uint8Array(CHUNK);
    let coming = source.read(buffer);
    while (!signal.aborted) {
      // Who waits for a pipe cannot be called back: it is left alone.
      const length = await Promise.race([coming, aborted]);
      if (length === null) return;
      const chunk = buffer.subarray(0, length);
      [buffer, other] = [other, buffer];
      coming = source.read(buffer);
      // It may fail while nobody waits for it.
      coming.catch(() => {});
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      throw new ExitError(EXIT.permission, `may not read ${inputName(path)}: ${error.message}`);
    }
    if (!(error instanceof Error) || error instanceof ExitError) throw error;
    throw new ExitError(EXIT.unavailable, `cannot read ${inputName(path)}: ${error.message}`);
  } finally {
    listening.abort();
    source?.close();
  }
}
