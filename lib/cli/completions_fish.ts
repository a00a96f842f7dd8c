/** Completions for fish. */
import type { CommandTable, OptionSpec } from "./spec.ts";

/** A word between single quotes. */
function quoted(text: string): string {
  return "'" + text.replace(/[\\']/g, "\\$&") + "'";
}

/** What completes the value of an option. */
function valueWords(option: OptionSpec): string {
  if (option.type === "flag") return "";
  if (option.type === "file") return " -r -F";
  if (option.type === "directory") return " -x -a '(__fish_complete_directories)'";
  return option.choices ? ` -x -a ${quoted(option.choices.join(" "))}` : " -x";
}

/** A script to be put into fish's directory of completions. */
export function fishCompletion(table: CommandTable): string {
  const names = table.commands.map((command) => command.name).join(" ");
  const lines = [`# Completions of ${table.program} for fish.`];

  function add(condition: string, rest: string): void {
    lines.push(`complete -c ${table.program} -n ${quoted(condition)}${rest}`);
  }

  function addOption(condition: string, option: OptionSpec): void {
    const short = option.short === undefined ? "" : ` -s ${option.short}`;
    const description = ` -d ${quoted(option.summary)}`;
    add(condition, `${short} -l ${option.name}${valueWords(option)}${description}`);
  }

  lines.push(`complete -c ${table.program} -f`);
  const none = `not __fish_seen_subcommand_from ${names}`;
  for (const option of table.options) addOption(none, option);
  for (const { name, summary } of table.commands) add(none, ` -a ${name} -d ${quoted(summary)}`);
  for (const command of table.commands) {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    for (const option of command.options) addOption(seen, option);
    for (const { choices, summary, isFile } of command.operands) {
      if (isFile) add(seen, " -F");
      if (choices === undefined) continue;
      // commandline -opc: the words before the cursor, the program's name and the command's first.
      const first = `${seen}; and test (count (commandline -opc)) -lt 3`;
      add(first, ` -a ${quoted(choices.join(" "))} -d ${quoted(summary)}`);
    }
  }
  return lines.join("\n") + "\n";
}
