/** The reference of commands, options, exit statuses and collectors, as Markdown for README.md. */
import { type CollectorRow, COLLECTORS } from "../../collectors/registry.ts";
import { EXIT_STATUSES } from "./exit_statuses.ts";
import type { CommandTable, OptionSpec } from "./spec.ts";
import { TABLE } from "./table.ts";
import {
  groupOptions,
  operandName,
  operandText,
  optionText,
  sharedOptions,
  valueName,
} from "./text.ts";

/** What the reference stands between. */
const BEGIN = "<!-- reference:begin -->";
const END = "<!-- reference:end -->";

/** Text that stands for itself in a cell of a table. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|*_`<>[\]]/g, "\\$&");
}

/** Code in a cell of a table, where even in code a bar ends the cell. */
function code(text: string): string {
  return "`" + text.replaceAll("|", "\\|") + "`";
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, head.map(() => "---"), ...rows];
  return [...lines.map((cells) => `| ${cells.join(" | ")} |`), ""];
}

function optionCell(option: OptionSpec): string {
  const value = valueName(option);
  const long = code(`--${option.name}${value === undefined ? "" : ` ${value}`}`);
  return option.short === undefined ? long : `${code(`-${option.short}`)}, ${long}`;
}

function commandRows(table: CommandTable): string[][] {
  return table.commands.map(({ name, summary, operands }) => {
    const call = [name, ...operands.map(operandName)].join(" ");
    return [code(call), cell([summary, ...operands.map(operandText)].join(". "))];
  });
}

function optionTables(table: CommandTable): string[] {
  const shared = sharedOptions(table);
  const groups = groupOptions(shared.map(({ option }) => option));
  return [...groups].flatMap(([group, options]) => {
    const rows = options.map((option) => {
      const commands = shared.find((each) => each.option === option)?.commands ?? [];
      const all = commands.length === table.commands.length;
      const takers = all ? "all" : commands.map(code).join(", ") || "none needed";
      return [optionCell(option), cell(optionText(option)), takers];
    });
    return [`#### ${group}`, "", ...markdownTable(["option", "meaning", "commands"], rows)];
  });
}

/** The reference, markers included. Formatters are told to leave it as it is. */
export function reference(table: CommandTable, collectors: readonly CollectorRow[]): string {
  const statuses = EXIT_STATUSES.map(({ code, meaning }) => [String(code), cell(meaning)]);
  const sources = collectors.map((row) => [
    code(row.name),
    cell(row.summary),
    row.os.join(", "),
    cell(row.sees),
    cell(row.misses),
    cell(row.needs),
  ]);
  return [
    BEGIN,
    "<!-- deno-fmt-ignore-start -->",
    "<!-- Written by `deno task docs`: change lib/cli/table.ts or collectors/registry.ts instead. -->",
    "",
    "### Commands",
    "",
    ...markdownTable(["command", "what it does"], commandRows(table)),
    "### Options",
    "",
    ...optionTables(table),
    "### Exit statuses",
    "",
    ...markdownTable(["status", "meaning"], statuses),
    "### Collectors",
    "",
    ...markdownTable(["name", "what it does", "runs on", "sees", "misses", "needs"], sources),
    "<!-- deno-fmt-ignore-end -->",
    END,
  ].join("\n");
}

/** Where the reference stands in a text: from the first character of one marker to the last of the other. */
function findReference(readme: string): { begin: number; end: number } {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new RangeError(`There is no ${BEGIN} ... ${END}`);
  return { begin, end: end + END.length };
}

/**
 * The text with the reference in its place.
 *
 * @throws {RangeError} If the text does not have both markers.
 */
export function replaceReference(readme: string, by: string): string {
  const { begin, end } = findReference(readme);
  return readme.slice(0, begin) + by + readme.slice(end);
}

/** The reference of this program. */
export function currentReference(): string {
  return reference(TABLE, COLLECTORS);
}

/**
 * Whether the text holds the reference of this program as it would be written.
 *
 * @throws {RangeError} If the text does not have both markers.
 */
export function referenceIsCurrent(readme: string): boolean {
  const { begin, end } = findReference(readme);
  return readme.slice(begin, end) === currentReference();
}
