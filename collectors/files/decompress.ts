/** Reads compressed bytes. */
import type { Transform } from "node:stream";
import type { ByteSource } from "./byte_source.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** How a log may be compressed. */
export type Compression = "gzip" | "zstd";

/** Compressed bytes that are read at a time. */
const PIECE = 64 * 1024;

/** Bytes that are decompressed at a time. Of a corrupt stream so many before the fault may be lost. */
const CHUNK = 128 * 1024;

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Decompresses what a source gives: gzip with any number of members, zstd with any number of frames. What
 * comes before a tear is given, and then `problem` says that it is torn.
 *
 * @throws Error where this runtime cannot decompress it.
 */
export async function decompress(
  source: ByteSource,
  compression: Compression,
): Promise<Decompressor> {
  // Loaded late because it takes long. The standard `DecompressionStream` knows no second member of gzip.
  const zlib = await import("node:zlib");
  const options = { chunkSize: CHUNK };
  if (compression === "gzip") return new Decompressor(source, () => zlib.createGunzip(options));
  if (typeof zlib.createZstdDecompress !== "function") {
    throw new Error("cannot read zstd: decompress it first");
  }
  return new Decompressor(source, () => zlib.createZstdDecompress(options), new ZstdFrames());
}

/** One stream of `node:zlib`, to be polled: what it has made before an error is not lost so. */
class Polled {
  readonly #stream: Transform;
  #change = Promise.withResolvers<void>();
  #isWriting = false;
  #isEnding = false;
  isEnded = false;
  error: Error | undefined;

  constructor(stream: Transform) {
    this.#stream = stream;
    stream.on("readable", () => this.#change.resolve());
    stream.on("end", () => {
      this.isEnded = true;
      this.#change.resolve();
    });
    stream.on("error", (error: Error) => {
      this.error = error;
      this.#change.resolve();
    });
  }

  /** Whether it takes more. */
  get isHungry(): boolean {
    return !this.#isWriting && !this.#isEnding;
  }

  read(): Uint8Array {
    const chunk: unknown = this.#stream.read();
    return chunk instanceof Uint8Array ? chunk : NOTHING;
  }

  /** The bytes may be touched again when it is hungry again. */
  write(bytes: Uint8Array): void {
    this.#isWriting = true;
    this.#stream.write(bytes, () => {
      this.#isWriting = false;
      this.#change.resolve();
    });
  }

  end(): void {
    this.#isEnding = true;
    this.#stream.end();
  }

  /** Resolves once something has changed since the last time. */
  async changed(): Promise<void> {
    await this.#change.promise;
    this.#change = Promise.withResolvers();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}

/** What {@linkcode decompress} makes. */
export class Decompressor implements ByteSource, Disposable {
  readonly #source: ByteSource;
  readonly #make: () => Transform;
  /** Absent where the stream finds out itself where frames end: that of zstd ends with the first one. */
  readonly #frames: ZstdFrames | undefined;
  readonly #piece = new Uint8Array(PIECE);
  /** What of the piece has not been decompressed. */
  #compressed = NOTHING;
  /** What has been decompressed and not been given. */
  #plain = NOTHING;
  #stream: Polled | undefined;
  #isOver = false;
  #problem: string | undefined;

  constructor(source: ByteSource, make: () => Transform, frames?: ZstdFrames) {
    this.#source = source;
    this.#make = make;
    this.#frames = frames;
  }

  get problem(): string | undefined {
    return this.#isOver ? this.#problem : undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#plain.length === 0 && !this.#isOver) await this.#step();
    const given = this.#plain.subarray(0, into.length);
    into.set(given);
    this.#plain = this.#plain.subarray(given.length);
    return given.length;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stream?.destroy();
  }

  async #step(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return await this.#feed();
    this.#plain = stream.read();
    if (this.#plain.length > 0) return;
    if (stream.error !== undefined) {
      this.#problem ??= `the compressed data is torn or corrupt: ${stream.error.message}`;
      this.#isOver = true;
    } else if (stream.isEnded) {
      this.#stream = undefined;
    } else if (stream.isHungry) {
      await this.#feed();
    } else {
      await stream.changed();
    }
  }

  /** Gives the stream what comes next, or its end. */
  async #feed(): Promise<void> {
    if (this.#compressed.length === 0) {
      const length = await this.#source.read(this.#piece);
      if (length === 0) return this.#sourceEnded();
      this.#compressed = this.#piece.subarray(0, length);
    }
    const length = this.#frames?.walk(this.#compressed) ?? this.#compressed.length;
    if (length === 0) return this.#endWith("the compressed data goes on with something else");
    this.#stream ??= new Polled(this.#make());
    this.#stream.write(this.#compressed.subarray(0, length));
    this.#compressed = this.#compressed.subarray(length);
    if (this.#frames?.isBetween) this.#stream.end();
  }

  #sourceEnded(): void {
    const isTorn = this.#frames?.isBetween === false;
    this.#endWith(this.#source.problem ?? (isTorn ? "the compressed data is torn" : undefined));
  }

  #endWith(problem: string | undefined): void {
    this.#problem = problem;
    if (this.#stream === undefined) this.#isOver = true;
    else this.#stream.end();
  }
}
