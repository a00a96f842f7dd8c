/** The contract of a sink: where records go in the end. */
import type { Connection } from "../connection.ts";
import type { Report } from "../report.ts";
import type { FileEnd } from "../system.ts";

/**
 * Takes batches of records and writes them down. It never throws into the pipeline: what cannot be
 * written is counted and said. A record counts as emitted once all of it has been handed to the system.
 */
export interface Sink {
  /** For messages: `standard output`, or the file or server in quotes. */
  readonly name: string;
  /** Writes a batch, or as much of it as can be written. An empty batch writes the head line alone. */
  write(batch: readonly Connection[]): void;
  /** Writes a report, and returns whether the format has such lines. No ledger counts it. */
  report(report: Report): boolean;
  /** Hands everything that was kept back to the system. */
  flush(): void;
  /**
   * Makes certain that all that was written stays: waits until it is on the disk, if it is a file. A pipe
   * cannot be waited for: it has taken all.
   *
   * @returns Where the file ends; undefined where the output is none.
   * @throws {ExitError} 74 if anything that was written before is lost, or may be.
   */
  sync(): FileEnd | undefined;
  /** Of a run of a series: what was made certain of last will not be taken back by the next run. */
  committed?(): void;
  /**
   * To be called about once a second, and when the records of a window have been written: outputs see to
   * what has to be done now and then, such as making sure that what was written is on the disk.
   */
  tick(): void;
  /** Opens files anew, as after SIGHUP: somebody has moved them. */
  reopen(): void;
  /** Flushes, releases what is held open, and takes no more records. */
  close(): void | Promise<void>;
  /**
   * While there is more under way than is to be kept: resolves when there is room again. Whoever can wait
   * for it does; what comes nevertheless is dropped, and counted.
   */
  readonly busy?: Promise<void> | undefined;
  /** Waits for a few seconds until nothing is under way; absent where nothing ever is. Never rejects. */
  settle?(): Promise<void>;
  /** Whether nothing can be written any more: the reader has gone away, or the sink was closed. */
  readonly closed: boolean;
  /** How many records and reports were lost to I/O errors. */
  readonly lost: number;
  /** Of how many records the format had nothing to say. */
  readonly untold?: number;
  /** Whether an error says that what was written may not stay. */
  readonly isUnsure?: boolean;
}
