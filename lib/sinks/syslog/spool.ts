/**
 * Messages on the disk until they are confirmed: they survive the end of the program. In numbered files
 * (`spool_format.ts`), of which the oldest goes when all in it is confirmed. Where it is not known how far
 * the run before came, messages are sent twice rather than never.
 */
import { EXIT, ExitError } from "../../exit.ts";
import { ioErrorText } from "../io_error.ts";
import { writeAll } from "../write_all.ts";
import { countOctets } from "./frame.ts";
import type { Frame, FrameQueue } from "./queue.ts";
import type { SpoolFiles, SpoolWriter } from "./spool_files.ts";
import { fileName, fileNumber, frameEnds, parsePosition, positionText } from "./spool_format.ts";
import { SpoolReader } from "./spool_reader.ts";

const POSITION = "position";
/** A file takes about this part of the whole, and so many bytes at most. */
const FILES = 16;
const LARGEST_FILE = 4 * 2 ** 20;

/** One file. */
interface SpoolFile {
  readonly number: number;
  /** Bytes of its whole messages. */
  size: number;
  /** Bytes on the disk: what was torn takes room, too. */
  stored: number;
}

/** What the run before has left behind. */
export interface Left {
  readonly frames: number;
  /** Bytes that are no whole messages. */
  readonly tornBytes: number;
}

/** A queue on the disk. */
export class Spool implements FrameQueue {
  readonly #files: SpoolFiles;
  readonly #mostBytes: number;
  readonly #fileBytes: number;
  /** From the oldest on. */
  readonly #list: SpoolFile[] = [];
  #writer: SpoolWriter | undefined;
  #stored = 0;
  #waiting = 0;
  /** In the first file: bytes before the oldest message that is not confirmed. */
  #confirmed = 0;
  /** Where the next message to take begins: index in the list, and bytes. */
  #index = 0;
  #offset = 0;
  /** Sizes of what was taken and not confirmed, with their lengths before them. */
  #taken: number[] = [];
  readonly #reader: SpoolReader;
  /** The number of the latest file; no other gets it again. */
  #number = 0;
  #broken = 0;
  #isUnsynced = false;
  #isMoved = false;
  readonly left: Left;

