/** Counts hosts by spans of time, of records of any log, or of lines of connspy without making records. */
import type { Block } from "../../collectors/files/line_cutter.ts";
import type { LogFormat } from "../../collectors/files/log_format.ts";
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { HostTally } from "../scan/host_tally.ts";
import { endsOf, lowerCase, nameOf } from "./hosts.ts";
import { connectionsIn } from "./names.ts";
import type { Question } from "./question.ts";
import { timeOf } from "./question.ts";
import type { HoursSpec } from "./task.ts";

/** Of one thread. */
export class HourTaker {
  readonly #tally: HostTally;
  readonly #to: string | undefined;
  readonly #from: string | undefined;
  readonly #onRun: (run: Uint8Array<ArrayBuffer>) => void;

  /** @param onRun Takes a sorted run when memory is full, and at the end the rest. */
  constructor(
    { spanUs, to, from, maxBytes, latenessUs }: HoursSpec,
    { since, until }: Question,
    onRun: (run: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#tally = new HostTally({
      spanUs,
      maxBytes,
      ...(to !== undefined && { to }),
      ...(from !== undefined && { from }),
      ...(since !== undefined && { begin: since }),
      ...(until !== undefined && { end: until }),
      ...(latenessUs !== undefined && { latenessUs }),
    });
    this.#to = to === undefined ? undefined : lowerCase(to);
    this.#from = from === undefined ? undefined : lowerCase(from);
    this.#onRun = onRun;
  }

  /** Where blocks are read into for {@linkcode scan}. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#tally.buffer;
  }

  /** The latest time so far, microseconds since the epoch. */
  get latest(): number {
    return this.#tally.latest;
  }

  /** Records and lines that have been counted. */
  get counted(): number {
    return this.#tally.lines;
  }

  /** The first time that is still counted: spans before it are closed. */
  get begin(): number {
    return this.#tally.begin;
  }

  /** Records and lines that were passed over for their times. */
  get outside(): number {
    return this.#tally.outside;
  }

  /**
   * Counts the lines of connspy in a block that stands in {@linkcode buffer}.
   *
   * @returns How many were counted, and how many are malformed.
   */
  scan({ start, end }: Block): { counted: number; malformed: number } {
    const { lines, malformed } = this.#tally;
    for (let at = start; at < end;) {
      at = this.#tally.scan(at, end);
      if (at < end) this.flush();
    }
    return { counted: this.#tally.lines - lines, malformed: this.#tally.malformed - malformed };
  }

  /** Counts the connections that a record tells of, unless one of its ends has no name. */
  take(record: Connection, { isWhole }: LogFormat): void {
    const { from, to } = endsOf(record);
    const caller = this.#called(from, this.#from);
    const callee = to && this.#called(to, this.#to);
    const count = connectionsIn(record, isWhole);
    if (!caller || !callee || count === 0) return;
    if (this.#tally.add(timeOf(record), caller, callee, count)) return;
    this.flush();
    this.#tally.add(timeOf(record), caller, callee, count);
  }

  /** Gives out what is there. */
  flush(): void {
    if (this.#tally.entries > 0) this.#onRun(this.#tally.takeRun());
  }

  /** What an end is counted as: its address where that is asked for. */
  #called(end: RecordedEndpoint, wanted: string | undefined): string | undefined {
    return wanted !== undefined && end.ip === wanted ? wanted : nameOf(end);
  }
}
