/** Compresses files that are done with, one at a time, while others are written. */
import type { Diag } from "../diag.ts";
import { ioErrorText } from "./io_error.ts";
import { type FileSystem, type LogFiles, SUFFIXES, UNFINISHED } from "./log_files.ts";
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

  /** Resolves when all is done. */
  async finished(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    const { diag } = this.#context;
    while (true) {
      try {
        const identity = await this.#compressOne();
        if (identity === undefined) return;
      } catch (error) {
        diag.say("warning", `cannot compress a file of ${this.#files.name}: ${ioErrorText(error)}`);
        return;
      }
    }
  }

  /** Compresses the oldest file that is to be. Returns what tells it from others; undefined of none. */
  async #compressOne(): Promise<string | undefined> {
    const { system, compress } = this.#context;
    const file = this.#files.closed().find(({ path, isCompressed, isSettled }) => {
      return !isCompressed && isSettled && !this.#failed.has(identityOf(system, path) ?? "");
    });
    const identity = file && identityOf(system, file.path);
    if (file === undefined || identity === undefined) return undefined;
    const { path } = file;
    const compressed = path + SUFFIXES[this.#compression];
    const unfinished = compressed + UNFINISHED;
    try {
      await compress(path, unfinished, this.#compression);
    } catch (error) {
      this.#failed.add(identity);
      system.removeFile(unfinished);
      throw error;
    }
    // Another file has that name by now: this was that one, or a part of both. It is done again.
    if (identityOf(system, path) === identity) {
      system.rename(unfinished, compressed);
      system.syncDir(this.#files.directory);
      system.removeFile(path);
    } else {
      system.removeFile(unfinished);
    }
    return identity;
  }
}

function identityOf(system: Pick<FileSystem, "stat">, path: string): string | undefined {
  return system.stat(path)?.file;
}
