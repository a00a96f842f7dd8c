/** The manual page, made from the command table. */
import { EXIT_STATUSES } from "./exit_statuses.ts";
import { bold, italic, roff } from "./roff.ts";
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";
import {
  groupOptions,
  operandName,
  operandText,
  optionText,
  sentence,
  sharedOptions,
  valueName,
} from "./text.ts";

/** A paragraph with a hanging term. Both are roff. */
function tagged(term: string, meaning: string): string[] {
  return [".TP", term, meaning];
}

function optionTerm(option: OptionSpec): string {
  const value = valueName(option);
  const argument = value === undefined ? "" : ` ${italic(value)}`;
  const letter = option.short === undefined ? "" : `${bold(`-${option.short}`)}, `;
  return `${letter}${bold(`--${option.name}`)}${argument}`;
}

function optionParagraph(option: OptionSpec): string[] {
  return tagged(optionTerm(option), roff(sentence(optionText(option))));
}

function synopsis(table: CommandTable, command: CommandSpec): string[] {
  const operands = command.operands.map((operand) => ` ${italic(operandName(operand))}`);
  const call = `${bold(table.program)} ${bold(command.name)}`;
  return [`${call} [${italic("OPTION")}]...${operands.join("")}`, ".br"];
}

function commandParagraphs(command: CommandSpec): string[] {
  const lines = tagged(bold(command.name), roff(sentence(command.summary)));
  for (const paragraph of command.description) lines.push(".IP", roff(paragraph));
  for (const operand of command.operands) {
    lines.push(
      ".RS",
      ...tagged(italic(operandName(operand)), roff(sentence(operandText(operand)))),
    );
    lines.push(".RE");
  }
  const names = command.options.map((option) => bold(`--${option.name}`));
  if (names.length > 0) lines.push(".IP", `Options: ${names.join(", ")}.`);
  return lines;
}

function optionSections(table: CommandTable): string[] {
  const groups = groupOptions(sharedOptions(table).map(({ option }) => option));
  return [...groups].flatMap(([group, options]) => [
    `.SS ${roff(group)}`,
    ...options.flatMap((option) => optionParagraph(option)),
  ]);
}

function examples(table: CommandTable): string[] {
  return table.commands.flatMap((command) =>
    command.examples.flatMap((example) => [
      ".PP",
      roff(`${example.summary}:`),
      ".PP",
      ".RS",
      ".nf",
      roff(example.command),
      ".fi",
      ".RE",
    ])
  );
}

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  [
    "NO_COLOR",
    "Where it is set and not empty, the formats for people have no colours, unless --color asks for them.",
  ],
];

const FILES: readonly (readonly [string, string])[] = [
  ["/proc", "The proc file system: sockets, processes and network namespaces. See --procfs."],
  ["/etc/passwd", "Names of users."],
];

const SEE_ALSO: readonly (readonly [string, number])[] = [
  ["ss", 8],
  ["lsof", 8],
  ["conntrack", 8],
  ["proc", 5],
  ["systemd", 1],
];

/**
 * The manual page in the language of man(7). It carries no date, so that it is the same whenever it is
 * made.
 */
export function manualPage(table: CommandTable, version: string): string {
  const { program, summary } = table;
  const name = bold(program);
  const release = roff(`${program} ${version}`);
  return [
    `.TH "${roff(program.toUpperCase())}" 1 "" "${release}" "User Commands"`,
    ".nh",
    ".ad l",
    ".SH NAME",
    `${roff(program)} \\- ${roff(summary)}`,
    ".SH SYNOPSIS",
    ...table.commands.flatMap((command) => synopsis(table, command)),
    ...table.options.flatMap((option) => [`${name} ${bold(`--${option.name}`)}`, ".br"]),
    ".SH DESCRIPTION",
    `${name} ${roff(`${summary}.`)}`,
    ".SH COMMANDS",
    ...table.commands.flatMap((command) => commandParagraphs(command)),
    ".SH OPTIONS",
    ...optionSections(table),
    ".SH EXIT STATUS",
    ...EXIT_STATUSES.flatMap(({ code, meaning }) =>
      tagged(bold(String(code)), roff(`${meaning}.`))
    ),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([variable, meaning]) => tagged(bold(variable), roff(meaning))),
    ".SH FILES",
    ...FILES.flatMap(([path, meaning]) => tagged(italic(path), roff(meaning))),
    ".SH EXAMPLES",
    ...examples(table),
    ".SH SEE ALSO",
    SEE_ALSO.map(([page, section]) => `${bold(page)}(${section})`).join(",\n"),
    "",
  ].join("\n");
}
