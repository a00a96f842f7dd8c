/** Output of conntrack to batches of events. */
import type { FlowEvent } from "./flow.ts";
import { LineSplitter } from "../../lib/child/lines.ts";
import { parseFlow } from "./parse.ts";

/** Reads what one run of conntrack prints. It must have been started with {@linkcode CONNTRACK_ENV}. */
export class FlowReader {
  readonly #lines = new LineSplitter();
  readonly #dropped: Record<string, number>;
  readonly #dump: boolean;

  /**
   * @param dropped Counts what is no event, by reason: `malformed`, `oversize`.
   * @param dump Whether entries of the table are expected, or events: the others are malformed.
   */
  constructor(dropped: Record<string, number>, dump: boolean) {
    this.#dropped = dropped;
    this.#dump = dump;
  }

  /** Appends the events of the lines that end in this chunk. */
  read(chunk: Uint8Array, events: FlowEvent[]): void {
    const { oversize } = this.#lines;
    let malformed = 0;
    this.#lines.push(chunk, (bytes, start, end) => {
      const event = parseFlow(bytes, start, end, "utc");
      if (event === undefined || (event.event === "dump") !== this.#dump) malformed++;
      else events.push(event);
    });
    this.#drop("oversize", this.#lines.oversize - oversize);
    this.#drop("malformed", malformed);
  }

  /** The output has ended: a line without a line feed may be torn, so it is malformed. */
  end(): void {
    if (this.#lines.end()) this.#drop("malformed", 1);
  }

  #drop(reason: string, count: number): void {
    if (count > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }
}

/** Environment of conntrack: `-o ktimestamp` prints local time without its zone. */
export const CONNTRACK_ENV: Readonly<Record<string, string>> = { TZ: "UTC0" };
