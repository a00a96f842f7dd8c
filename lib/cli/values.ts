/** The values of a command's options, by where they come from. */
import { parseDuration } from "../duration.ts";
import type { OptionSpec, OptionType, OptionValues, ValueSource } from "./spec.ts";

/**
 * Values by the option's name, as text and checked. A flag that is set has one value, which is not
 * looked at. An empty list says that the option is not given, whatever stands in a weaker source.
 */
export type GivenValues = ReadonlyMap<string, readonly string[]>;

/** Looks the values of `options` up in the command line, else the configuration, else the defaults. */
export function optionValues(
  options: readonly OptionSpec[],
  commandLine: GivenValues,
  config: GivenValues,
): OptionValues {
  function find(
    name: string,
  ): { option: OptionSpec; texts: readonly string[]; source: ValueSource } {
    const option = options.find((candidate) => candidate.name === name);
    if (option === undefined) throw new TypeError(`Command has no option "${name}"`);
    const given = commandLine.get(name);
    if (given !== undefined) return { option, texts: given, source: "command line" };
    const configured = config.get(name);
    if (configured !== undefined) return { option, texts: configured, source: "config" };
    const texts = option.default === undefined ? [] : [option.default];
    return { option, texts, source: "default" };
  }

  function textsOf(name: string, allowed: (type: OptionType) => boolean): readonly string[] {
    const { option, texts } = find(name);
    if (!allowed(option.type)) throw new TypeError(`Option "${name}" is a ${option.type}`);
    return texts;
  }

  function source(name: string): ValueSource | undefined {
    const found = find(name);
    return found.texts.length > 0 ? found.source : undefined;
  }

  return {
    flag: (name) => textsOf(name, (type) => type === "flag").length > 0,
    text: (name) => textsOf(name, (type) => type !== "flag" && type !== "duration").at(-1),
    texts: (name) => textsOf(name, (type) => type !== "flag"),
    duration(name) {
      const text = textsOf(name, (type) => type === "duration").at(-1);
      return text === undefined ? undefined : parseDuration(text);
    },
    has: (name) => options.some((option) => option.name === name),
    given: (name) => ["command line", "config"].includes(source(name) ?? ""),
    source,
  };
}
