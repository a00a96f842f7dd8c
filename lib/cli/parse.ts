/** Reads a command line against the command table. */
import { EXIT, ExitError } from "../exit.ts";
import { readConfig } from "./config.ts";
import { didYouMean } from "./nearest.ts";
import { quote } from "./quote.ts";
import type { CommandSpec, CommandTable, Invocation, OptionSpec } from "./spec.ts";
import { operandName } from "./text.ts";
import { choiceProblem, valueProblem, wrongValue } from "./value.ts";
import { optionValues } from "./values.ts";
import { findCommandWord, readWords, type Words, wordsBeforeEnd } from "./words.ts";

/** What a command line asks for: a command, `--version`, or nothing at all. */
export type CommandLine = Invocation | "version" | "no command";

function fail(message: string): never {
  throw new ExitError(EXIT.usage, message);
}

/** Every option of the table, also those of other commands. */
function allOptions(table: CommandTable): OptionSpec[] {
  return [...table.options, ...table.commands.flatMap((command) => command.options)];
}

function findCommand(table: CommandTable, name: string): CommandSpec {
  const command = table.commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = table.commands.map((candidate) => candidate.name);
  return fail(`unknown command ${quote(name)}${didYouMean(name, names)}`);
}

/** The command that answers `--help`. */
function helpInvocation(table: CommandTable, operands: readonly string[]): Invocation {
  const command = findCommand(table, "help");
  return { command, operands, values: optionValues(command.options, new Map(), new Map()) };
}

function checkOperands(command: CommandSpec, operands: readonly string[]): void {
  const surplus = operands[command.operands.length];
  if (surplus !== undefined) {
    fail(`unexpected argument ${quote(surplus)} of "${command.name}"`);
  }
  for (const [index, operand] of command.operands.entries()) {
    const value = operands[index];
    const name = operandName(operand);
    const { choices } = operand;
    if (value !== undefined) {
      const problem = choices && choiceProblem(value, choices);
      if (problem !== undefined) fail(wrongValue(value, name, problem));
    } else if (operand.required) {
      fail(`"${command.name}" needs ${name}${choices ? `: one of ${choices.join(", ")}` : ""}`);
    }
  }
}

function checkOptions(command: CommandSpec, words: Words): void {
  for (const option of command.options) {
    if (option.type === "flag") continue;
    for (const value of words.options.get(option.name) ?? []) {
      const problem = valueProblem(option, value);
      if (problem !== undefined) fail(wrongValue(value, `"--${option.name}"`, problem));
    }
  }
}

/** Adds where to read on to the error of a command line. */
function withHint<T>(table: CommandTable, command: CommandSpec | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ExitError) || error.code !== EXIT.usage) throw error;
    const page = command === undefined ? "" : ` ${command.name}`;
    throw new ExitError(error.code, `${error.message} (see ${table.program}${page} --help)`);
  }
}

/**
 * Reads a command line, and the configuration file that it names.
 * `--help` and `--version` win over everything else, right or wrong.
 *
 * @param readFile Reads the configuration file.
 * @throws {ExitError} 64 where the command line is wrong, 78 where the configuration file is: one line
 * that says what to do.
 */
export function parseCommandLine(
  table: CommandTable,
  args: readonly string[],
  readFile: (path: string) => Uint8Array,
): CommandLine {
  const options = allOptions(table);
  const at = findCommandWord(args, options);
  const name = args[at];
  const command = withHint(
    table,
    undefined,
    () => name === undefined ? undefined : findCommand(table, name),
  );

  const before = wordsBeforeEnd(args);
  if (before.includes("--help") || before.includes("-h")) {
    return helpInvocation(table, command === undefined ? [] : [command.name]);
  }
  if (before.includes("--version")) return "version";

  if (command === undefined) {
    withHint(table, undefined, () => readWords(args, options, ""));
    return "no command";
  }
  return withHint(table, command, () => {
    const words = readWords(args.toSpliced(at, 1), command.options, ` of "${command.name}"`);
    if (words.options.has("help")) return helpInvocation(table, [command.name]);
    checkOptions(command, words);
    checkOperands(command, words.operands);
    const path = words.options.get("config")?.at(-1);
    const config = path === undefined ? new Map() : readConfig(table, command, path, readFile);
    const values = optionValues(command.options, words.options, config);
    return { command, values, operands: words.operands };
  });
}
