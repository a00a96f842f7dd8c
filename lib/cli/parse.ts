/** Reads a command line against the command table. */
import { EXIT, ExitError } from "../exit.ts";
import { didYouMean } from "./nearest.ts";
import { quote } from "./quote.ts";
import type { CommandSpec, CommandTable, Invocation, OptionSpec } from "./spec.ts";
import { operandName } from "./text.ts";
import { choiceProblem, valueProblem, wrongValue } from "./value.ts";
import { type GivenValues, optionValues } from "./values.ts";
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
  if (surplus !== undefined && !command.operands.at(-1)?.repeatable) {
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

/** The values of the configuration file, if one is named. Its reader is loaded only then. */
async function configValues(
  table: CommandTable,
  command: CommandSpec,
  words: Words,
  readFile: (path: string) => Uint8Array,
): Promise<GivenValues> {
  const path = words.options.get("config")?.at(-1);
  if (path === undefined) return new Map();
  const { readConfig } = await import("./config.ts");
  return readConfig(table, command, path, readFile);
}

/** Where to read on, at the end of the error of a wrong command line. */
function withHint(error: unknown, table: CommandTable, command: CommandSpec | undefined): unknown {
  if (!(error instanceof ExitError) || error.code !== EXIT.usage) return error;
  const page = command === undefined ? "" : ` ${command.name}`;
  return new ExitError(error.code, `${error.message} (see ${table.program}${page} --help)`);
}

/**
 * Reads a command line, and the configuration file that it names.
 * `--help` and `--version` win over everything else, right or wrong, but an unknown command.
 *
 * @param readFile Reads the configuration file.
 * @throws {ExitError} 64 where the command line is wrong, 78 where the configuration file is: one line
 * that says what to do.
 */
export async function parseCommandLine(
  table: CommandTable,
  args: readonly string[],
  readFile: (path: string) => Uint8Array,
): Promise<CommandLine> {
  let command: CommandSpec | undefined;
  try {
    const every = allOptions(table);
    const at = findCommandWord(args, every, table.commands.map((candidate) => candidate.name));
    const name = args[at];
    if (name !== undefined) command = findCommand(table, name);
    const help = () => helpInvocation(table, command === undefined ? [] : [command.name]);

    const before = wordsBeforeEnd(args);
    if (before.includes("--help") || before.includes("-h")) return help();
    if (before.includes("--version")) return "version";

    const owner = command === undefined ? "" : ` of "${command.name}"`;
    const rest = command === undefined ? args : args.toSpliced(at, 1);
    const words = readWords(rest, command?.options ?? every, owner);
    if (words.options.has("help")) return help();
    if (command === undefined) return "no command";

    checkOptions(command, words);
    checkOperands(command, words.operands);
    const config = await configValues(table, command, words, readFile);
    const values = optionValues(command.options, words.options, config);
    return { command, values, operands: words.operands };
  } catch (error) {
    throw withHint(error, table, command);
  }
}
