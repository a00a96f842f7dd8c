/** Writes the reference into README.md: `deno task docs`. */
import { currentReference, replaceReference } from "./reference.ts";

if (import.meta.main) {
  const readme = new URL("../../README.md", import.meta.url);
  const text = Deno.readTextFileSync(readme);
  Deno.writeTextFileSync(readme, replaceReference(text, currentReference()));
}
