/** Writes what is made of the mapping table: `deno task schema`. */
import { madeFiles } from "./files.ts";

if (import.meta.main) {
  const root = new URL("../../", import.meta.url);
  for (const { path, text } of await madeFiles()) {
    await Deno.writeTextFile(new URL(path, root), text);
  }
}
