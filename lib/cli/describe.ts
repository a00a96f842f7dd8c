/** A command line in words, for `--dry-run`. */
import { quote } from "./quote.ts";
import type { Invocation } from "./spec.ts";

/** Options that say nothing about the run itself. */
const LEFT_OUT: readonly string[] = ["help", "dry-run"];

/**
 * One line for each operand and each option that has a value: `interval = "3s" (from default)`.
 * A value that is given several times has a line for each.
 */
export function describeInvocation({ command, values, operands }: Invocation): string[] {
  const lines = operands.map((operand, index) => {
    const name = (command.operands[index] ?? command.operands.at(-1))?.name ?? "argument";
    return `${name} = ${quote(operand)} (from command line)`;
  });
  for (const option of command.options) {
    const source = values.source(option.name);
    if (source === undefined || LEFT_OUT.includes(option.name)) continue;
    const texts = option.type === "flag" ? ["true"] : values.texts(option.name).map(quote);
    for (const text of texts) lines.push(`${option.name} = ${text} (from ${source})`);
  }
  return lines;
}
