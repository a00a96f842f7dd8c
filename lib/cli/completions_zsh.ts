/** Completions for zsh: `_arguments` of zshcompsys(1). */
import type { CommandSpec, CommandTable, OperandSpec, OptionSpec } from "./spec.ts";
import { valueName } from "./text.ts";

/** A word of shell code, between single quotes. */
function quoted(text: string): string {
  return "'" + text.replaceAll("'", "'\\''") + "'";
}

/** Text inside an argument of `_arguments`, where colons and brackets mean something. */
function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

/** What completes a value, as `_arguments` takes it. */
function action(type: OptionSpec["type"], choices: readonly string[] | undefined): string {
  if (choices) return `(${choices.join(" ")})`;
  if (type === "file") return "_files";
  return type === "directory" ? "_files -/" : " ";
}

/** Arguments of `_arguments` for one option: one for each of its forms. */
function optionArguments(option: OptionSpec): string[] {
  const forms = [`--${option.name}`];
  if (option.short !== undefined) forms.unshift(`-${option.short}`);
  const value = valueName(option);
  const message = value === undefined
    ? ""
    : `:${escaped(value)}:${action(option.type, option.choices)}`;
  const front = option.repeatable ? "*" : `(${forms.join(" ")})`;
  return forms.map((form) => {
    // "+": the value may follow in the same word; "=": also behind an equals sign.
    const joint = value === undefined ? "" : form.startsWith("--") ? "=" : "+";
    return quoted(`${front}${form}${joint}[${escaped(option.summary)}]${message}`);
  });
}

function operandArgument(operand: OperandSpec): string {
  const colon = operand.repeatable ? "*:" : operand.required ? ":" : "::";
  const type = operand.isFile ? "file" : "text";
  return quoted(`${colon}${escaped(operand.name)}:${action(type, operand.choices)}`);
}

function callArguments(specs: readonly string[], by: string): string[] {
  return ["_arguments -s -S", ...specs].map((spec, index, all) =>
    by + (index > 0 ? "  " : "") + spec + (index < all.length - 1 ? " \\" : "")
  );
}

function commandCase(command: CommandSpec): string[] {
  const specs = [
    ...command.options.flatMap(optionArguments),
    ...command.operands.map(operandArgument),
  ];
  return [`        ${command.name})`, ...callArguments(specs, "          "), "          ;;"];
}

/** A script to be put into a directory of `$fpath`, or read by zsh after `compinit`. */
export function zshCompletion(table: CommandTable): string {
  const name = `_${table.program}`;
  const described = table.commands.map((command) =>
    `        ${quoted(`${escaped(command.name)}:${command.summary}`)}`
  );
  return [
    `#compdef ${table.program}`,
    `# Completions of ${table.program} for zsh.`,
    `${name}() {`,
    '  local context state state_descr line curcontext="$curcontext"',
    "  typeset -A opt_args",
    "  _arguments -s -S -C \\",
    ...table.options.flatMap(optionArguments).map((spec) => `    ${spec} \\`),
    "    '1:command:->command' \\",
    "    '*::argument:->argument'",
    '  case "$state" in',
    "    command)",
    "      local -a commands=(",
    ...described,
    "      )",
    "      _describe -t commands command commands",
    "      ;;",
    "    argument)",
    '      case "${line[1]}" in',
    ...table.commands.flatMap((command) => commandCase(command)),
    "      esac",
    "      ;;",
    "  esac",
    "}",
    `if [ "\${funcstack[1]}" = ${name} ]; then`,
    `  ${name} "$@"`,
    "else",
    `  compdef ${name} ${table.program}`,
    "fi",
    "",
  ].join("\n");
}
