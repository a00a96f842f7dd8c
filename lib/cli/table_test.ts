import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { completionScript } from "./completions.ts";
import { commandHelp, programHelp } from "./help.ts";
import { manualPage } from "./man.ts";
import { parseCommandLine } from "./parse.ts";
import { reference } from "./reference.ts";
import { roff } from "./roff.ts";
import type { OptionSpec } from "./spec.ts";
import { TABLE } from "./table.ts";
import { valueProblem } from "./value.ts";
import { COLUMNS } from "./wrap.ts";

/** A comma apart from others is a letter to all three shells: completions_comma_test.ts. */
const CHOICE = /^[a-z0-9_-]+(?:,[a-z0-9_-]+)*$/;

const ALL: readonly OptionSpec[] = [
  ...TABLE.options,
  ...TABLE.commands.flatMap((command) => command.options),
];

Deno.test("TABLE has names that every shell and both file formats take as they are", () => {
  for (const { name, short, choices } of ALL) {
    assert(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name), name);
    assert(short === undefined || /^[a-zA-Z]$/.test(short), name);
    for (const choice of choices ?? []) assert(CHOICE.test(choice), choice);
  }
  for (const { name, operands } of TABLE.commands) {
    assert(/^[a-z]+$/.test(name), name);
    for (const choice of operands.flatMap((each) => each.choices ?? [])) {
      assert(CHOICE.test(choice), choice);
    }
  }
});

Deno.test("TABLE gives a name and a letter to one option or command only", () => {
  const commands = TABLE.commands.map(({ name }) => name);
  assertEquals(new Set(commands).size, commands.length);
  for (const { options } of TABLE.commands) {
    const names = options.map(({ name }) => name);
    const letters = options.flatMap(({ short }) => short ?? []);
    assertEquals(new Set(names).size, names.length);
    assertEquals(new Set(letters).size, letters.length);
    // A configuration file has both at its top level; "help" cannot be given there.
    assertEquals(names.filter((name) => name !== "help" && commands.includes(name)), []);
  }
});

Deno.test("TABLE has options of one name mean the same, but for those that are a command's own", () => {
  for (const option of ALL) {
    for (const other of ALL) {
      // The command is found before its options are known, so letters before it are read by their name.
      if (option.short !== undefined && option.short === other.short) {
        assertEquals(option.type === "flag", other.type === "flag", option.name);
      }
      if (option.name !== other.name || option.isOwn || other.isOwn) continue;
      assertEquals(option.type, other.type, option.name);
    }
    // parseArgs reads --no-x=y as an option "x".
    if (option.name.startsWith("no-")) assertEquals(option.type, "flag");
  }
});

Deno.test("TABLE has no option that is a flag elsewhere take the name of a command for its value", () => {
  const commands = TABLE.commands.map(({ name }) => name);
  const flags = new Set(ALL.filter(({ type }) => type === "flag").map(({ name }) => name));
  for (const { name, choices = [] } of ALL.filter(({ type }) => type !== "flag")) {
    if (flags.has(name)) assertEquals(choices.filter((choice) => commands.includes(choice)), []);
  }
});

Deno.test("TABLE has names of other programs for options that no other option has", () => {
  for (const { options } of TABLE.commands) {
    const names = options.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    assertEquals(new Set(names).size, names.length);
    for (const name of names) assert(/^[a-z][a-z0-9_-]*$/.test(name), name);
  }
});

Deno.test("TABLE has choices where they belong, and defaults that are right", () => {
  for (const option of ALL) {
    assertEquals(option.type === "choice", option.choices !== undefined, option.name);
    if (option.default !== undefined) assertEquals(valueProblem(option, option.default), undefined);
    assert(!option.summary.endsWith("."), option.name);
  }
});

Deno.test("TABLE says everything in ASCII, so that widths and pages are right", () => {
  const texts = [
    TABLE.summary,
    ...ALL.flatMap(({ summary, placeholder, default: text }) => [summary, placeholder, text]),
    ...TABLE.commands.flatMap(({ summary, description, operands, examples }) => [
      summary,
      ...description,
      ...operands.map((operand) => operand.summary),
      ...examples.flatMap((example) => [example.command, example.summary]),
    ]),
  ];
  for (const text of texts) assert(/^[\x20-\x7e]*$/.test(text ?? ""), text);
});

Deno.test("TABLE has no command, option or choice that help, manual, completions or reference lack", () => {
  const page = manualPage(TABLE, "1");
  const markdown = reference(TABLE, []);
  const scripts = ["bash", "zsh", "fish"].map((shell) => completionScript(TABLE, shell));
  const help = programHelp(TABLE);
  for (const option of TABLE.options) assertStringIncludes(help, `--${option.name} `);
  for (const command of TABLE.commands) {
    assertStringIncludes(help, `\n  ${command.name} `);
    assertStringIncludes(page, `\\fB${command.name}\\fR\n${roff(command.summary)}`);
    assertStringIncludes(markdown, `| \`${command.name}`);
    for (const script of scripts) assertStringIncludes(script, command.name);
    const text = commandHelp(TABLE, command).replace(/\s+/g, " ");
    for (const option of command.options) {
      assertStringIncludes(text, ` --${option.name} `);
      assertStringIncludes(text, option.summary);
      assertStringIncludes(page, `\\fB${roff(`--${option.name}`)}\\fR`);
      assertStringIncludes(page, roff(option.summary));
      assert(new RegExp(`\`--${option.name}[\` ]`).test(markdown), option.name);
      const [bash = "", zsh = "", fish = ""] = scripts;
      assert(new RegExp(`['\\s]--${option.name}['\\s]`).test(bash), option.name);
      assert(new RegExp(`[)*]--${option.name}[=\\[]`).test(zsh), option.name);
      assertStringIncludes(fish, ` -l ${option.name} `);
      for (const choice of option.choices ?? []) {
        for (const place of [text, markdown, ...scripts]) assertStringIncludes(place, choice);
        assertStringIncludes(page, roff(choice));
      }
    }
  }
});

Deno.test("TABLE has help texts that fit a terminal of 80 columns, but for examples", () => {
  const texts = [programHelp(TABLE), ...TABLE.commands.map((each) => commandHelp(TABLE, each))];
  for (const text of texts) {
    for (const line of text.split("\nExamples:")[0]?.split("\n") ?? []) {
      assert(line.length <= COLUMNS, line);
    }
  }
});

/** The words of an example up to a redirection or a pipe, without quotation marks. */
function exampleWords(line: string): string[] {
  const [call = ""] = line.split(/ [>|] /);
  return call.split(" ").map((word) => word.replace(/^'(.*)'$/, "$1"));
}

Deno.test("TABLE has examples that are command lines", async () => {
  for (const command of TABLE.commands) {
    for (const example of command.examples) {
      const [program, ...args] = exampleWords(example.command);
      assertEquals(program, TABLE.program);
      const line = await parseCommandLine(TABLE, args, () => new Uint8Array());
      assert(typeof line === "object" && line.command === command, example.command);
    }
  }
});
