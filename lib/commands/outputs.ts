/** Opens what records are written to, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import type { HostIdentity } from "../connection.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Format } from "../formats/format.ts";
import { createFormat, createProcessesFormat } from "../formats/formats.ts";
import type { FormatName } from "../formats/names.ts";
import type { PermissionName } from "../permissions.ts";
import type { Ledger } from "../pipeline/stage.ts";
import { LineSink } from "../sinks/line_sink.ts";
import { type OutSpec, type OutTarget, parseTarget } from "../sinks/parse_target.ts";
import type { Sink } from "../sinks/sink.ts";
import { FixedTarget, type LineTarget } from "../sinks/target.ts";
import type { FileEnd, Output, System } from "../system.ts";
import type { ChainFiles } from "./chaining.ts";
import { SYSLOG_OPTIONS } from "../cli/syslog_options.ts";
import { checkFormats, formatContext, formatName, isMeant } from "./chosen_format.ts";
import { openFileTarget, statusOf } from "./file_outputs.ts";
import { refuse } from "./refuse.ts";

/** What a sink reports to. */
export interface SinkContext {
  readonly diag: Diag;
  readonly ledger: Ledger;
  /** Aborts when the run is to end. */
  readonly signal: AbortSignal;
  /** Aborts when somebody has interrupted the run, and waits for its end. */
  readonly interrupted: AbortSignal;
  /** What files are begun with says which host they are of. */
  readonly host: HostIdentity;
  /** Whether the command looks once: on a terminal that is shown as a table. */
  readonly once: boolean;
  /** Whether the source tells of what has been. */
  readonly isPast: boolean;
  /** Whether what is written is a copy of logs: all of it is kept, unless limits are asked for. */
  readonly isCopy?: boolean;
  /** The format if no other is asked for; absent: the table or `text`. */
  readonly format?: FormatName;
  /** Where files ended that a run before this one was to write on, but was broken off: they are cut there. */
  readonly ends?: readonly FileEnd[];
}

/** The sinks of a run, and what they need. */
export class Outputs implements AsyncDisposable {
  /** The first one counts in the ledger. */
  readonly sinks: Sink[] = [];
  /** Whether there are files that SIGHUP opens anew. */
  hasFiles = false;
  /** What tells the files that are open from others, however they are spelled. */
  readonly files = new Set<string>();
  /** What the main thread must go on to be allowed. */
  readonly keep: PermissionName[] = [];
  #isClosed = false;

