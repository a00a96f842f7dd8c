/**
 * The contract of a collector. CONTRIBUTING.md says in words what an implementation owes.
 */
import type { LogFormatName } from "../collectors/files/log_format.ts";
import type { Connection, HostIdentity } from "./connection.ts";
import type { Report } from "./report.ts";

/** What a collector is asked to do. Crosses the border to its worker by structured clone. */
export interface CollectorOptions {
  readonly host: HostIdentity;
  /** Where the proc file system is mounted: `/proc` unless the user names another place. */
  readonly procfs: string;
  /** Time between two looks of a polling collector, milliseconds. */
  readonly intervalMs: number;
  /** Look once, then end. */
  readonly once: boolean;
  /** Whether the program runs as root: then there is no use in advising it. */
  readonly root: boolean;
  /** How large its tables may be, as a part of what they are usually: over 0; absent: 1. */
  readonly tables?: number;
  readonly conntrack: ConntrackOptions;
  readonly trace: TraceOptions;
  readonly littlesnitch: LittleSnitchOptions;
  readonly files: FilesOptions;
}

/** What a collector's permissions depend on. */
export interface CollectorPlace {
  /** As in {@linkcode CollectorOptions}. */
  readonly procfs: string;
  readonly littlesnitch?: Pick<LittleSnitchOptions, "program" | "input">;
  readonly files?: Pick<FilesOptions, "inputs">;
}

/** What only the collector `files` is asked to do. */
export interface FilesOptions {
  /** Logs, `-` for standard input. */
  readonly inputs: readonly string[];
  /** Their format; absent: by their first lines. */
  readonly format?: LogFormatName;
  /** Only records of this range of time, half open, microseconds since the epoch. */
  readonly begin?: number;
  readonly end?: number;
  /** How much later than others that came after it a line may have been written, microseconds. */
  readonly lateUs: number;
  /** Show lines that are malformed. */
  readonly showsErrors?: boolean;
  /** Pass on the reports on other runs that the logs hold. */
  readonly passesReports?: boolean;
}

/** What only the collector `littlesnitch` is asked to do. */
export interface LittleSnitchOptions {
  /** Absolute path of littlesnitch; absent: the usual ones are tried. */
  readonly program?: string;
  /** Read this file instead, `-` for standard input: no program is started, and any system will do. */
  readonly input?: string;
  /** Only intervals that begin at this time or later, microseconds since the epoch. */
  readonly begin?: number;
  /** Only intervals that begin before this time, microseconds since the epoch. Not with `stream`. */
  readonly end?: number;
  /** Go on with what comes, instead of ending after what is there. */
  readonly stream: boolean;
  /**
   * Sum up rows that differ only in date and counters, in windows of so many microseconds that are aligned
   * to the epoch; 0: all is one window. Absent: a record a row.
   */
  readonly foldUs?: number;
  /**
   * Of the records, nobody asks for ids, nor for the outcome of what was not denied: ids are empty, and of
   * each kind there is one record, whether it connected or just went on. That is half the work.
   */
  readonly amountsOnly?: boolean;
}

/** What only the collector `trace` is asked to do. */
export interface TraceOptions {
  /** How much the kernel may keep until it is read, over all CPUs. */
  readonly bufferBytes: number;
  /** Mount tracefs where it is not. */
  readonly mountTracefs: boolean;
  /** A stream of datagrams ends after so many milliseconds of silence. */
  readonly datagramTimeoutMs: number;
  /** Which connections to ask the kernel for the bytes of; `all`: datagrams too, as far as they are certain. */
  readonly bytes: "tcp" | "all" | "none";
  /** How often to tell what open connections have carried so far, milliseconds. */
  readonly byteIntervalMs: number;
}

/** What only the collector `conntrack` is asked to do. */
export interface ConntrackOptions {
  /** Report changes of state too. */
  readonly updates: boolean;
  /** Absolute path of conntrack; absent: the usual ones are tried. */
  readonly program?: string;
  /** Read from the kernel's netlink socket instead of a conntrack child. */
  readonly netlink: boolean;
  /** Receive buffer of that socket. */
  readonly bufferBytes: number;
  /** Make the kernel track connections, by an nftables table, while the collector runs. */
  readonly activate: boolean;
  /** End instead of going on with the collector `proc` where nothing is tracked. */
  readonly strict: boolean;
}

/** Whether a collector can run here. */
export interface ProbeResult {
  readonly usable: boolean;
  /** Why it is or is not usable: one sentence, without a full stop. */
  readonly reason: string;
  /** What it will not see here, each one sentence. */
  readonly misses: readonly string[];
  /** What would mend that, each one sentence. */
  readonly remedies: readonly string[];
}

/** {@linkcode ProbeResult} of one collector while it runs. */
export interface CollectorCoverage extends ProbeResult {
  /** Name of the collector. */
  readonly name: string;
}

/** What a collector has read, what of it never became a record, and what became a poor one, by reason. */
export interface CollectorCounters {
  /** Connection events and rows that were read: records emitted plus everything dropped. */
  read: number;
  /** Rows that live on in the record of another one; absent where a collector sums up nothing. */
  folded?: number;
  /** By reason: `malformed`, `unreadable`, ... */
  dropped: Record<string, number>;
  /** Records that say less than they could, by reason: `no_bytes`, ... They count as read all the same. */
  degraded: Record<string, number>;
}

/** Severity of a diagnostic. */
export type Level = "error" | "warning" | "notice" | "debug";

/** What the surroundings offer to a running collector. */
export interface CollectorContext {
  readonly options: CollectorOptions;
  /** Aborts when the collector shall end. */
  readonly signal: AbortSignal;
  /** The collector counts here; what it counts is reported with every batch, and every second. */
  readonly counters: CollectorCounters;
  /**
   * Says what the collector sees and misses, as soon as it knows: before its first batch, unless that
   * would keep records back for long; and again when that has changed. One that goes on as another
   * collector also tells that one's.
   */
  readonly coverage: (coverage: CollectorCoverage) => void;
  /** Says something to the user, on stderr. */
  readonly report: (level: Level, message: string) => void;
  /**
   * Passes on a report on another run, which stands before the batch that is yielded next: one must be, if
   * only an empty one. Absent where nobody takes any.
   */
  readonly passOn?: (report: Report) => void;
}

/** How far a collector is. */
export interface Watermark {
  readonly collector: string;
  /**
   * It has told of all that it saw before that time, microseconds since the epoch; but for what it holds back
   * for about a second. Less than the one before where the clock was set back. Infinity: it tells no more.
   */
  readonly time: number;
}

/**
 * Records that a collector gives at once; none where it only says how far it is. It crosses the border of a
 * worker whole: structured clone copies the properties of an array, too.
 */
export interface Batch extends Array<Connection> {
  watermark?: Watermark;
}

/** The records as a batch with a {@linkcode Watermark}. */
export function withWatermark(
  records: readonly Connection[],
  collector: string,
  time: number,
): Batch {
  const batch: Batch = [...records];
  batch.watermark = { collector, time };
  return batch;
}

/** A source of connection events. */
export interface Collector {
  readonly name: string;
  /** Says whether it can run here, what it will miss, and what to do about it. Never throws. */
  probe(options: CollectorOptions): ProbeResult | Promise<ProbeResult>;
  /**
   * Yields batches until the signal aborts (or after one look with `once`); then every child is dead
   * and awaited, and every file closed. Throws only when it can never yield again.
   */
  connections(context: CollectorContext): AsyncIterable<Batch>;
}
