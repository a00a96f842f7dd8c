/** Completion scripts for shells, made from the command table. */
import { bashCompletion } from "./completions_bash.ts";
import { fishCompletion } from "./completions_fish.ts";
import { zshCompletion } from "./completions_zsh.ts";
import type { CommandTable } from "./spec.ts";

/** Shells that there are completions for, and what makes them. */
const GENERATORS: ReadonlyMap<string, (table: CommandTable) => string> = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

/** Names of {@linkcode GENERATORS}. */
export const SHELLS: readonly string[] = [...GENERATORS.keys()];

/**
 * The completion script for a shell.
 *
 * @throws {RangeError} If the shell is none of {@linkcode SHELLS}.
 */
export function completionScript(table: CommandTable, shell: string): string {
  const generate = GENERATORS.get(shell);
  if (generate === undefined) throw new RangeError(`Unknown shell "${shell}"`);
  return generate(table);
}
