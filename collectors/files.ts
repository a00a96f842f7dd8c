/** The collector `files`: logs that connscribe or other programs have written. */
import type {
  Collector,
  CollectorContext,
  CollectorOptions,
  FilesOptions,
  ProbeResult,
} from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { ERRORS_SHOWN, malformedText } from "../lib/query/malformed.ts";
import { timeOf } from "../lib/query/question.ts";
import { LineFinder } from "../lib/scan/line_finder.ts";
import { readBlock, type RecordHandlers } from "./files/block_records.ts";
import { logFormat } from "./files/formats.ts";
import { LineBlocks, type Proceed } from "./files/line_blocks.ts";
import type { LogFile } from "./files/log_file.ts";
import { MALFORMED } from "./files/log_format.ts";
import { findLogs, type Logs, openLogOf, type Part } from "./files/logs.ts";
import { inputName } from "./input_name.ts";
import type { Report } from "../lib/report.ts";

/** Records of a batch, at most. */
const BATCH = 4096;

/** A batch, and the reports that stand before it. */
class Piece {
  readonly reports: Report[] = [];
  readonly records: Connection[] = [];

  /** Whether no report may be added any more: it would stand before records that it stood behind. */
  get isCut(): boolean {
    return this.records.length > 0 || this.reports.length >= BATCH;
  }

  get isFull(): boolean {
    return this.records.length >= BATCH;
  }
}

/** What is not given out yet. */
class Pending {
  readonly #passOn: CollectorContext["passOn"];
  #whole: Piece[] = [];
  #last = new Piece();

  constructor(passOn: CollectorContext["passOn"]) {
    this.#passOn = passOn;
  }

