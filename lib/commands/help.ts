/** `help`, and `--help` of every command. */
import { commandHelp, programHelp } from "../cli/help.ts";
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import { TABLE } from "../cli/table.ts";
import { EXIT } from "../exit.ts";
import type { System } from "../system.ts";

/** Prints help on the program, or on the command that is the operand. */
export function run({ operands }: Invocation, system: System): Promise<number> {
  const command = TABLE.commands.find(({ name }) => name === operands[0]);
  print(system.stdout, command === undefined ? programHelp(TABLE) : commandHelp(TABLE, command));
  return Promise.resolve(EXIT.ok);
}
