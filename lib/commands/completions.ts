/** `completions`: prints a completion script. */
import { completionScript } from "../cli/completions.ts";
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import { TABLE } from "../cli/table.ts";
import { EXIT } from "../exit.ts";
import type { System } from "../system.ts";

/** Prints the completion script for the shell that is the operand. */
export function run({ operands }: Invocation, system: System): Promise<number> {
  print(system.stdout, completionScript(TABLE, operands[0] ?? ""));
  return Promise.resolve(EXIT.ok);
}
