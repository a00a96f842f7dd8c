/** One file of a tree of Parquet files. */
import { sha256 } from "@noble/hashes/sha2";
import { ByteWriter } from "hyparquet-writer/bytewriter.js";
import { ParquetWriter } from "hyparquet-writer/parquet-writer.js";
import { zstdCompressSync } from "node:zlib";
import type { LogFile, System } from "../system.ts";
import { writeAll } from "../sinks/write_all.ts";
import { VERSION } from "../version.ts";
import { type ColumnBuffer, parquetSchema } from "./columns.ts";

/** What a file is made with. */
export type ParquetSystem = Pick<System, "openAppend" | "rename" | "removeFile" | "syncDir">;

/** Logs tell who talks to whom: nobody but their owner and group may read them. */
const FILE_MODE = 0o640;

/** Bytes of the hash that the name has. */
const NAME_BYTES = 16;

const encoder = new TextEncoder();

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes);
}

/**
 * A file that is written in row groups, under a hidden name until it is whole. Then it is called after the ids of
 * its events: what is converted twice takes the place of what was there, and is not there twice.
 */
export class ParquetFile {
  readonly #system: ParquetSystem;
  readonly #directory: string;
  readonly #hidden: string;
  readonly #file: LogFile;
  readonly #bytes = new ByteWriter(1 << 20);
  readonly #writer: ParquetWriter;
  readonly #hash = sha256.create();
  #rows = 0;
  #groups = 0;

  /**
   * Begins a file.
   *
   * @param directory That of the partition; it must be there.
   * @throws what the file system says.
   */
  constructor(system: ParquetSystem, directory: string) {
    this.#system = system;
    this.#directory = directory;
    this.#hidden = `${directory}/.${crypto.randomUUID()}.unfinished`;
    this.#file = system.openAppend(this.#hidden, FILE_MODE, true);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: parquetSchema(),
      codec: "ZSTD",
      compressors: { ZSTD: compress },
      createdBy: `connscribe version ${VERSION}`,
    });
  }

  /** How many records it has. */
  get rows(): number {
    return this.#rows;
  }

  /** How many row groups it has: what is known of each is kept until the end. */
  get groups(): number {
    return this.#groups;
  }

  /** Writes the records as a row group, and empties the buffer. @throws what the file system says. */
  add(buffer: ColumnBuffer): void {
    const { rows, eventIds } = buffer;
    this.#hash.update(encoder.encode(eventIds.join("\n") + "\n"));
    this.#rows += rows;
    this.#groups++;
    this.#writer.write({ columnData: buffer.take(), rowGroupSize: rows });
    this.#flush();
  }

  /**
   * Ends the file, and gives it its name.
   *
   * @param waits Whether to wait until it is on the disk.
   * @throws what the file system says; then {@linkcode abandon} it.
   */
  finish(waits: boolean): void {
    this.#writer.finish();
    this.#flush();
    if (waits) this.#file.sync();
    const name = this.#hash.digest().subarray(0, NAME_BYTES).toHex();
    this.#system.rename(this.#hidden, `${this.#directory}/${name}.parquet`);
    if (waits) this.#system.syncDir(this.#directory);
    this.#file.close();
  }

  /** Removes what there is of it. Never throws. */
  abandon(): void {
    this.#file.close();
    try {
      this.#system.removeFile(this.#hidden);
    } catch {
      // A hidden file stays; readers do not look at it.
    }
  }

  #flush(): void {
    writeAll(this.#file, this.#bytes.getBytes());
    // Its offset goes on: it is that in the file.
    this.#bytes.index = 0;
  }
}