  /** Closes all sinks; the head lines are there also where no record is. */
  async close(): Promise<void> {
    if (!this.#isClosed) { for (const sink of this.sinks) sink.write([]); }
    await this[Symbol.asyncDispose]();
  }

  /** Closes all sinks as they are, after an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const sink of this.sinks) await sink.close();
  }
}

/** Where the records go, as the options say; standard output if they say nothing. */
export function outSpecs(values: OptionValues, system: Pick<System, "stat">): readonly OutSpec[] {
  const isDirectory = (path: string) => statusOf(path, system)?.isDirectory === true;
  const texts = values.texts("out");
  if (texts.length === 0) return [{ target: { kind: "stdout" } }];
  return texts.map((text) => {
    try {
      return parseTarget(text, isDirectory);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ExitError(EXIT.usage, `value "${text}" of "--out" is wrong: ${error.message}`);
    }
  });
}

/**
 * Opens the sinks.
 *
 * @throws ExitError when a file cannot be opened (73) or somebody else writes to it (75), or when options do
 * not go together (64).
 */
export async function openSinks(
  values: OptionValues,
  system: System,
  context: SinkContext,
): Promise<Outputs> {
  const specs = outSpecs(values, system);
  const isTable = context.once && system.stdout.isTerminal;
  const names = specs.map(({ format, target }) => {
    const usual = isTable && target.kind === "stdout" ? "table" : "text";
    return format ?? formatName(values, context.format ?? usual);
  });
  checkFormats(values, names);
  checkTargets(values, specs.map(({ target }) => target.kind));
  if (specs.filter(({ target }) => target.kind === "stdout").length > 1) {
    throw new ExitError(EXIT.usage, "two options name standard output");
  }
  const outputs = new Outputs();
  const chain = await chainOf(values, specs, names, { system, context });
  const opening = { values, system, context, outputs, ...(chain !== undefined && { chain }) };
  try {
    for (const [i, { target }] of specs.entries()) {
      const name = names[i] ?? "text";
      outputs.sinks.push(
        await openSink(target, name, i === 0, opening),
      );
    }
    const log = values.has("log") ? values.text("log") : undefined;
    const processes = names.includes("lognet") ? values.text("processes") : undefined;
    if (log !== undefined) {
      const target = { kind: "file", path: log } as const;
      outputs.sinks.push(await openSink(target, names[0] ?? "text", false, opening));
    }
    if (processes !== undefined) {
      const target = { kind: "file", path: processes } as const;
      outputs.sinks.push(await openSink(target, "processes", false, opening));
    }
    return outputs;
  } catch (error) {
    await outputs[Symbol.asyncDispose]();
    throw error;
  }
}

/** Options that say how files are kept, and how messages are sent. */
const OF_FILES = ["rotate", "max-total", "max-age", "min-free", "sync"];
const OF_SYSLOG = SYSLOG_OPTIONS.map(({ name }) => name);

/** As {@linkcode refuse}, of the options that the command has. */
function refuseOwn(values: OptionValues, names: readonly string[], why: string): void {
  refuse(values, names.filter((name) => values.has(name)), why);
}

/** @throws ExitError 64 where there is nothing that options are about. */
function checkTargets(values: OptionValues, kinds: readonly OutTarget["kind"][]): void {
  const hasFile = kinds.some((kind) => kind === "file" || kind === "segments") ||
    ["log", "processes"].some((name) => values.has(name) && values.text(name) !== undefined);
  if (!hasFile) refuseOwn(values, OF_FILES, "is for files: name one, or a directory, with --out");
  if (!kinds.includes("syslog")) refuseOwn(values, OF_SYSLOG, 'goes with "--out syslog..." only');
}

/** What sinks are opened with. */
interface Opening {
  readonly values: OptionValues;
  readonly system: System;
  readonly context: SinkContext;
  readonly outputs: Outputs;
  readonly chain?: ChainFiles;
}

/** What `--chain` asks for. @throws ExitError where that cannot be. */
async function chainOf(
  values: OptionValues,
  specs: readonly OutSpec[],
  names: readonly FormatName[],
  { system, context }: Pick<Opening, "system" | "context">,
): Promise<ChainFiles | undefined> {
  if (!values.has("chain") || values.text("chain") === undefined) return undefined;
  // Loaded only where it is asked for.
  const { chaining } = await import("./chaining.ts");
  const chained = specs.map(({ target }, i) => ({ target, format: names[i] ?? "text" }));
  return await chaining(values, chained, system, context);
}

async function openSink(
  target: OutTarget,
  name: FormatName | "processes",
  counts: boolean,
  opening: Opening,
): Promise<Sink> {
  const { values, system, context } = opening;
  const { diag, ledger } = context;
  const output = target.kind === "stdout" ? system.stdout : NO_TERMINAL;
  const formatting = formatContext(values, output, system);
  const format = name === "processes"
    ? await createProcessesFormat(formatting)
    : await createFormat(name, { ...formatting, ...countedRows(values, name) });
  if (target.kind === "syslog") {
    const { openSyslogSink } = await import("./syslog_outputs.ts");
    const counting = counts ? ledger : undefined;
    return await openSyslogSink(values, { target: target.target, format, ledger: counting, diag });
  }
  const lines = target.kind === "stdout"
    ? new FixedTarget(system.stdout)
    : await openLines(target, format, name, opening);
  return new LineSink(lines, format, counts ? ledger : undefined, diag, {
    header: !values.flag("no-header"),
    syncsRecords: target.kind !== "stdout" && values.has("sync") &&
      values.text("sync") === "record",
  });
}

/** A file or segments, whose lines are chained if they are records and it is asked for. */
async function openLines(
  target: Extract<OutTarget, { path: string }>,
  format: Format,
  name: FormatName | "processes",
  opening: Opening,
): Promise<LineTarget> {
  const lines = await openFileTarget(target, { name, format }, opening);
  if (opening.chain === undefined || name !== "ndjson") return lines;
  try {
    return opening.chain(lines, target);
  } catch (error) {
    await lines.close();
    throw error;
  }
}

/** What a format is told of a file. */
const NO_TERMINAL: Pick<Output, "isTerminal" | "columns"> = { isTerminal: false };

/** What `--count` of `export` says. */
function countedRows(values: OptionValues, name: FormatName): { counted?: "rows" } {
  if (!values.has("count")) return {};
  if (name !== "littlesnitch-stats" && isMeant(values, "count")) {
    throw new ExitError(
      EXIT.usage,
      'the option "--count" goes with "--format littlesnitch-stats" only',
    );
  }
  return values.text("count") === "rows" ? { counted: "rows" } : {};
}
