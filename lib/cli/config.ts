/**
 * Options from a configuration file, TOML or JSON. Its keys are the long names of options: at top
 * level for every command that has such an option, or in a table named like one command, which wins
 * over the top level. The whole file is checked, also what belongs to other commands.
 */
import { ioErrorText } from "../sinks/io_error.ts";
import { parse as parseToml } from "@std/toml/parse";
import { EXIT, ExitError } from "../exit.ts";
import { escapeControl } from "../formats/escape.ts";
import { didYouMean } from "./nearest.ts";
import { quote } from "./quote.ts";
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";
import { valueProblem, wrongValue } from "./value.ts";

/** Options that make no sense in a file. */
const COMMAND_LINE_ONLY: readonly string[] = ["config", "help", "dry-run"];

/** A table of the file. */
type Section = Record<string, unknown>;

/** Ends the reading: says what is wrong with the file. */
type Fail = (problem: string) => never;

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

function messageOf(error: unknown): string {
  return escapeControl(error instanceof Error ? error.message : String(error));
}

/** The content of the file. */
function load(path: string, readFile: (path: string) => Uint8Array, fail: Fail): Section {
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch (error) {
    return fail(`it cannot be read: ${escapeControl(ioErrorText(error))}`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("it is not UTF-8 text");
  }
  const isJson = path.endsWith(".json") || text.trimStart().startsWith("{");
  let root: unknown;
  try {
    root = isJson ? JSON.parse(text) : parseToml(text);
  } catch (error) {
    return fail(`it is not ${isJson ? "JSON" : "TOML"}: ${messageOf(error)}`);
  }
  return isSection(root) ? root : fail("it holds no table of options");
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "a table" : `a ${typeof value}`;
}

/** The text of one value; undefined where its type is wrong. Numbers stand for their text. */
function textOf(option: OptionSpec, value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const isPath = option.type === "file" || option.type === "directory";
  return typeof value === "number" && !isPath ? String(value) : undefined;
}

function readFlag(value: unknown, key: string, fail: Fail): string[] {
  if (typeof value !== "boolean") fail(`${key} must be true or false, not ${kindOf(value)}`);
  return value ? [""] : [];
}

function readTexts(option: OptionSpec, value: unknown, key: string, fail: Fail): string[] {
  const items: unknown[] = Array.isArray(value) && option.repeatable ? value : [value];
  return items.map((item) => {
    const text = textOf(option, item);
    if (text === undefined) {
      const wanted = option.repeatable ? "a string or a list of strings" : "a string";
      return fail(`${key} must be ${wanted}, not ${kindOf(item)}`);
    }
    const problem = valueProblem(option, text);
    return problem === undefined ? text : fail(wrongValue(text, key, problem));
  });
}

/** Reads one key of a table of the file. */
function readKey(
  name: string,
  value: unknown,
  options: readonly OptionSpec[],
  prefix: string,
  fail: Fail,
): string[] {
  const key = quote(prefix + name);
  if (COMMAND_LINE_ONLY.includes(name)) fail(`${key} can only be given on the command line`);
  const option = options.find((candidate) => candidate.name === name);
  if (option === undefined) {
    const names = options.map((candidate) => candidate.name);
    const allowed = names.filter((candidate) => !COMMAND_LINE_ONLY.includes(candidate));
    return fail(`unknown key ${key}${didYouMean(name, allowed)}`);
  }
  return option.type === "flag" ? readFlag(value, key, fail) : readTexts(option, value, key, fail);
}

/**
 * Reads a configuration file: JSON where its name ends in `.json` or its text begins with `{`, else
 * TOML. A flag is true or false, a list is for repeatable options, a number stands for its text.
 *
 * @returns Checked values by the option's name, those of the command's own table before those of the
 * top level; an empty list for a flag that is false.
 * @throws {ExitError} 78 where the file cannot be read, or says what no command understands.
 */
export function readConfig(
  table: CommandTable,
  command: CommandSpec,
  path: string,
  readFile: (path: string) => Uint8Array,
): Map<string, readonly string[]> {
  const fail: Fail = (problem) => {
    throw new ExitError(EXIT.config, `configuration file ${quote(path)}: ${problem}`);
  };
  // The command comes first: where commands differ in an option, its own counts.
  const options = [command, ...table.commands].flatMap((each) => each.options)
    .filter(({ isOwn }) => !isOwn);
  const common = new Map<string, readonly string[]>();
  const own = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(load(path, readFile, fail))) {
    const section = table.commands.find((candidate) => candidate.name === name);
    if (section === undefined || !isSection(value)) {
      if (isSection(value)) {
        const names = table.commands.map((candidate) => candidate.name);
        fail(`unknown table ${quote(name)}${didYouMean(name, names)}`);
      }
      common.set(name, readKey(name, value, options, "", fail));
      continue;
    }
    for (const [key, inner] of Object.entries(value)) {
      const texts = readKey(key, inner, section.options, `${name}.`, fail);
      if (section === command) own.set(key, texts);
    }
  }
  for (const { name, isOwn } of command.options) if (isOwn) common.delete(name);
  return new Map([...common, ...own]);
}
