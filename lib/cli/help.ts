/** Help as text of 80 columns, made from the command table. */
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";
import {
  groupOptions,
  operandName,
  operandText,
  optionText,
  sentence,
  usage,
  valueName,
} from "./text.ts";
import { COLUMNS, indent, twoColumns, wrap } from "./wrap.ts";

/** `-o, --out FILE`, with room for the letter where there is none. */
function optionTerm(option: OptionSpec): string {
  const letter = option.short === undefined ? "    " : `-${option.short}, `;
  const value = valueName(option);
  return `${letter}--${option.name}${value === undefined ? "" : ` ${value}`}`;
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return twoColumns(options.map((option) => [optionTerm(option), optionText(option)] as const));
}

function text(lines: readonly string[]): string {
  return lines.join("\n") + "\n";
}

/** Help on the whole program. */
export function programHelp(table: CommandTable): string {
  const commands = table.commands.map(({ name, summary }) => [name, summary] as const);
  return text([
    `Usage: ${usage(table)}`,
    "",
    ...wrap(`${table.program} ${table.summary}.`, COLUMNS),
    "",
    "Commands:",
    ...twoColumns(commands),
    "",
    "Options:",
    ...optionLines(table.options),
    "",
    `See "${table.program} COMMAND --help" for the options of a command.`,
  ]);
}

/** Help on one command. */
export function commandHelp(table: CommandTable, command: CommandSpec): string {
  const lines = [
    `Usage: ${usage(table, command)}`,
    "",
    ...wrap(sentence(command.summary), COLUMNS),
  ];
  for (const paragraph of command.description) lines.push("", ...wrap(paragraph, COLUMNS));
  if (command.operands.length > 0) {
    const rows = command.operands.map((each) => [operandName(each), operandText(each)] as const);
    lines.push("", "Arguments:", ...twoColumns(rows));
  }
  for (const [group, options] of groupOptions(command.options)) {
    lines.push("", `${group}:`, ...optionLines(options));
  }
  if (command.examples.length > 0) {
    lines.push("", "Examples:");
    for (const { command: line, summary } of command.examples) {
      lines.push(...indent(`${summary}:`, 2), `    ${line}`);
    }
  }
  return text(lines);
}
