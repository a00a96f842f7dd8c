/** `rulebook`: prints the built-in rules of `--noteworthy`. */
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import { EXIT } from "../exit.ts";
import { builtinRulesText } from "../noteworthy/load.ts";
import type { System } from "../system.ts";

/** Prints the TOML text of the rules for a system. */
export function run({ operands: [os] }: Invocation, system: System): Promise<number> {
  print(system.stdout, builtinRulesText(os === "macos" ? "macos" : "linux"));
  return Promise.resolve(EXIT.ok);
}
