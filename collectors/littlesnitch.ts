/**
 * The collector `littlesnitch`: the traffic log of Little Snitch (macOS), from its command line tool or
 * from what that has printed. Each record sums up one program's traffic with one remote end over one
 * interval.
 */
import type {
  Collector,
  CollectorContext,
  CollectorOptions,
  LittleSnitchOptions,
  ProbeResult,
} from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import type { System } from "../lib/system.ts";
import { TimeLimit } from "../lib/child/time_limit.ts";
import { childTraffic } from "./littlesnitch/child.ts";
import { type Columns, noHeader } from "./littlesnitch/columns.ts";
import { inputChunks, type OpenSource, openSource } from "./littlesnitch/input.ts";
import { TrafficReader, type TrafficReaderOptions } from "./littlesnitch/traffic_reader.ts";
import { inputName } from "./input_name.ts";

/** How much of the log a probe asks for, microseconds, and how long it waits for that, milliseconds. */
const PROBE_SPAN = 60_000_000;
const PROBE_MS = 10_000;

/** What the log does not tell. */
const MISSES = [
  "process ids and command lines",
  "the local port of outgoing connections, and the remote port of incoming ones",
  "when a connection began and ended within an interval",
] as const;

const WRONG_SYSTEM =
  "littlesnitch log-traffic is there only on macOS: give what it has printed there with --input FILE";

/** What is outside of the collector, besides the system. */
export interface LittleSnitchSurroundings {
  /** `Deno.build.os`. */
  readonly os?: string;
  readonly open?: OpenSource;
}

/** Reads the traffic log. */
export class LittleSnitchCollector implements Collector {
  readonly name = "littlesnitch";
  readonly #system: Pick<System, "spawn" | "sleep" | "now" | "env">;
  readonly #os: string;
  readonly #open: OpenSource;

  constructor(
    system: Pick<System, "spawn" | "sleep" | "now" | "env">,
    { os = Deno.build.os, open = openSource }: LittleSnitchSurroundings = {},
  ) {
    this.#system = system;
    this.#os = os;
    this.#open = open;
  }

  async probe(options: CollectorOptions): Promise<ProbeResult> {
    const { input, program } = options.littlesnitch;
    try {
      if (input !== undefined) return await this.#probeInput(input);
      const begin = this.#system.now() - PROBE_SPAN;
      using limit = new TimeLimit(this.#system, PROBE_MS);
      const context: CollectorContext = {
        options,
        signal: limit.signal,
        counters: { read: 0, dropped: {}, degraded: {} },
        coverage: () => {},
        report: () => {},
      };
      const wanted = { begin, stream: false, ...(program !== undefined && { program }) };
      let columns: Columns | undefined;
      const found = this.#fromProgram(context, wanted, (header) => columns = header);
      for await (const _ of found) { /* It counts that it comes. */ }
      if (limit.signal.aborted) {
        throw new Error(`littlesnitch has said nothing for ${PROBE_MS / 1000} s`);
      }
      return coverageOf("Little Snitch's traffic log can be read", columns);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { usable: false, reason, misses: [], remedies: [] };
    }
  }

  /**
   * @throws ExitError 64 when the options exclude each other, 65 when what is read is not the traffic log,
   * 69 when there is none, 77 when it may not be read.
   */
  async *connections(context: CollectorContext): AsyncGenerator<Connection[]> {
    const { littlesnitch, once } = context.options;
    const options = { ...littlesnitch, stream: littlesnitch.stream && !once };
    const { input } = options;
    if (options.stream && options.end !== undefined) {
      throw new ExitError(EXIT.usage, "littlesnitch cannot stream and end at a time: choose one");
    }
    const covers = (columns: Columns) => {
      const source = input === undefined ? "Little Snitch's traffic log" : inputName(input);
      context.coverage({ name: this.name, ...coverageOf(`reads ${source}`, columns) });
    };
    if (input === undefined) yield* this.#fromProgram(context, options, covers);
    else yield* this.#fromInput(context, options, input, covers);
  }

  async #probeInput(input: string): Promise<ProbeResult> {
    // What is read of standard input would be missing later.
    if (input !== "-") (await this.#open(input)).close();
    return coverageOf(`reads ${inputName(input)}`);
  }

  #fromProgram(
    context: CollectorContext,
    options: LittleSnitchOptions,
    onColumns: (columns: Columns) => void,
  ): AsyncGenerator<Connection[]> {
    // On Linux, a program of that name opens a browser.
    if (this.#os !== "darwin") throw new ExitError(EXIT.unavailable, WRONG_SYSTEM);
    if (options.program?.startsWith("/") === false) {
      throw new ExitError(
        EXIT.usage,
        `cannot run "${options.program}": name littlesnitch by its absolute path`,
      );
    }
    const { report, signal } = context;
    const reader = (onOther: TrafficReaderOptions["onOther"]) =>
      newReader(context, options, onColumns, onOther);
    return childTraffic({ system: this.#system, options, reader, report }, signal);
  }

  async *#fromInput(
    context: CollectorContext,
    options: LittleSnitchOptions,
    input: string,
    onColumns: (columns: Columns) => void,
  ): AsyncGenerator<Connection[]> {
    const { signal } = context;
    const reader = newReader(context, options, onColumns, (line) => {
      if (!reader.hasHeader) throw noHeader(inputName(input), line);
      return false;
    });
    try {
      for await (const chunk of inputChunks(input, this.#open, signal)) {
        yield* reader.read(chunk);
      }
    } catch (error) {
      yield* reader.give();
      throw error;
    }
    // What was cut off by ourselves is no torn row.
    yield* signal.aborted ? reader.give() : reader.end(true);
    if (signal.aborted) return;
    if (!reader.hasHeader) throw noHeader(inputName(input), "");
  }
}

function newReader(
  { options: { host }, counters }: CollectorContext,
  { begin, end, foldUs, amountsOnly, stream }: LittleSnitchOptions,
  onColumns: (columns: Columns) => void,
  onOther: TrafficReaderOptions["onOther"],
): TrafficReader {
  return new TrafficReader({
    host: { ...host, os: "macos" },
    counters,
    begin,
    end,
    foldUs,
    amountsOnly,
    stream,
    onColumns,
    onOther,
  });
}

function coverageOf(reason: string, columns?: Columns): ProbeResult {
  const missing = columns?.missing ?? [];
  const misses = missing.map((name) => `what column "${name}" tells: it is not there`);
  return { usable: true, reason, misses: [...MISSES, ...misses], remedies: [] };
}
