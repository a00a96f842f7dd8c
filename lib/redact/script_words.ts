/** The words of a script that is one argument, as `sh -c` takes it. */

/** A word, or undefined where a command ends. */
export interface ScriptWord {
  /** Where in the script it stands, half open. */
  readonly begin: number;
  readonly end: number;
  /** Without its quotes. */
  readonly value: string;
  /** The quotes that stand around all of it: `"`, `'` or none. */
  readonly quote: string;
}

/** A word with its quotes, of which the last one may be missing, or what ends a command. */
const PIECE = /(?:[^\s"'\\;|&()`]|\\[^]?|"(?:[^"\\]|\\[^]?)*"?|'[^']*'?)+|[;|&()`\n]+/g;

const WHOLE_QUOTED = /^(?:"((?:[^"\\]|\\[^])*)"|'([^']*)')$/;

/** The commands of a script: lists of words. Never throws, whatever the script is. */
export function scriptCommands(script: string): ScriptWord[][] {
  const commands: ScriptWord[][] = [[]];
  for (const { 0: raw, index } of script.matchAll(PIECE)) {
    if (/^[;|&()`\n]/.test(raw)) {
      commands.push([]);
      continue;
    }
    const quoted = WHOLE_QUOTED.exec(raw);
    const value = quoted?.[1] ?? quoted?.[2] ?? raw.replaceAll(/["']/g, "");
    const quote = quoted === null ? "" : raw.charAt(0);
    commands.at(-1)?.push({ begin: index, end: index + raw.length, value, quote });
  }
  return commands;
}
