/** Reads the messages of a spool one after the other, many at once from the disk. */
import type { SpoolFiles } from "./spool_files.ts";
import { readFrame } from "./spool_format.ts";

/** How much is read at once. */
const READ_BYTES = 65_536;

/** A message, and how many bytes it takes in its file. */
export interface StoredFrame {
  readonly bytes: Uint8Array;
  readonly stored: number;
}

/** Keeps what it has read; files grow, and else never change. */
export class SpoolReader {
  readonly #files: Pick<SpoolFiles, "readAt">;
  #name = "";
  #begin = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(files: Pick<SpoolFiles, "readAt">) {
    this.#files = files;
  }

  /**
   * The message that begins at a place; undefined where something else stands there.
   *
   * @param size Bytes of the file that are whole messages.
   */
  read(name: string, offset: number, size: number): StoredFrame | undefined {
    const isKept = name === this.#name && offset >= this.#begin;
    let chunk: Uint8Array = isKept ? this.#bytes.subarray(offset - this.#begin) : new Uint8Array(0);
    let reading = readFrame(chunk, 0);
    // At the end of what was read, and of a message that is longer than is read at once.
    for (const most of [READ_BYTES, Infinity]) {
      if (typeof reading !== "string") break;
      chunk = this.#files.readAt(name, offset, Math.min(most, size - offset));
      this.#name = name;
      this.#begin = offset;
      this.#bytes = chunk;
      reading = readFrame(chunk, 0);
    }
    if (typeof reading === "string") return undefined;
    return { bytes: chunk.slice(reading.start, reading.end), stored: reading.end };
  }
}
