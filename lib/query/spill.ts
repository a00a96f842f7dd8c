/** Sorted runs, merged into one: in memory as long as they are small, else in a file that has no name. */
import { ioErrorText } from "../sinks/io_error.ts";
import { EXIT, ExitError } from "../exit.ts";

/** Reads the item that begins at `at` of a piece of a run; undefined where it is not all there. */
export type Decode<Item> = (
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
) => { entry: Item; next: number } | undefined;

/** How much of each run is read at a time: less where there are many runs. */
const WINDOW_BYTES = 65_536;
const LEAST_WINDOW = 4096;

/** A run: in memory, or where it stands in the file. */
type Run = { readonly bytes: Uint8Array<ArrayBuffer> } | {
  readonly at: number;
  readonly size: number;
};

/** Keeps runs. */
export class Spill implements Disposable {
  readonly #file: Deno.FsFile | undefined;
  readonly #maxBytes: number;
  readonly #runs: Run[] = [];
  #kept = 0;
  #end = 0;

  private constructor(file: Deno.FsFile | undefined, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /**
   * Opens the file while that is still permitted, and removes its name: it ends with the program.
   *
   * @param maxBytes For the runs, together: half of it for those in memory, the rest for reading them.
   * @param isUsed Whether there can be any.
   */
  static open(maxBytes: number, isUsed = true): Spill {
    if (!isUsed) return new Spill(undefined, maxBytes);
    try {
      const path = Deno.makeTempFileSync({ prefix: "connscribe-" });
      const file = Deno.openSync(path, { read: true, write: true });
      Deno.removeSync(path);
      return new Spill(file, maxBytes);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // It is only missed if there is more than fits into memory.
      return new Spill(undefined, maxBytes);
    }
  }

  /**
   * Keeps a run: for whoever gives it, it is gone.
   *
   * @throws ExitError 74 when it neither fits into memory nor can be written.
   */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#kept + bytes.length <= this.#maxBytes / 2) {
      this.#kept += bytes.length;
      this.#runs.push({ bytes });
      return;
    }
    const file = this.#file;
    if (file === undefined) {
      throw new ExitError(
        EXIT.io,
        "there is more than fits into memory, and no temporary file can be made: give it room with --memory, or a directory with TMPDIR",
      );
    }
    try {
      file.seekSync(this.#end, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw new ExitError(EXIT.io, `cannot write the temporary file: ${ioErrorText(error)}`);
    }
    const size = bytes.length;
    this.#runs.push({ at: this.#end, size });
    this.#end += size;
    // Frees it at once.
    bytes.buffer.transfer(0);
  }

  /** All items of a run. */
  *#items<Item>(run: Run, decode: Decode<Item>): Generator<Item> {
    if ("bytes" in run) {
      for (let at = 0;;) {
        const found = decode(run.bytes, at);
        if (found === undefined) return;
        yield found.entry;
        at = found.next;
      }
    }
    const share = Math.floor(this.#maxBytes / 2 / this.#runs.length);
    const size = Math.max(LEAST_WINDOW, Math.min(WINDOW_BYTES, share));
    let window = new Uint8Array(0);
    let read = 0;
    let at = 0;
    while (true) {
      const found = decode(window, at);
      if (found !== undefined) {
        yield found.entry;
        at = found.next;
        continue;
      }
      if (read >= run.size) return;
      const rest = window.subarray(at);
      const more = Math.min(Math.max(size, rest.length), run.size - read);
      const longer = new Uint8Array(rest.length + more);
      longer.set(rest);
      read += this.#readAt(run.at + read, longer.subarray(rest.length));
      window = longer;
      at = 0;
    }
  }

  #readAt(place: number, into: Uint8Array): number {
    const file = this.#file;
    if (file === undefined) return 0;
    file.seekSync(place, Deno.SeekMode.Start);
    let read = 0;
    while (read < into.length) {
      const count = file.readSync(into.subarray(read));
      if (count === null) throw new ExitError(EXIT.io, "the temporary file has been cut");
      read += count;
    }
    return read;
  }

  /**
   * The items of all runs in order; equal ones are combined into one. The runs are forgotten then.
   *
   * @param combine Of two that are equal.
   */
  *merge<Item>(
    decode: Decode<Item>,
    compare: (a: Item, b: Item) => number,
    combine: (a: Item, b: Item) => Item,
  ): Generator<Item> {
    const heads: { item: Item; rest: Generator<Item> }[] = [];
    const isBefore = (a: number, b: number) => {
      const [x, y] = [heads[a], heads[b]];
      return x !== undefined && y !== undefined && compare(x.item, y.item) < 0;
    };
    function swap(a: number, b: number): void {
      const [x, y] = [heads[a], heads[b]];
      if (x === undefined || y === undefined) return;
      heads[a] = y;
      heads[b] = x;
    }
    function sink(at: number): void {
      while (true) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) if (isBefore(child, least)) least = child;
        if (least === at) return;
        swap(at, least);
        at = least;
      }
    }
    for (const run of this.#runs) {
      const rest = this.#items(run, decode);
      const { value, done } = rest.next();
      if (!done) heads.push({ item: value, rest });
    }
    for (let at = heads.length >> 1; at >= 0; at--) sink(at);
    let pending: Item | undefined;
    while (true) {
      const [top] = heads;
      if (top === undefined) break;
      const { item } = top;
      const { value, done } = top.rest.next();
      if (!done) top.item = value;
      else {
        const last = heads.pop();
        if (last !== undefined && last !== top) heads[0] = last;
      }
      sink(0);
      if (pending !== undefined && compare(pending, item) === 0) pending = combine(pending, item);
      else {
        if (pending !== undefined) yield pending;
        pending = item;
      }
    }
    if (pending !== undefined) yield pending;
    this.#runs.length = 0;
    this.#kept = 0;
    this.#end = 0;
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}
