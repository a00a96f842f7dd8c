/** Counts hosts by spans of time, of records of any log, or of lines of connspy without making records. */
import { CONNSPY } from "../../collectors/files/connspy.ts";
import type { Block } from "../../collectors/files/line_cutter.ts";
import { MALFORMED } from "../../collectors/files/log_format.ts";
import type { Connection } from "../connection.ts";
import { HostTally } from "../scan/host_tally.ts";
import { endsOf, nameAsked, nameOf } from "./hosts.ts";
import { connectionsIn } from "./names.ts";
import type { Question } from "./question.ts";
import { timeOf } from "./question.ts";
import type { HoursSpec } from "./task.ts";

const READER = CONNSPY.reader([]);

const decoder = new TextDecoder();

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
    this.#to = to === undefined ? undefined : nameAsked(to);
    this.#from = from === undefined ? undefined : nameAsked(from);
    this.#tally = new HostTally({
      spanUs,
      maxBytes,
      ...(this.#to !== undefined && { to: this.#to }),
      ...(this.#from !== undefined && { from: this.#from }),
      ...(since !== undefined && { begin: since }),
      ...(until !== undefined && { end: until }),
      ...(latenessUs !== undefined && { latenessUs }),
    });
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

  /** Records and lines that cannot be counted: lines that are none of connspy, and names that are too long. */
  get malformed(): number {
    return this.#tally.malformed;
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
      const { otherEnd } = this.#tally;
      if (otherEnd !== undefined) {
        this.#read(at, otherEnd);
        at = otherEnd + 1;
      } else if (at < end) this.flush();
    }
    return { counted: this.#tally.lines - lines, malformed: this.#tally.malformed - malformed };
  }

  /** Counts the connections that a record tells of, unless one of its ends has no name. */
  take(record: Connection): void {
    const { from, to } = endsOf(record);
    const caller = nameOf(from);
    const callee = to && nameOf(to);
    const count = connectionsIn(record);
    if (!caller || !callee || count === 0) return;
    const time = timeOf(record);
    const options = {
      count,
      isTo: this.#to !== undefined && to.ip === this.#to,
      isFrom: this.#from !== undefined && from.ip === this.#from,
    };
    if (this.#tally.add(time, caller, callee, options)) return;
    this.flush();
    this.#tally.add(time, caller, callee, options);
  }

  /** Gives out what is there. */
  flush(): void {
    if (this.#tally.entries > 0) this.#onRun(this.#tally.takeRun());
  }

  /** Counts one line of connspy, as other commands read it. */
  #read(start: number, end: number): void {
    const record = READER.read(decoder.decode(this.buffer.subarray(start, end)), start);
    if (record === MALFORMED) this.#tally.refuse();
    else if (record !== undefined) this.take(record);
  }
}
