/** Completions for bash 3.2 and later, without the package bash-completion. */
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";

function forms(option: OptionSpec): string[] {
  const long = `--${option.name}`;
  return option.short === undefined ? [long] : [long, `-${option.short}`];
}

/** Code that offers words; the words of the table need no quoting. */
function offer(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${words.join(" ")}' -- "$cur"))`;
}

// With no words offered, readline completes names of files or directories itself.
const OFFER_FILES = "compopt -o default 2>/dev/null";

/** Code that offers options to a word that begins with a dash, else what `operands` offers. */
function offerEither(options: readonly string[], operands: string): string {
  return `if [[ $cur == -* ]]; then ${offer(options)}; else ${operands}; fi`;
}

/** Code that completes the value of an option. */
function completeValue(option: OptionSpec): string {
  if (option.type === "file") return OFFER_FILES;
  if (option.type === "directory") return "compopt -o dirnames 2>/dev/null";
  return option.choices ? offer(option.choices) : ":";
}

function valueCases(options: readonly OptionSpec[]): string[] {
  return options.filter((option) => option.type !== "flag").map((option) =>
    `        ${forms(option).join(" | ")}) ${completeValue(option)}; return ;;`
  );
}

function commandCase(command: CommandSpec): string[] {
  const options = command.options.flatMap(forms);
  const words = command.operands.flatMap((operand) => operand.choices ?? []);
  const takesFiles = command.operands.some((operand) => operand.isFile);
  const operands = takesFiles ? OFFER_FILES : words.length > 0 ? offer(words) : undefined;
  return [
    `    ${command.name})`,
    '      case "$prev" in',
    ...valueCases(command.options),
    "      esac",
    `      ${operands === undefined ? offer(options) : offerEither(options, operands)}`,
    "      ;;",
  ];
}

/** A script to be read by bash. */
export function bashCompletion(table: CommandTable): string {
  const names = table.commands.map((command) => command.name);
  const name = `_${table.program}`;
  return [
    `# Completions of ${table.program} for bash.`,
    `${name}() {`,
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="" command="" i',
    "  # What compgen takes its words apart by; who has set it otherwise may have a comma in it.",
    "  local IFS=$' \\t\\n'",
    '  ((COMP_CWORD > 0)) && prev="${COMP_WORDS[COMP_CWORD - 1]}"',
    "  # Readline takes --name=value apart at the equals sign.",
    '  if [[ $cur == "=" ]]; then cur=""',
    '  elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD - 2]}"; fi',
    "  COMPREPLY=()",
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    '    case "${COMP_WORDS[i]}" in',
    `      ${names.join(" | ")}) command="\${COMP_WORDS[i]}"; break ;;`,
    "    esac",
    "  done",
    '  case "$command" in',
    ...table.commands.flatMap((command) => commandCase(command)),
    "    *)",
    `      ${offerEither(table.options.flatMap(forms), offer(names))}`,
    "      ;;",
    "  esac",
    "}",
    `complete -F ${name} ${table.program}`,
    "",
  ].join("\n");
}
