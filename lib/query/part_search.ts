/** Opens the logs that the parts of a search are of. */
import type { LogFile } from "../../collectors/files/log_file.ts";
import type { PartOutput, Searcher } from "./search.ts";
import { openLogOf, type Part } from "../../collectors/files/logs.ts";
import type { PartResult } from "./task.ts";

/** Searches one part after the other. A log is opened anew only where it is another one. */
export class PartSearch implements Disposable {
  readonly #searcher: Searcher;
  readonly #kept: ReadonlyMap<string, LogFile>;
  #open: LogFile | undefined;

  /** @param kept Logs that are open, by path; they are not closed here. */
  constructor(searcher: Searcher, kept: ReadonlyMap<string, LogFile> = new Map()) {
    this.#searcher = searcher;
    this.#kept = kept;
  }

  /** Never throws for a log that cannot be read: the result says so. */
  async search(part: Part, output: PartOutput): Promise<PartResult> {
    let file = this.#kept.get(part.path);
    try {
      file ??= await this.#opened(part);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { matched: 0, bytes: 0, malformed: 0, tooLong: 0, untold: 0, errors: [], problem };
    }
    return await this.#searcher.search(file, part, output);
  }

  async #opened(part: Part): Promise<LogFile> {
    if (this.#open?.path === part.path && part.range !== undefined) return this.#open;
    this.#open?.[Symbol.dispose]();
    this.#open = undefined;
    return this.#open = await openLogOf(part);
  }

  [Symbol.dispose](): void {
    this.#open?.[Symbol.dispose]();
  }
}
