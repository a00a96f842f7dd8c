/**
 * Reads the words of a command line strictly. `parseArgs` alone is too kind: it takes `--verbose true`
 * and `--verbose=no` for a set flag, `--out --verbose` for an empty name, a word after an unknown
 * option for its value, and reads `-ptcp` as four letters. So every option is first brought into the
 * one form that it cannot misread: `--name=value` or `--flag`, and all operands behind `--`.
 */
import { parseArgs } from "@std/cli/parse-args";
import { EXIT, ExitError } from "../exit.ts";
import { didYouMean } from "./nearest.ts";
import { quote } from "./quote.ts";
import type { OptionSpec } from "./spec.ts";

/** What the words of a command line say. */
export interface Words {
  /** Values by the option's name, for every option that is given; a flag has the value "". */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

function looksLikeOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

function fail(message: string): never {
  throw new ExitError(EXIT.usage, message);
}

/** The words before `--`, which ends the options. */
export function wordsBeforeEnd(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

/** Whether the option has that long name, without the dashes. */
function isCalled({ name, aliases = [] }: OptionSpec, wanted: string): boolean {
  return name === wanted || aliases.includes(wanted);
}

/** Whether the word is an option, or a group of one-letter options, whose value is the next word. */
function takesNextWord(word: string, options: readonly OptionSpec[]): boolean {
  if (word.startsWith("--")) {
    return options.some((option) => option.type !== "flag" && isCalled(option, word.slice(2)));
  }
  for (let at = 1; at < word.length; at++) {
    const option = options.find((candidate) => candidate.short === word[at]);
    if (option?.type !== "flag") return option !== undefined && at === word.length - 1;
  }
  return false;
}

/** Whether commands differ in whether the option takes a value. */
function isAmbiguous(word: string, options: readonly OptionSpec[]): boolean {
  const kinds = options.filter((option) => word.startsWith("--") && isCalled(option, word.slice(2)))
    .map(({ type }) => type === "flag");
  return new Set(kinds).size > 1;
}

/**
 * Where the first operand stands: the command. Options may stand before it.
 *
 * @param options Those of all commands.
 * @param commands Names of the commands: behind an option that takes a value in one of them and none in
 * another, such a name is the command.
 * @returns Its index, or -1 where there is none.
 */
export function findCommandWord(
  args: readonly string[],
  options: readonly OptionSpec[],
  commands: readonly string[] = [],
): number {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (word === "--") return -1;
    if (!looksLikeOption(word)) return i;
    if (!takesNextWord(word, options)) continue;
    if (!isAmbiguous(word, options) || !commands.includes(args[i + 1] ?? "")) i++;
  }
  return -1;
}

/** Options in the form `--name=value` or `--flag`, then `--`, then operands. */
function canonicalWords(
  args: readonly string[],
  options: readonly OptionSpec[],
  owner: string,
): string[] {
  const found: string[] = [];
  const operands: string[] = [];
  let i = 0;

  function unknown(shown: string, name: string): never {
    const names = options.map((option) => option.name);
    fail(`unknown option ${quote(shown)}${owner}${didYouMean(name, names, "--")}`);
  }

  /** @param attached What stands behind the option in the same word. */
  function take(option: OptionSpec, shown: string, attached: string | undefined): void {
    if (option.type === "flag") {
      if (attached !== undefined) {
        fail(`option "${shown}" takes no value: leave out ${quote(attached)}`);
      }
      // Without a "=": parseArgs takes `--no-listen=` for an option "listen".
      found.push(`--${option.name}`);
      return;
    }
    const value = attached ?? args[++i];
    if (value === undefined || value === "") fail(`option "${shown}" needs a value`);
    const isNumber = option.signed && /^-\d/.test(value);
    if (attached === undefined && looksLikeOption(value) && !isNumber) {
      fail(
        `option "${shown}" needs a value, and ${quote(value)} looks like an option` +
          ` (if it is the value, write it behind "--${option.name}=")`,
      );
    }
    found.push(`--${option.name}=${value}`);
  }

  function takeLetters(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const letter = String.fromCodePoint(word.codePointAt(at) ?? 0);
      const option = options.find((candidate) => candidate.short === letter);
      if (option === undefined) return unknown("-" + letter, word.slice(1));
      const rest = word.slice(at + 1);
      if (option.type === "flag" && !rest.startsWith("=")) {
        take(option, "-" + letter, undefined);
        continue;
      }
      const attached = rest.startsWith("=") ? rest.slice(1) : rest || undefined;
      return take(option, "-" + letter, attached);
    }
  }

  for (; i < args.length; i++) {
    const word = args[i] ?? "";
    if (word === "--") {
      return [...found, "--", ...operands, ...args.slice(i + 1)];
    }
    if (!looksLikeOption(word)) {
      operands.push(word);
    } else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const name = word.slice(2, equals < 0 ? undefined : equals);
      const option = options.find((candidate) => isCalled(candidate, name));
      if (option === undefined) unknown("--" + name, name);
      take(option, "--" + name, equals < 0 ? undefined : word.slice(equals + 1));
    } else {
      takeLetters(word);
    }
  }
  return [...found, "--", ...operands];
}

/**
 * Reads words, without looking at what the values say.
 *
 * @param owner Whose options they are, for error texts: ` of "watch"`, or nothing.
 * @throws {ExitError} 64 for an unknown option, a missing value, a value too many, and an option given
 * twice that may be given once.
 */
export function readWords(
  args: readonly string[],
  options: readonly OptionSpec[],
  owner: string,
): Words {
  const names = options.map((option) => option.name);
  const words = canonicalWords(args, options, owner);
  const parsed = parseArgs(words, { string: names, collect: names, "--": true });
  const given = new Map<string, readonly string[]>();
  for (const option of options) {
    const values = parsed[option.name];
    if (!Array.isArray(values) || values.length === 0) continue;
    if (values.length > 1 && !option.repeatable) {
      fail(`option "--${option.name}" is given ${values.length} times and may be given once`);
    }
    given.set(option.name, values.map(String));
  }
  return { options: given, operands: parsed["--"] ?? [] };
}
