/** The main thread's side of the thread that sees to a disk, which alone may ask how much of it is free. */
import { EXIT, ExitError } from "../exit.ts";
import type { Compress } from "./compressor.ts";
import type { FromDisk, ToDisk } from "./disk_messages.ts";
import type { FreeRoom } from "./file_target.ts";
import type { MinFree } from "./parse_rotation.ts";

const KIB = 1024;

/** What is to be seen to. */
export interface DiskOptions {
  readonly directory: string;
  /** How much is to be left free; absent: that does not matter. */
  readonly minFree?: MinFree;
  /** Whether files are to be compressed. */
  readonly compresses: boolean;
}

/** Sees to the disk of a directory until it is disposed of. */
export class Disk implements Disposable, FreeRoom {
  readonly #worker: Worker;
  readonly #found = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  readonly #view = new Int32Array(this.#found);
  /** How often the thread had looked when it was asked last, and what was written since then, bytes. */
  #looks = 0;
  #spent = 0;
  /** What waits for an answer: one at a time. */
  #answer: ((message: FromDisk) => void) | undefined;
  /** What has ended the thread. */
  #problem: string | undefined;

  private constructor({ directory, minFree, compresses }: DiskOptions) {
    // By both names: a permission counts for what a link leads to.
    const places = [directory, Deno.realPathSync(directory)];
    this.#worker = new Worker(new URL("./disk_worker.ts", import.meta.url), {
      type: "module",
      name: "disk",
      deno: {
        permissions: {
          read: places,
          ...(minFree !== undefined && { sys: ["statfs"] }),
          ...(compresses && { write: places }),
        },
      },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromDisk>) => this.#answer?.(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#problem = event.message;
      this.#answer?.({ type: "ready", problem: event.message });
    };
  }

  /**
   * Starts the thread; resolves once the main thread may give up its permissions.
   *
   * @throws {ExitError} 73 if it cannot be seen how much is free.
   */
  static async open(options: DiskOptions): Promise<Disk> {
    const disk = new Disk(options);
    const { directory, minFree } = options;
    const { problem } = await disk.#ask({
      type: "start",
      directory,
      found: disk.#found,
      ...(minFree !== undefined && { minFree }),
    });
    if (problem === undefined) return disk;
    disk[Symbol.dispose]();
    throw new ExitError(
      EXIT.cannotCreate,
      `cannot see how much of the disk of "${directory}" is free: ${problem}: use --min-free 0`,
    );
  }

  lacking(): number {
    const looks = Atomics.load(this.#view, 1);
    if (looks !== this.#looks) this.#spent = 0;
    this.#looks = looks;
    // The thread looks now and then; what is written in between fills the disk all the same.
    return Atomics.load(this.#view, 0) * KIB + this.#spent;
  }

  spend(bytes: number): void {
    this.#spent += bytes;
  }

  /** Compresses a file; one at a time. */
  readonly compress: Compress = async (path, to, compression) => {
    const { problem } = await this.#ask({ type: "compress", path, to, compression });
    if (problem !== undefined) throw new Error(problem);
  };

  [Symbol.dispose](): void {
    this.#worker.terminate();
    this.#answer?.({ type: "compressed", problem: "it was broken off" });
  }

  #ask(message: ToDisk): Promise<FromDisk> {
    const problem = this.#problem;
    if (problem !== undefined) return Promise.resolve({ type: "ready", problem });
    const { promise, resolve } = Promise.withResolvers<FromDisk>();
    this.#answer = resolve;
    this.#worker.postMessage(message);
    return promise;
  }
}
