/** Options that do not go together. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";

/**
 * Refuses what stands on the command line. What a configuration file has is for other runs, too.
 *
 * @param why What is wrong with each of them: ends the sentence.
 * @throws ExitError 64
 */
export function refuse(values: OptionValues, names: readonly string[], why: string): void {
  const name = names.find((name) => values.source(name) === "command line");
  if (name !== undefined) throw new ExitError(EXIT.usage, `the option "--${name}" ${why}`);
}
