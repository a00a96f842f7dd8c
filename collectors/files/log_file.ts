/** A log on disk, on standard input or in a pipe. */
import { type ByteSource, Lookahead } from "./byte_source.ts";
import { type Compression, decompress, type Decompressor } from "./decompress.ts";
import { beginsZstdFrame } from "./zstd_frames.ts";
import { type Input, openInput } from "../../lib/open_input.ts";
import { inputName } from "../input_name.ts";

/** Bytes at the beginning of a log that tell its format. */
export const HEAD_BYTES = 64 * 1024;

/** Bytes that are read from a pipe at a time. */
const PIPE_BYTES = 256 * 1024;

/** What Deno says after the message of the system, and what the sentence says already: `: stat 'FILE'`. */
const OPERATION = /: [a-z]+ '[^]*'$/;

/** Why a file cannot be read, as a sentence. */
export function readProblem(path: string, error: unknown): string {
  const name = inputName(path);
  if (error instanceof Deno.errors.NotFound) return `cannot read ${name}: there is no such file`;
  if (error instanceof Deno.errors.PermissionDenied) return `may not read ${name}: run as root`;
  const message = error instanceof Error ? error.message : String(error);
  return `cannot read ${name}: ${message.replace(OPERATION, "")}`;
}

/** The bytes as they are stored. */
class Stored implements ByteSource, Disposable {
  readonly #path: string;
  /** A regular file: to read it never waits for somebody who writes. */
  readonly #file: Deno.FsFile | undefined;
  /** What is none. */
  readonly #input: Input | undefined;
  /** Who reads a pipe may be given up: what is late must not come into the memory of others. */
  #pipe: Uint8Array<ArrayBuffer> | undefined;
  problem: string | undefined;
  bytesRead = 0;

  constructor(path: string, from: { readonly file: Deno.FsFile } | { readonly input: Input }) {
    this.#path = path;
    if ("file" in from) this.#file = from.file;
    else this.#input = from.input;
  }

  read(into: Uint8Array): number | Promise<number> {
    const file = this.#file;
    if (file === undefined) return this.#readPipe(into);
    const length = this.#try(() => file.readSync(into) ?? 0);
    this.bytesRead += length;
    return length;
  }

  /** Only of a regular file. */
  readAt(into: Uint8Array, at: number): number {
    return this.#try(() => {
      this.#file?.seekSync(at, Deno.SeekMode.Start);
      return this.#file?.readSync(into) ?? 0;
    });
  }

  seek(at: number): void {
    this.#file?.seekSync(at, Deno.SeekMode.Start);
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#input?.close();
  }

  async #readPipe(into: Uint8Array): Promise<number> {
    const buffer = this.#pipe ??= new Uint8Array(PIPE_BYTES);
    try {
      const part = buffer.subarray(0, into.length);
      const length = await this.#input?.read(part) ?? 0;
      into.set(part.subarray(0, length));
      return length;
    } catch (error) {
      this.problem = readProblem(this.#path, error);
      return 0;
    }
  }

  #try(read: () => number): number {
    try {
      return read();
    } catch (error) {
      this.problem = readProblem(this.#path, error);
      return 0;
    }
  }
}

/** What tells a regular file from others; undefined of what is none. */
function identityOf({ isFile, dev, ino }: Deno.FileInfo): string | undefined {
  return isFile && ino !== null ? `${dev} ${ino}` : undefined;
}

/** What tells the regular file at a path from others: see {@linkcode LogFile.identity}. */
export function identityOfFile(path: string): string | undefined {
  try {
    return identityOf(Deno.statSync(path));
  } catch {
    return undefined;
  }
}

/** Undefined where it is no regular file. */
function openRegular(path: string): Deno.FsFile | undefined {
  const { isFile, isDirectory } = Deno.statSync(path);
  if (isDirectory) throw new Error("it is a directory");
  return isFile ? Deno.openSync(path) : undefined;
}

