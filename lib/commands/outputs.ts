/** Opens what records are written to, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { FormatContext } from "../formats/format.ts";
import { createFormat, createProcessesFormat } from "../formats/formats.ts";
import { FORMAT_NAMES, type FormatName } from "../formats/names.ts";
import type { Ledger } from "../pipeline/stage.ts";
import { LineSink } from "../sinks/line_sink.ts";
import { cutBack, openForAppending } from "../sinks/open_file.ts";
import type { Sink } from "../sinks/sink.ts";
import type { FileEnd, Output, System } from "../system.ts";

/** What a sink reports to. */
export interface SinkContext {
  readonly diag: Diag;
  readonly ledger: Ledger;
  /** Whether the command looks once: on a terminal that is shown as a table. */
  readonly once: boolean;
  /** The format if no other is asked for; absent: the table or `text`. */
  readonly format?: FormatName;
  /** Where files ended that a run before this one was to write on, but was broken off: they are cut there. */
  readonly ends?: readonly FileEnd[];
}

/** Options that mean something to one format alone. */
const OPTIONS_OF_FORMATS: readonly (readonly [option: string, format: FormatName])[] = [
  ["processes", "lognet"],
  ["template", "template"],
  ["time-format", "template"],
];

/**
 * Opens the sinks; the first one counts in the ledger.
 *
 * @throws ExitError when a file cannot be opened (73), or options do not go together (64).
 */
export async function openSinks(
  values: OptionValues,
  system: System,
  context: SinkContext,
): Promise<Sink[]> {
  const out = values.text("out");
  const isTable = out === undefined && context.once && system.stdout.isTerminal;
  const name = chosenFormat(values, context.format ?? (isTable ? "table" : "text"));
  const counted = countedRows(values, name);
  const processes = name === "lognet" ? values.text("processes") : undefined;
  const { diag, ledger } = context;
  const header = !values.flag("no-header");
  const opened = new Set<string>();
  const open = (path: string) => {
    if (opened.has(path)) throw new ExitError(EXIT.usage, `two options name the file "${path}"`);
    opened.add(path);
    const file = openForAppending(system, path);
    if (context.ends !== undefined) cutBack(file, path, context.ends, diag);
    return file;
  };
  const output = out === undefined ? system.stdout : open(out);
  const format = await createFormat(name, { ...formatContext(values, output, system), ...counted });
  const options = { header, ...(out !== undefined && { path: out }) };
  const sinks: Sink[] = [new LineSink(output, format, ledger, diag, options)];
  const log = values.has("log") ? values.text("log") : undefined;
  if (log !== undefined) {
    const file = open(log);
    const same = await createFormat(name, { ...formatContext(values, file, system), ...counted });
    sinks.push(new LineSink(file, same, undefined, diag, { header, path: log }));
  }
  if (processes !== undefined) {
    const file = open(processes);
    const companion = await createProcessesFormat(formatContext(values, file, system));
    sinks.push(new LineSink(file, companion, undefined, diag, { header, path: processes }));
  }
  return sinks;
}

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

/**
 * The format that the options ask for.
 *
 * @throws ExitError 64 when options do not go with it.
 */
export function chosenFormat(values: OptionValues, usual: FormatName): FormatName {
  const name = formatName(values, usual);
  for (const [option, format] of OPTIONS_OF_FORMATS) {
    if (name !== format && values.has(option) && isMeant(values, option)) {
      throw new ExitError(
        EXIT.usage,
        `the option "--${option}" goes with "--format ${format}" only`,
      );
    }
  }
  return name;
}

/** Whether an option is given, and not just in a configuration file whose format is overruled. */
function isMeant(values: OptionValues, option: string): boolean {
  return values.given(option) &&
    !(values.source(option) === "config" && values.source("format") === "command line");
}

/** A template needs no `--format`, and on the command line wins over that of a configuration file. */
function formatName(values: OptionValues, usual: FormatName): FormatName {
  const overruled = values.source("format") === "config" &&
    values.source("template") === "command line";
  const wanted = overruled ? undefined : values.text("format");
  const byDefault = isMeant(values, "template") ? "template" : usual;
  return FORMAT_NAMES.find((name) => name === wanted) ?? byDefault;
}

/** What a format is told of its surroundings. */
export function formatContext(values: OptionValues, output: Output, system: System): FormatContext {
  const { columns } = output;
  const template = values.text("template");
  const timeFormat = values.text("time-format");
  return {
    color: wantsColor(values, output, system),
    ...(columns !== undefined && { columns }),
    now: system.now(),
    ...(template !== undefined && { template }),
    ...(timeFormat !== undefined && { timeFormat }),
  };
}

/** https://no-color.org: any value but the empty one. */
function wantsColor(values: OptionValues, output: Output, system: System): boolean {
  const wanted = values.text("color");
  if (wanted !== "auto") return wanted === "always";
  return output.isTerminal && !system.env("NO_COLOR") && system.env("TERM") !== "dumb";
}
