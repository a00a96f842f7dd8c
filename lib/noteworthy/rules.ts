/** Rules that tell what is expected from what is noteworthy, and how files of them add up. */
import { didYouMean } from "../cli/nearest.ts";
import { quote } from "../cli/quote.ts";
import { EXIT, ExitError } from "../exit.ts";

/** What a condition looks at. Each also has a form with `not_` before it. */
export const CONDITION_KEYS = [
  "host",
  "remote",
  "local",
  "port",
  "protocol",
  "direction",
  "executable",
  "process",
  "parent",
  "unit",
  "user",
] as const;

/** One of {@linkcode CONDITION_KEYS}. */
export type ConditionKey = (typeof CONDITION_KEYS)[number];

/** One condition: one of the values applies, or with `negated` none of them. */
export interface Condition {
  readonly key: ConditionKey;
  readonly negated: boolean;
  /** As they are written; numbers as decimal text. At least one. */
  readonly values: readonly string[];
}

/** One rule. All of its conditions must hold. */
export interface Rule {
  /** Letters, digits, dots, hyphens and underscores. */
  readonly name: string;
  /** Why there is such a rule: a sentence. */
  readonly why: string;
  /** What makes a record noteworthy, of a `note` rule; absent for an `expect` rule. */
  readonly note?: string;
  /** At least one. */
  readonly conditions: readonly Condition[];
}

/** Name of a rule that is switched off, and where that stands. */
export interface Disabled {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What one file says. */
export interface RuleFile {
  /** Path of the file, or another name for messages. */
  readonly path: string;
  readonly rules: readonly Rule[];
  readonly disable: readonly Disabled[];
  /** False: without the built-in rules. */
  readonly builtin: boolean;
}

/**
 * Ends the program for a rules file.
 *
 * @param problem What is wrong and what to do: no full stop.
 * @throws {ExitError} 78, always.
 */
export function failRules(path: string, line: number, problem: string): never {
  throw new ExitError(EXIT.config, `rules file ${quote(path)}, line ${line}: ${problem}`);
}

/**
 * Puts the rules of files behind the built-in ones. A file first switches rules off, then adds its own;
 * a rule takes the place of one with the same name that came before.
 *
 * @param builtin The rules to begin with, unless a file says `builtin = false`.
 * @param files In the order in which they were given.
 * @param otherNames Names that may be switched off although they are not there: those of the built-in
 * rules for other systems, so that one file serves them all.
 * @throws {ExitError} 78 where a file switches off a rule that nobody knows.
 */
export function mergeRules(
  builtin: readonly Rule[],
  files: readonly RuleFile[],
  otherNames: Iterable<string> = [],
): Rule[] {
  const merged = new Map<string, Rule>();
  const known = new Set(otherNames);
  for (const rule of builtin) known.add(rule.name);
  if (files.every((file) => file.builtin)) {
    for (const rule of builtin) merged.set(rule.name, rule);
  }
  for (const { path, rules, disable } of files) {
    for (const { name, line } of disable) {
      if (!known.has(name)) {
        const hint = didYouMean(name, [...known]);
        failRules(path, line, `no rule before this file is called ${quote(name)}${hint}`);
      }
      merged.delete(name);
    }
    for (const rule of rules) {
      known.add(rule.name);
      merged.set(rule.name, rule);
    }
  }
  return [...merged.values()];
}
