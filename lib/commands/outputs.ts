/** Opens what records are written to, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { FormatContext } from "../formats/format.ts";
import { createFormat, createProcessesFormat } from "../formats/formats.ts";
import { FORMAT_NAMES, type FormatName } from "../formats/names.ts";
import type { Ledger } from "../pipeline/stage.ts";
import { LineSink } from "../sinks/line_sink.ts";
import { openForAppending } from "../sinks/open_file.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Output, System } from "../system.ts";

/** What a sink reports to. */
export interface SinkContext {
  readonly diag: Diag;
  readonly ledger: Ledger;
  /** Whether the command looks once: on a terminal that is shown as a table. */
  readonly once: boolean;
}

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
  const processes = values.text("processes");
  const name = formatName(values, out === undefined && context.once && system.stdout.isTerminal);
  if (processes !== undefined && name !== "lognet") {
    throw new ExitError(EXIT.usage, 'the option "--processes" goes with "--format lognet" only');
  }
  const { diag, ledger } = context;
  const header = !values.flag("no-header");
  const output = out === undefined ? system.stdout : openForAppending(system, out);
  const format = await createFormat(name, formatContext(values, output, system));
  const options = { header, ...(out !== undefined && { path: out }) };
  const sinks: Sink[] = [new LineSink(output, format, ledger, diag, options)];
  if (processes !== undefined) {
    const file = openForAppending(system, processes);
    const companion = await createProcessesFormat(formatContext(values, file, system));
    sinks.push(new LineSink(file, companion, undefined, diag, { header, path: processes }));
  }
  return sinks;
}

function formatName(values: OptionValues, table: boolean): FormatName {
  const wanted = values.text("format");
  return FORMAT_NAMES.find((name) => name === wanted) ?? (table ? "table" : "text");
}

function formatContext(values: OptionValues, output: Output, system: System): FormatContext {
  const { columns } = output;
  return {
    color: wantsColor(values, output, system),
    ...(columns !== undefined && { columns }),
    now: system.now(),
  };
}

/** https://no-color.org: any value but the empty one. */
function wantsColor(values: OptionValues, output: Output, system: System): boolean {
  const wanted = values.text("color");
  if (wanted !== "auto") return wanted === "always";
  return output.isTerminal && !system.env("NO_COLOR") && system.env("TERM") !== "dumb";
}
