/** `man`: prints the manual page. */
import { manualPage } from "../cli/man.ts";
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import { TABLE } from "../cli/table.ts";
import { EXIT } from "../exit.ts";
import type { System } from "../system.ts";
import { VERSION } from "../version.ts";

/** Prints the manual page in the language of man(7). */
export function run(_invocation: Invocation, system: System): Promise<number> {
  print(system.stdout, manualPage(TABLE, VERSION));
  return Promise.resolve(EXIT.ok);
}
