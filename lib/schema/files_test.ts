import { assertEquals } from "@std/assert";
import { madeFiles } from "./files.ts";

for (const { path, text } of await madeFiles()) {
  Deno.test(`${path} is what the mapping table gives`, () => {
    const there = Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
    assertEquals(there, text, "run: deno task schema");
  });
}
