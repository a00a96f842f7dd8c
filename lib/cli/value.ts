/** Checks of single values: the same for the command line and for a configuration file. */
import { parseDuration } from "../duration.ts";
import { readableDuration } from "../time.ts";
import { didYouMean } from "./nearest.ts";
import { quote } from "./quote.ts";
import type { OptionSpec } from "./spec.ts";

/** Why a word is not one of several, which one was probably meant; undefined if it is one. */
export function choiceProblem(word: string, choices: readonly string[]): string | undefined {
  if (choices.includes(word)) return undefined;
  return `it is not one of ${choices.join(", ")}${didYouMean(word, choices)}`;
}

function textProblem(option: OptionSpec, text: string): string | undefined {
  // No argument and no path can hold one; a string of a configuration file can.
  if (text.includes("\0")) return "it contains a NUL character";
  if (option.type === "choice") return choiceProblem(text, option.choices ?? []);
  if (option.type === "duration") {
    const minimum = option.minimum ?? 0;
    if (parseDuration(text) < minimum) return `the minimum is ${readableDuration(minimum * 1000)}`;
  }
  option.check?.(text);
  return undefined;
}

/**
 * What is wrong with a value of an option, in words; undefined if nothing is. A leading `!` of a
 * negatable option is not part of what is checked.
 */
export function valueProblem(option: OptionSpec, value: string): string | undefined {
  if (value === "") return "it is empty";
  const text = option.negatable && value.startsWith("!") ? value.slice(1) : value;
  if (text === "") return 'nothing follows the "!"';
  try {
    return textProblem(option, text);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** The sentence that says that the value of something is wrong. */
export function wrongValue(value: string, owner: string, problem: string): string {
  return `value ${quote(value)} of ${owner} is wrong: ${problem}`;
}
