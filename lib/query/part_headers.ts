/** What the headers of logs are taken to say where their parts begin, and whether that has been right. */
import type { Part } from "../../collectors/files/logs.ts";
import type { PartResult } from "./task.ts";

/** What headers say, as `Header.lines`. */
type Lines = readonly string[];

/** What is known of a log by its furthest part that tells. */
interface Latest {
  readonly index: number;
  readonly lines: Lines;
}

function isSame(a: Lines, b: Lines): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

/**
 * A log may change its header on the way, and parts are searched before it is known how those before them
 * end. So something is assumed: what the furthest part says whose end is known, or has seen a header. Parts of
 * a log follow each other.
 */
export class PartHeaders {
  readonly #parts: readonly Part[];
  readonly #assumed = new Map<number, Lines>();
  readonly #latest = new Map<string, Latest>();
  /** What was said at the end of the part that was done last. */
  #end: Lines = [];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /**
   * The part as it is to be searched; undefined where there is no such part.
   *
   * @param isTurn Whether all before it are done.
   */
  assume(index: number, isTurn: boolean): Part | undefined {
    const part = this.#parts[index];
    if (part === undefined) return undefined;
    const guess = this.#latest.get(part.path)?.lines ?? part.head;
    const head = isTurn ? this.#before(index) : guess;
    this.#assumed.set(index, head);
    return { ...part, head };
  }

  /** Takes what a part has come to, as soon as it is known. */
  found(index: number, { header }: PartResult): void {
    const isTold = header !== undefined && !isSame(header, this.#assumed.get(index) ?? []);
    if (isTold) this.#learn(index, header);
  }

  /** Whether what was assumed is so: of a part before which all are done. */
  isRight(index: number): boolean {
    return isSame(this.#assumed.get(index) ?? [], this.#before(index));
  }

  /** Takes a part as done. */
  done(index: number, { header }: PartResult): void {
    this.#end = header ?? this.#assumed.get(index) ?? [];
    this.#assumed.delete(index);
    if (header !== undefined) this.#learn(index, header);
  }

  #learn(index: number, lines: Lines): void {
    const path = this.#parts[index]?.path;
    if (path === undefined) return;
    const latest = this.#latest.get(path);
    if (latest === undefined || index >= latest.index) this.#latest.set(path, { index, lines });
  }

  /** What holds at a part before which all are done. */
  #before(index: number): Lines {
    const [before, part] = [this.#parts[index - 1], this.#parts[index]];
    return before?.path === part?.path ? this.#end : part?.head ?? [];
  }
}
