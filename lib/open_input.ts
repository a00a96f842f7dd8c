/** Opens what is to be read: a named pipe without making a thread wait in the kernel for its writer. */
import { openNonBlocking } from "./open_files.ts";
import type { PolledFile } from "./system.ts";

/** Something to read from. */
export interface Input {
  /** Reads what comes next. Returns how many bytes, null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  close(): void;
}

/** How often it is looked whether somebody writes, milliseconds. */
const WRITER_MS = 50;

/** How long a writer that has written nothing is left alone, milliseconds: twice as long each time. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 20;

/** Opens a file, a device or a named pipe. Throws errors of `Deno.errors`. */
export async function openInput(path: string): Promise<Input> {
  const { isFifo } = await Deno.stat(path);
  return isFifo ? new NamedPipe(await openNonBlocking(path)) : await Deno.open(path);
}

/** A pipe whose writers may come later: who opens it otherwise waits for them, all of a compiled program. */
class NamedPipe implements Input {
  readonly #file: PolledFile;
  #hasWriter = false;
  #isClosed = false;

  constructor(file: PolledFile) {
    this.#file = file;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (let ms = FIRST_PAUSE; !this.#isClosed; ms = Math.min(ms * 2, LONGEST_PAUSE)) {
      const length = this.#file.read(buffer);
      if (length === 0 && this.#hasWriter) return null;
      if (length !== 0) this.#hasWriter = true;
      if (length !== 0 && length !== "empty") return length;
      await pause(length === 0 ? WRITER_MS : ms);
    }
    return null;
  }

  close(): void {
    this.#isClosed = true;
    this.#file.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