/** Opens what is to be read; a directory is not. */
async function openStored(
  path: string,
): Promise<{ stored: Stored; size: number; identity: string | undefined }> {
  if (path === "-") {
    const identity = identityOfFile("/dev/stdin");
    return { stored: new Stored(path, { input: STDIN }), size: 0, identity };
  }
  try {
    // To open a regular file at once is many times as fast.
    const file = openRegular(path);
    if (file === undefined) {
      const input = await openInput(path);
      return { stored: new Stored(path, { input }), size: 0, identity: undefined };
    }
    const info = file.statSync();
    return { stored: new Stored(path, { file }), size: info.size, identity: identityOf(info) };
  } catch (error) {
    throw new Error(readProblem(path, error), { cause: error });
  }
}

const STDIN: Input = { read: (buffer) => Deno.stdin.read(buffer), close: () => {} };

function compressionOf(magic: Uint8Array): Compression | "none" {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return "gzip";
  return beginsZstdFrame(magic) ? "zstd" : "none";
}

/** Whether there is a line that is not blank, and its end. */
function hasLine(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes).trimStart();
  return text.includes("\n");
}

/** A log. Its bytes are read decompressed. */
export class LogFile implements ByteSource, Disposable {
  /** `-` is standard input. */
  readonly path: string;
  /** Bytes that it takes on disk, when it was opened; 0 where it is no regular file. */
  readonly size: number;
  /** Tells it from other files, also from one that is made in its place; undefined where it is no regular one. */
  readonly identity: string | undefined;
  /** By its first bytes. */
  readonly compression: Compression | "none";
  readonly #stored: Stored;
  readonly #decompressor: Decompressor | undefined;
  readonly #bytes: Lookahead;

  private constructor(
    path: string,
    { stored, size, identity }: Awaited<ReturnType<typeof openStored>>,
    raw: Lookahead,
    compression: Compression | "none",
    decompressor: Decompressor | undefined,
  ) {
    this.path = path;
    this.size = size;
    this.identity = identity;
    this.compression = compression;
    this.#stored = stored;
    this.#decompressor = decompressor;
    this.#bytes = decompressor === undefined ? raw : new Lookahead(decompressor);
  }

  /**
   * Opens a log, and waits for the first bytes of a pipe.
   *
   * @param path `-` is standard input.
   * @throws Error with a sentence for people where it cannot be read.
   */
  static async open(path: string): Promise<LogFile> {
    const opened = await openStored(path);
    const { stored } = opened;
    try {
      const raw = new Lookahead(stored);
      const compression = compressionOf(await raw.peek(4, () => false));
      if (stored.problem !== undefined) throw new Error(stored.problem);
      const decompressor = compression === "none"
        ? undefined
        : await decompress(raw, compression).catch((error) => {
          throw new Error(readProblem(path, error));
        });
      return new LogFile(path, opened, raw, compression, decompressor);
    } catch (error) {
      stored[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes that have been read one after the other, as they are stored: of a regular file. */
  get bytesRead(): number {
    return this.#stored.bytesRead;
  }

  /** Whether it can be read from any place on. */
  get seekable(): boolean {
    return this.size > 0 && this.compression === "none";
  }

  /** After the end: why not all could be read. A sentence for people. */
  get problem(): string | undefined {
    const { problem } = this.#bytes;
    if (problem === undefined || this.#stored.problem !== undefined) return this.#stored.problem;
    return `cannot read all of ${inputName(this.path)}: ${problem}`;
  }

  /** Reads what comes next: at once where it is seekable, see {@linkcode ByteSource.read}. */
  read(into: Uint8Array): number | Promise<number> {
    return this.#bytes.read(into);
  }

  /**
   * Reads at a place, where it is seekable. Returns how many bytes: 0 at the end. Before `read` goes on, it
   * has to `seek`.
   */
  readAt(into: Uint8Array, at: number): number {
    this.#bytes.drop();
    return this.#stored.readAt(into, at);
  }

  /** Goes on reading at a place. Where it is seekable. */
  seek(at: number): void {
    this.#bytes.drop();
    this.#stored.seek(at);
  }

  /**
   * What `read` gives next: `HEAD_BYTES` of it. Of what is no regular file maybe less, but a whole line where
   * there is one.
   */
  async head(): Promise<Uint8Array> {
    const isRegular = this.size > 0;
    const length = this.seekable ? Math.min(this.size, HEAD_BYTES) : HEAD_BYTES;
    return await this.#bytes.peek(length, (bytes) => !isRegular && hasLine(bytes));
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#decompressor?.[Symbol.dispose]();
    this.#stored[Symbol.dispose]();
  }
}