  add(record: Connection): void {
    if (this.#last.isFull) this.#cut();
    this.#last.records.push(record);
  }

  addReport(report: Report): void {
    if (this.#last.isCut) this.#cut();
    this.#last.reports.push(report);
  }

  /** Whole batches, and where `isAll`, the rest. Many small logs are one batch. */
  *take(isAll: boolean): Generator<Connection[]> {
    const { records, reports } = this.#last;
    if (this.#last.isFull || (isAll && records.length + reports.length > 0)) this.#cut();
    const pieces = this.#whole;
    this.#whole = [];
    for (const { reports, records } of pieces) {
      if (this.#passOn !== undefined) reports.forEach(this.#passOn);
      yield records;
    }
  }

  #cut(): void {
    this.#whole.push(this.#last);
    this.#last = new Piece();
  }
}

/** Orders to stop are looked for so often, milliseconds. */
const PAUSE_MS = 20;

/** What to ask between blocks: whether to go on. Now and then it lets messages in. */
function patiently(signal: AbortSignal): Proceed {
  let rested = performance.now();
  return async () => {
    if (performance.now() - rested >= PAUSE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      rested = performance.now();
    }
    return !signal.aborted;
  };
}

/** What comes of work that may take for ever; undefined where it was given up. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const given = Promise.withResolvers<undefined>();
  const giveUp = () => given.resolve(undefined);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, given.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Reads logs. */
export class FilesCollector implements Collector {
  readonly name = "files";

  probe({ files }: CollectorOptions): ProbeResult {
    const usable = files.inputs.length > 0;
    const reason = usable ? "logs are named" : "no log is named: give one with --input FILE";
    return { usable, reason, misses: [], remedies: [] };
  }

  /**
   * Each log that cannot be read, or not to its end, is told and counts as degraded (`unreadable_logs`): those
   * of the beginning before the first batch.
   *
   * @throws ExitError 69 when none of the logs can be read, 65 when all are of no known format.
   */
  async *connections(context: CollectorContext): AsyncGenerator<Connection[]> {
    const { options: { files }, coverage, signal } = context;
    coverage({ name: this.name, ...this.probe(context.options) });
    const finding = findLogs(files.inputs, {
      question: spanOf(files),
      lateUs: files.lateUs,
      seeks: true,
      // They are read in their order anyway.
      partBytes: Infinity,
      ...(files.format !== undefined && { format: files.format }),
    });
    const logs = await unlessAborted(finding, signal);
    if (logs === undefined) return;
    try {
      if (logs.parts.length === 0 && logs.problems.length > 0) {
        const isData = logs.unknown === logs.problems.length;
        throw new ExitError(isData ? EXIT.data : EXIT.unavailable, logs.problems.join("; "));
      }
      for (const problem of logs.problems) unreadable(problem, context);
      yield* readParts(logs, context);
    } finally {
      for (const file of logs.kept.values()) file[Symbol.dispose]();
    }
  }
}

/** The range of time, as a question has it. */
function spanOf({ begin, end }: FilesOptions): { since?: number; until?: number } {
  return { ...(begin !== undefined && { since: begin }), ...(end !== undefined && { until: end }) };
}

function unreadable(problem: string, { counters: { degraded }, report }: CollectorContext): void {
  degraded.unreadable_logs = (degraded.unreadable_logs ?? 0) + 1;
  report("error", problem);
}

async function* readParts(logs: Logs, context: CollectorContext): AsyncGenerator<Connection[]> {
  const { signal } = context;
  const finder = new LineFinder([]);
  const pending = new Pending(context.passOn);
  let file: LogFile | undefined;
  try {
    for (const part of logs.parts) {
      if (signal.aborted) break;
      const kept = logs.kept.get(part.path);
      if (kept === undefined && file?.path !== part.path) {
        file?.[Symbol.dispose]();
        file = undefined;
        file = await openLog(part, context);
      }
      const log = kept ?? file;
      // Who writes to a pipe may take long.
      if (log?.identity === undefined) yield* pending.take(true);
      if (log !== undefined) yield* readPart(log, part, { finder, pending, context });
    }
    yield* pending.take(true);
  } finally {
    file?.[Symbol.dispose]();
  }
}

/** Opens a log anew. Undefined where that has become impossible. */
async function openLog(part: Part, context: CollectorContext): Promise<LogFile | undefined> {
  try {
    return await openLogOf(part);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    unreadable(error.message, context);
    return undefined;
  }
}

/** What reads parts. */
interface PartReader {
  readonly finder: LineFinder;
  readonly pending: Pending;
  readonly context: CollectorContext;
}

async function* readPart(
  file: LogFile,
  { format: name, head, range }: Part,
  { finder, pending, context }: PartReader,
): AsyncGenerator<Connection[]> {
  const { options: { files }, signal, counters } = context;
  const { since = -Infinity, until = Infinity } = spanOf(files);
  let malformed = 0;
  const reader = (await logFormat(name)).reader(head);
  const proceed = patiently(signal);
  const blocks = LineBlocks.ofPart(file, finder.buffer, range, proceed);
  const handlers: RecordHandlers = {
    record(record) {
      const time = timeOf(record);
      if (time < since || time >= until) return;
      counters.read++;
      pending.add(record);
    },
    malformed(line, at) {
      count("malformed", 1);
      if (files.showsErrors !== true || ++malformed > ERRORS_SHOWN) return;
      context.report("warning", malformedText(inputName(file.path), at, line));
    },
    ...(files.passesReports === true && reader.report !== undefined && {
      other(line, at) {
        const report = reader.report?.(line);
        if (report === MALFORMED) handlers.malformed(line, at);
        else if (report !== undefined && report.time >= since && report.time < until) {
          pending.addReport(report);
        }
      },
    }),
  };
  function count(reason: string, lines: number): void {
    if (lines === 0) return;
    counters.read += lines;
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + lines;
  }
  while (await proceed()) {
    const block = await unlessAborted(blocks.next(), signal);
    if (block === undefined) break;
    readBlock(block, finder, reader, handlers);
    yield* pending.take(file.identity === undefined);
  }
  count("oversize", blocks.tooLong);
  if (malformed > ERRORS_SHOWN) {
    context.report("warning", `and ${malformed - ERRORS_SHOWN} more in ${inputName(file.path)}`);
  }
  if (file.problem !== undefined) unreadable(file.problem, context);
  else if (blocks.isCut) unreadable(`${inputName(file.path)} was cut while it was read`, context);
}