  /**
   * @param mostBytes Most bytes on the disk.
   * @throws ExitError 73 when the directory cannot be used, 75 when another process uses it.
   */
  constructor(files: SpoolFiles, mostBytes: number, name: string) {
    this.#files = files;
    this.#reader = new SpoolReader(files);
    this.#mostBytes = mostBytes;
    this.#fileBytes = Math.min(mostBytes / FILES, LARGEST_FILE);
    try {
      if (!files.lock()) {
        files.close();
        throw new ExitError(EXIT.temporary, `another process uses the spool "${name}"`);
      }
      this.left = this.#read();
    } catch (error) {
      if (error instanceof ExitError) throw error;
      throw new ExitError(
        EXIT.cannotCreate,
        `cannot use the spool "${name}": ${ioErrorText(error)}`,
      );
    }
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** How many messages are there that are not confirmed. */
  get unconfirmed(): number {
    return this.#waiting + this.#taken.length;
  }

  /** How many messages were not there any more when their turn came: somebody has changed the files. */
  get broken(): number {
    return this.#broken;
  }

  /**
   * Stores a message. Returns false where there is no room for it.
   *
   * @throws Errors of the file system; the message is not stored then.
   */
  push(frame: Pick<Frame, "bytes">): boolean {
    const bytes = countOctets([frame.bytes]);
    if (this.#stored + bytes.length > this.#mostBytes) return false;
    let last = this.#list.at(-1);
    if (this.#writer === undefined || last === undefined || last.size >= this.#fileBytes) {
      last = this.#begin();
    }
    const { size } = last;
    try {
      if (this.#writer === undefined) throw new Error("nothing was taken");
      writeAll(this.#writer, bytes);
    } catch (error) {
      this.#mend(last, size);
      throw error;
    }
    last.size += bytes.length;
    last.stored = last.size;
    this.#stored += bytes.length;
    this.#waiting++;
    this.#isUnsynced = true;
    return true;
  }

  take(bytes: number): Frame[] {
    const taken: Frame[] = [];
    let size = 0;
    while (this.#waiting > 0 && (taken.length === 0 || size < bytes)) {
      const file = this.#list[this.#index];
      if (file === undefined) break;
      if (this.#offset >= file.size) {
        this.#index++;
        this.#offset = 0;
        continue;
      }
      const frame = this.#next(file);
      if (frame === undefined) {
        this.#skip(file);
        continue;
      }
      taken.push({ bytes: frame, isRecord: true });
      size += frame.length;
    }
    return taken;
  }

  confirm(count: number): void {
    for (const size of this.#taken.slice(0, count)) this.#confirmed += size;
    this.#taken = this.#taken.slice(count);
    this.#isMoved ||= count > 0;
    this.#removeConfirmed();
  }

  rewind(): number {
    const count = this.#taken.length;
    this.#index = 0;
    this.#offset = this.#confirmed;
    this.#waiting += count;
    this.#taken = [];
    return count;
  }

  /**
   * Makes certain that what was stored and confirmed stays so.
   *
   * @throws Errors of the file system.
   */
  sync(): void {
    if (this.#isUnsynced) this.#writer?.sync();
    this.#isUnsynced = false;
    const [first] = this.#list;
    if (this.#isMoved && first !== undefined) {
      this.#files.replace(
        POSITION,
        positionText({ file: first.number, offset: this.#confirmed }),
      );
    }
    this.#isMoved = false;
  }

  /**
   * As `sync`, and gives the directory free.
   *
   * @throws Errors of the file system.
   */
  close(): void {
    try {
      this.sync();
    } finally {
      this.#writer?.close();
      this.#writer = undefined;
      this.#removeConfirmed();
      this.#files.close();
    }
  }

  /** Looks what there is. */
  #read(): Left {
    const files = this.#files;
    const names = files.names();
    const position = names.includes(POSITION)
      ? parsePosition(new TextDecoder().decode(files.read(POSITION)))
      : undefined;
    const numbers = names.map(fileNumber).filter((number) => number !== undefined);
    this.#number = Math.max(0, position?.file ?? 0, ...numbers);
    let tornBytes = 0;
    for (const number of numbers.sort((a, b) => a - b)) {
      const bytes = files.read(fileName(number));
      const ends = frameEnds(bytes);
      const size = ends.at(-1) ?? 0;
      tornBytes += bytes.length - size;
      if (size === 0 || number < (position?.file ?? 0)) {
        files.remove(fileName(number));
        continue;
      }
      this.#list.push({ number, size, stored: bytes.length });
      this.#stored += bytes.length;
      this.#waiting += ends.length;
      if (number !== position?.file) continue;
      const index = ends.indexOf(position.offset);
      if (index < 0) continue;
      this.#confirmed = position.offset;
      this.#waiting -= index + 1;
    }
    this.#offset = this.#confirmed;
    this.#removeConfirmed();
    return { frames: this.#waiting, tornBytes };
  }

  #begin(): SpoolFile {
    if (this.#isUnsynced) this.#writer?.sync();
    this.#writer?.close();
    this.#writer = undefined;
    const number = this.#number + 1;
    this.#writer = this.#files.create(fileName(number));
    this.#number = number;
    const file = { number, size: 0, stored: 0 };
    this.#list.push(file);
    return file;
  }

  /** Cuts off a part of a message; where that cannot be, the next message begins another file. */
  #mend(file: SpoolFile, size: number): void {
    try {
      this.#writer?.truncate(size);
    } catch {
      this.#writer?.close();
      this.#writer = undefined;
      file.stored = size;
    }
  }

  /** The next message of the file; undefined where the file holds something else. */
  #next({ number, size }: SpoolFile): Uint8Array | undefined {
    const frame = this.#reader.read(fileName(number), this.#offset, size);
    if (frame === undefined) return undefined;
    this.#offset += frame.stored;
    this.#taken.push(frame.stored);
    this.#waiting--;
    return frame.bytes;
  }

  /** Goes on behind a file that somebody has changed. */
  #skip(file: SpoolFile): void {
    if (file === this.#list.at(-1)) {
      this.#writer?.close();
      this.#writer = undefined;
    }
    file.size = this.#offset;
    const before = this.#waiting;
    this.#waiting = 0;
    for (const { number } of this.#list.slice(this.#index + 1)) {
      this.#waiting += frameEnds(this.#files.read(fileName(number))).length;
    }
    this.#broken += before - this.#waiting;
  }

  /** Removes files of which all is confirmed, unless more is written to them. */
  #removeConfirmed(): void {
    while (true) {
      const [first] = this.#list;
      const isWritten = this.#writer !== undefined && this.#list.length === 1;
      if (first === undefined || isWritten || this.#confirmed < first.size) return;
      this.#files.remove(fileName(first.number));
      this.#stored -= first.stored;
      this.#list.shift();
      this.#confirmed -= first.size;
      if (this.#index > 0) this.#index--;
      else this.#offset = 0;
    }
  }
}
