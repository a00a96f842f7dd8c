import { assertEquals } from "@std/assert";
import { missing, testUnless } from "../../tests/skip.ts";
import { compiledModule, generatedFile, hasCompiler, MODULES } from "./build.ts";

const LACK = missing(["/usr/bin/npx"]) ??
  (await hasCompiler() ? undefined : "needs npm to be reachable");

for (const name of MODULES) {
  testUnless(LACK, `${name}_module.ts is what its source compiles to`, async () => {
    assertEquals(await compiledModule(name), await Deno.readTextFile(generatedFile(name)));
  });
}
