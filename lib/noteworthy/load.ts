/** The rules that a run goes by: the built-in ones of a system, and those of files. */
import { LINUX_RULES } from "./builtin_linux.ts";
import { MACOS_RULES } from "./builtin_macos.ts";
import { parseRules, readRules } from "./parse.ts";
import { mergeRules, type Rule } from "./rules.ts";

/** Text of the built-in rules by the system whose records they are for. */
const TEXTS = { linux: LINUX_RULES, macos: MACOS_RULES } as const;

/** System whose records are judged. */
export type RuleSystem = keyof typeof TEXTS;

/** The text of the built-in rules, as `connscribe rulebook` prints it. */
export function builtinRulesText(system: RuleSystem): string {
  return TEXTS[system];
}

/** The built-in rules. */
export function builtinRules(system: RuleSystem): readonly Rule[] {
  return parseRules(TEXTS[system], `built-in rules for ${system}`).rules;
}

/** Names of all built-in rules, without reading them. */
function builtinNames(): string[] {
  const lines = Object.values(TEXTS).flatMap((text) => [...text.matchAll(/^name = "(.*)"$/gm)]);
  return lines.map(([, name = ""]) => name);
}

/**
 * The built-in rules and behind them those of files.
 *
 * @param system System whose records are judged.
 * @param paths Rules files, in the order in which they were given.
 * @throws {ExitError} 78 where a file cannot be read or is wrong: see {@linkcode readRules}.
 */
export function loadRules(
  system: RuleSystem,
  paths: readonly string[],
  readFile: (path: string) => Uint8Array,
): Rule[] {
  const files = paths.map((path) => readRules(path, readFile));
  return mergeRules(builtinRules(system), files, builtinNames());
}
