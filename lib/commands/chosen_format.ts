/** The format that the options ask for, and what it is told. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { FormatContext } from "../formats/format.ts";
import { NO_SEED } from "../cli/output_options.ts";
import { type FormatName, formatNamed } from "../formats/names.ts";
import type { Output, System } from "../system.ts";

/** Options that mean something to one format alone. */
const OPTIONS_OF_FORMATS: readonly (readonly [option: string, format: FormatName])[] = [
  ["processes", "lognet"],
  ["template", "template"],
  ["time-format", "template"],
];

/**
 * The format that the options ask for.
 *
 * @throws ExitError 64 when options do not go with it.
 */
export function chosenFormat(values: OptionValues, usual: FormatName): FormatName {
  const name = formatName(values, usual);
  checkFormats(values, [name]);
  return name;
}

/** @throws ExitError 64 when an option goes with none of the formats. */
export function checkFormats(values: OptionValues, names: readonly FormatName[]): void {
  for (const [option, format] of OPTIONS_OF_FORMATS) {
    if (!names.includes(format) && values.has(option) && isMeant(values, option)) {
      throw new ExitError(
        EXIT.usage,
        `the option "--${option}" goes with "--format ${format}" only`,
      );
    }
  }
}

/** Whether an option is given, and not just in a configuration file whose format is overruled. */
export function isMeant(values: OptionValues, option: string): boolean {
  return values.given(option) &&
    !(values.source(option) === "config" && values.source("format") === "command line");
}

/** A template needs no `--format`, and on the command line wins over that of a configuration file. */
export function formatName(values: OptionValues, usual: FormatName): FormatName {
  const overruled = values.source("format") === "config" &&
    values.source("template") === "command line";
  const wanted = overruled ? undefined : values.text("format");
  const byDefault = isMeant(values, "template") ? "template" : usual;
  return formatNamed(wanted) ?? byDefault;
}

/** What a format is told of its surroundings. */
export function formatContext(
  values: OptionValues,
  output: Pick<Output, "isTerminal" | "columns">,
  system: System,
): FormatContext {
  const { columns } = output;
  const template = values.text("template");
  const timeFormat = values.text("time-format");
  const seed = values.text("community-id");
  return {
    color: wantsColor(values, output, system),
    ...(columns !== undefined && { columns }),
    now: system.now(),
    ...(template !== undefined && { template }),
    ...(timeFormat !== undefined && { timeFormat }),
    ...(seed !== undefined && seed !== NO_SEED && { communityIdSeed: Number(seed) }),
    ...(values.given("community-id") && { replacesCommunityIds: true }),
  };
}

/** https://no-color.org: any value but the empty one. */
function wantsColor(
  values: OptionValues,
  output: Pick<Output, "isTerminal">,
  system: System,
): boolean {
  const wanted = values.text("color");
  if (wanted !== "auto") return wanted === "always";
  return output.isTerminal && !system.env("NO_COLOR") && system.env("TERM") !== "dumb";
}
