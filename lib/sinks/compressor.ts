/** Compresses files that are done with, one at a time, while others are written. */
import type { Diag } from "../diag.ts";
import { ioErrorText } from "./io_error.ts";
import {
  type FileSystem,
  type KeptFile,
  type LogFiles,
  SUFFIXES,
  UNFINISHED,
} from "./log_files.ts";
import type { Compression } from "./parse_rotation.ts";

/**
 * Compresses a file into another one, which is on the disk when this resolves.
 *
 * @throws what went wrong; what there is of the other file is of no use.
 */
export type Compress = (path: string, to: string, compression: Compression) => Promise<void>;

/** What a compressor works with. */
export interface CompressorContext {
  readonly system: Pick<FileSystem, "stat" | "rename" | "removeFile" | "syncDir">;
  readonly diag: Pick<Diag, "say">;
  readonly compress: Compress;
  /** Aborts when the run is to end at once: what is not done then, the next one does. */
  readonly interrupted: AbortSignal;
}

/** Compresses the files of a log. */
export class Compressor {
  readonly #files: LogFiles;
  readonly #compression: Compression;
  readonly #context: CompressorContext;
  #running: Promise<void> | undefined;
  /** Files that could not be compressed: they stay as they are. */
  readonly #failed = new Set<string>();

  constructor(files: LogFiles, compression: Compression, context: CompressorContext) {
    this.#files = files;
    this.#compression = compression;
    this.#context = context;
  }

  /** Begins to compress what is to be, if it is not at work. Never throws. */
  look(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#work().finally(() => this.#running = undefined);
  }

  /** Resolves when all is done, or the run is interrupted. */
  async finished(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    try {
      // Until there is nothing to do: meanwhile others are done with, or have got other names.
      while (await this.#compressAll());
    } catch (error) {
      if (this.#context.interrupted.aborted) return;
      const problem = ioErrorText(error);
      this.#context.diag.say(
        "warning",
        `cannot compress a file of ${this.#files.name}: ${problem}`,
      );
    }
  }

  /** Compresses the files that are to be, the oldest first. Returns whether there were any. */
  async #compressAll(): Promise<boolean> {
    let hasFound = false;
    for (const file of this.#files.closed()) {
      if (this.#context.interrupted.aborted) return false;
      if (file.isCompressed || !file.isSettled || this.#failed.has(file.file)) continue;
      hasFound = true;
      await this.#compressOne(file);
    }
    return hasFound;
  }

  /** Compresses a file, if it is still that of its name. */
  async #compressOne({ path, file }: KeptFile): Promise<void> {
    const { system, compress, interrupted } = this.#context;
    if (system.stat(path)?.file !== file) return;
    const compressed = path + SUFFIXES[this.#compression];
    const unfinished = compressed + UNFINISHED;
    try {
      await unlessAborted(compress(path, unfinished, this.#compression), interrupted);
    } catch (error) {
      this.#failed.add(file);
      system.removeFile(unfinished);
      throw error;
    }
    // Another file has that name by now: this was that one, or a part of both. It is done again.
    if (system.stat(path)?.file !== file) {
      system.removeFile(unfinished);
      return;
    }
    system.rename(unfinished, compressed);
    system.syncDir(this.#files.directory);
    system.removeFile(path);
  }
}

/** Waits no longer than until the signal aborts. @throws its reason, then. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
