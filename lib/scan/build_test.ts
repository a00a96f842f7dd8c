import { assertEquals } from "@std/assert";
import { missing, testUnless } from "../../tests/skip.ts";
import { compiledModule, hasCompiler } from "./build.ts";

const LACK = missing(["/usr/bin/npx"]) ??
  (await hasCompiler() ? undefined : "needs npm to be reachable");

testUnless(LACK, "row_sums_module.ts is what its source compiles to", async () => {
  assertEquals(
    await compiledModule(),
    await Deno.readTextFile(new URL("row_sums_module.ts", import.meta.url)),
  );
});
