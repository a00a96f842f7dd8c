import { assert, assertEquals, assertThrows } from "@std/assert";
import { ExitError } from "../exit.ts";
import { builtinRules, builtinRulesText, loadRules } from "./load.ts";
import { parseRules } from "./parse.ts";

const SYSTEMS = ["linux", "macos"] as const;

function load(...texts: string[]): string[] {
  const files = new Map(texts.map((text, i) => [`${i}.toml`, new TextEncoder().encode(text)]));
  return loadRules("linux", [...files.keys()], (path) => files.get(path) ?? new Uint8Array())
    .map(({ name }) => name);
}

function rule(name: string): string {
  return `[[rule]]\nname = "${name}"\nwhy = "w"\nexpect = true\nport = 1\n`;
}

Deno.test("builtinRules have no path that is a free pass by itself", () => {
  for (const { name, note, conditions } of SYSTEMS.flatMap((system) => [...builtinRules(system)])) {
    const keys: string[] = conditions.filter(({ negated }) => !negated).map(({ key }) => key);
    if (note !== undefined || !keys.includes("executable")) continue;
    assert(["port", "remote", "host", "protocol"].some((key) => keys.includes(key)), name);
  }
});

Deno.test("builtinRulesText reads well: lines of at most 100 characters, and a rules file itself", () => {
  for (const system of SYSTEMS) {
    const text = builtinRulesText(system);
    for (const line of text.split("\n")) assert(/^[ -~]{0,100}$/.test(line), line);
    assertEquals(parseRules(text, "builtin").rules, builtinRules(system));
  }
});

Deno.test("loadRules puts files behind the built-in rules", () => {
  const builtin = builtinRules("linux").map(({ name }) => name);
  assertEquals(load(), builtin);
  assertEquals(load(rule("mine"), rule("other")), [...builtin, "mine", "other"]);
});

Deno.test("loadRules lets a rule take the place of one with the same name", () => {
  const file = { path: "x", bytes: new TextEncoder().encode(rule("ntp") + rule("mine")) };
  const rules = loadRules("linux", [file.path], () => file.bytes);
  assertEquals(rules.length, builtinRules("linux").length + 1);
  assertEquals(rules.find(({ name }) => name === "ntp")?.why, "w");
});

Deno.test("loadRules switches rules off, also those of files before", () => {
  assert(!load('disable = ["ntp", "nts"]').some((name) => name === "ntp" || name === "nts"));
  assert(!load(rule("mine"), 'disable = "mine"').includes("mine"));
  assertEquals(load('disable = "ntp"\n' + rule("ntp")).filter((name) => name === "ntp"), ["ntp"]);
  // A rule for the other system: the same file serves both.
  assertEquals(load('disable = "continuity"').length, builtinRules("linux").length);
});

Deno.test("loadRules drops the built-in rules where one file says so", () => {
  assertEquals(load("builtin = false\n" + rule("mine"), rule("other")), ["mine", "other"]);
  assertEquals(load(rule("mine"), "builtin = false"), ["mine"]);
});

Deno.test("loadRules refuses to switch off a rule that nobody knows", () => {
  const error = assertThrows(() => load('\n\ndisable = ["ntp",\n "nttp"]'), ExitError);
  assertEquals(
    error.message,
    'rules file "0.toml", line 3: no rule before this file is called "nttp": did you mean "ntp"?',
  );
  assertThrows(() => load('disable = "mine"\n' + rule("mine")), ExitError, '"mine"');
});
