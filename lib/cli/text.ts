/** Words about commands and options that help, manual, completions and reference share. */
import type { CommandSpec, CommandTable, OperandSpec, OptionSpec } from "./spec.ts";

/** Name of an operand: `SHELL`, `[COMMAND]` where it may be left out, `[FILE]...` where there may be many. */
export function operandName({ name, required, repeatable }: OperandSpec): string {
  const one = required ? name.toUpperCase() : `[${name.toUpperCase()}]`;
  return repeatable ? `${one}...` : one;
}

/** Name of an option's value: `FILE`; undefined for a flag. */
export function valueName(option: OptionSpec): string | undefined {
  if (option.type === "flag") return undefined;
  if (option.placeholder !== undefined) return option.placeholder;
  return { text: "TEXT", choice: "NAME", duration: "TIME", file: "FILE", directory: "DIR" }[
    option.type
  ];
}

/** What is to be known of an option beside its summary: choices, default, repetition. */
export function optionNotes(option: OptionSpec): string[] {
  const notes: string[] = [];
  if (option.choices) notes.push(`one of ${option.choices.join(", ")}`);
  if (option.repeatable) notes.push("repeatable");
  if (option.negatable) notes.push("! in front negates");
  if (option.default !== undefined) notes.push(`default ${option.default}`);
  return notes;
}

/** The summary with its notes: `Which collector to run [one of proc; default proc]`. */
export function optionText(option: OptionSpec): string {
  const notes = optionNotes(option);
  return notes.length === 0 ? option.summary : `${option.summary} [${notes.join("; ")}]`;
}

/** The summary of an operand with its choices. */
export function operandText({ summary, choices }: OperandSpec): string {
  return choices ? `${summary} [one of ${choices.join(", ")}]` : summary;
}

/** How a command, or the program without one, is called. */
export function usage(table: CommandTable, command?: CommandSpec): string {
  if (command === undefined) return `${table.program} COMMAND [OPTION]...`;
  const words = [table.program, command.name];
  if (command.options.length > 0) words.push("[OPTION]...");
  return [...words, ...command.operands.map(operandName)].join(" ");
}

/** Options by their heading, in the order of the table. */
export function groupOptions(options: readonly OptionSpec[]): Map<string, OptionSpec[]> {
  return Map.groupBy(options, (option) => option.group ?? "Options");
}

/** A sentence of its own: with a capital and a full stop. */
export function sentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : capital + ".";
}

/** An option and the commands that take it. */
export interface SharedOption {
  readonly option: OptionSpec;
  /** Names of commands; empty for an option that needs none. */
  readonly commands: string[];
}

/** All options of the table, each once; where commands differ in one, as each of them has it. */
export function sharedOptions(table: CommandTable): SharedOption[] {
  const found = new Map<string, SharedOption>();
  for (const option of table.options) found.set(identity(option), { option, commands: [] });
  for (const command of table.commands) {
    for (const option of command.options) {
      const shared = found.get(identity(option));
      if (shared === undefined) found.set(identity(option), { option, commands: [command.name] });
      else shared.commands.push(command.name);
    }
  }
  return [...found.values()];
}

/** What makes two options the same to a reader. */
function identity(option: OptionSpec): string {
  return JSON.stringify([option.name, option.short, valueName(option), optionText(option)]);
}
