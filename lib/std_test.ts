import { assert, assertEquals } from "@std/assert";
import * as assertions from "@std/assert";
import * as parseArgs from "@std/cli/parse-args";
import * as csvParse from "@std/csv/parse";
import * as csvStringify from "@std/csv/stringify";
import * as closestString from "@std/text/closest-string";
import * as tomlParse from "@std/toml/parse";

/** All modules of @std that deno.json maps. */
const MODULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "@std/assert": assertions,
  "@std/cli/parse-args": parseArgs,
  "@std/csv/parse": csvParse,
  "@std/csv/stringify": csvStringify,
  "@std/text/closest-string": closestString,
  "@std/toml/parse": tomlParse,
};

/** Takes anything that is `any`, and nothing that is a function. */
function takesNumber(_: number): void {}

Deno.test("@std modules are typed: none of them is any", () => {
  // Where a module has lost its types, nothing is wrong below and the check says so.
  // @ts-expect-error A typed function is no number
  takesNumber(assertions.assertEquals);
  // @ts-expect-error A typed function is no number
  takesNumber(parseArgs.parseArgs);
  // @ts-expect-error A typed function is no number
  takesNumber(csvParse.parse);
  // @ts-expect-error A typed function is no number
  takesNumber(csvStringify.stringify);
  // @ts-expect-error A typed function is no number
  takesNumber(closestString.closestString);
  // @ts-expect-error A typed function is no number
  takesNumber(tomlParse.parse);
});

/** Names of the functions and classes that std.d.ts declares, by module. */
function declaredNames(): Map<string, string[]> {
  const text = Deno.readTextFileSync(new URL("std.d.ts", import.meta.url));
  const declared = new Map<string, string[]>();
  for (
    const [, name = "", body = ""] of text.matchAll(/^declare module "([^"]+)" \{\n(.*?)^\}$/gms)
  ) {
    const names = [...body.matchAll(/^ {2}export (?:function|class|const) (\w+)/gm)];
    declared.set(name, names.map(([, found = ""]) => found));
  }
  return declared;
}

Deno.test("@std modules are mapped, declared and guarded alike", () => {
  const config = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));
  const mapped = Object.keys(config.imports).filter((name) => name.startsWith("@std/"));
  assertEquals(Object.keys(MODULES).sort(), mapped.sort());
  assertEquals([...declaredNames().keys()].sort(), mapped.sort());
});

Deno.test("@std modules export every function and class that is declared of them", () => {
  for (const [module, names] of declaredNames()) {
    assert(names.length > 0, module);
    for (const name of names) {
      assertEquals(typeof MODULES[module]?.[name], "function", `${module} ${name}`);
    }
  }
});
