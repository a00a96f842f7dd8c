/** Other names, signed values, options that mean something else to others, and any number of operands. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExitError } from "../exit.ts";
import { completionScript } from "./completions.ts";
import { commandHelp } from "./help.ts";
import { manualPage } from "./man.ts";
import { parseCommandLine } from "./parse.ts";
import { FIND_TABLE } from "./sample_find.ts";
import type { Invocation } from "./spec.ts";
import { isInstalled, runOn } from "./test_tools.ts";
import { operandName } from "./text.ts";

async function invoke(args: readonly string[], config = ""): Promise<Invocation> {
  const line = await parseCommandLine(FIND_TABLE, args, () => new TextEncoder().encode(config));
  assert(typeof line === "object", "not a command");
  return line;
}

/** Asserts that the words are refused with this line. */
async function refused(args: readonly string[], message: string, config = ""): Promise<void> {
  const error = await assertRejects(() => invoke(args, config), ExitError);
  assertStringIncludes(error.message, message);
}

Deno.test("parseCommandLine takes the names that other programs have for an option", async () => {
  for (
    const args of [
      ["find", "--time_init", "5"],
      ["find", "--time_init=5"],
      ["find", "--begin", "5"],
      ["--time_init", "5", "find"],
      ["--begin=5", "find"],
    ]
  ) {
    const { command, values, operands } = await invoke(args);
    assertEquals([command.name, values.text("since"), operands], ["find", "5", []], args.join(" "));
  }
  await refused(["find", "--begin", "5", "--since", "6"], '"--since" is given 2 times');
  await refused(["find", "--begin"], 'option "--begin" needs a value');
  await refused(["watch", "--begin", "5"], 'unknown option "--begin" of "watch"');
  await refused(["find", "--time_end", "5"], 'unknown option "--time_end" of "find"');
});

Deno.test("help and manual do not tell of names that other programs have", () => {
  const find = FIND_TABLE.commands.find(({ name }) => name === "find");
  assert(find !== undefined);
  for (const text of [commandHelp(FIND_TABLE, find), manualPage(FIND_TABLE, "1")]) {
    assert(!text.includes("time_init") && text.includes("since"));
  }
});

Deno.test("parseCommandLine takes a value with a hyphen and a digit where that means something", async () => {
  assertEquals((await invoke(["find", "--since", "-2h"])).values.text("since"), "-2h");
  assertEquals((await invoke(["find", "--begin", "-2h", "x"])).operands, ["x"]);
  assertEquals((await invoke(["find", "--since=-x"])).values.text("since"), "-x");
  await refused(["find", "--since", "-h2"], '"-h2" looks like an option');
  await refused(["find", "--since", "--for"], '"--for" looks like an option');
  await refused(["find", "--interval", "-2h"], '"-2h" looks like an option');
  await refused(["find", "-2h"], 'unknown option "-2"');
});

Deno.test("parseCommandLine finds the command behind an option that is a flag to it alone", async () => {
  for (const args of [["find", "--for"], ["--for", "find"]]) {
    const { command, values } = await invoke(args);
    assertEquals([command.name, values.flag("for")], ["find", true], args.join(" "));
  }
  for (const args of [["watch", "--for", "5s"], ["--for", "5s", "watch"], ["--for=5s", "watch"]]) {
    const { command, values } = await invoke(args);
    assertEquals([command.name, values.duration("for")], ["watch", 5000], args.join(" "));
  }
  assertEquals((await invoke(["find", "--for", "watch"])).operands, ["watch"]);
  await refused(["--for", "watch"], 'option "--for" needs a value');
});

Deno.test("parseCommandLine finds the command behind an option that takes a value in it alone", async () => {
  for (const args of [["--force", "a", "find"], ["find", "--force", "a"], ["--force=a", "find"]]) {
    const { command, values } = await invoke(args);
    assertEquals([command.name, values.text("force")], ["find", "a"], args.join(" "));
  }
  const { command, values, operands } = await invoke(["--force", "copy", "here"]);
  assertEquals([command.name, values.flag("force"), operands], ["copy", true, ["here"]]);
});

Deno.test("parseCommandLine takes any number of the last operand where it is repeatable", async () => {
  assertEquals((await invoke(["find"])).operands, []);
  assertEquals((await invoke(["find", "a", "--for", "b", "--", "-c"])).operands, ["a", "b", "-c"]);
  await refused(["copy", "a", "disk", "b"], 'unexpected argument "b"');
});

Deno.test("operandName shows what may be left out, and what may be there many times", () => {
  const file = { name: "file", summary: "", required: true };
  assertEquals(operandName(file), "FILE");
  assertEquals(operandName({ ...file, required: false }), "[FILE]");
  assertEquals(operandName({ ...file, repeatable: true }), "FILE...");
  assertEquals(operandName({ ...file, required: false, repeatable: true }), "[FILE]...");
});

Deno.test("readConfig takes a command's own options from its own table only", async () => {
  const find = ["find", "--config", "c"];
  const watch = ["watch", "--config", "c"];
  const top = 'for = "5s"\nforce = true\ninterval = "7s"';
  const { values } = await invoke(find, top);
  assertEquals([values.flag("for"), values.given("for")], [false, false]);
  assertEquals([values.text("force"), values.duration("interval")], [undefined, 7000]);
  assertEquals((await invoke(watch, top)).values.duration("for"), 5000);
  const own = `${top}\n[find]\nfor = true\nforce = "a"`;
  assertEquals((await invoke(find, own)).values.flag("for"), true);
  assertEquals((await invoke(find, own)).values.text("force"), "a");
  assertEquals((await invoke(watch, own)).values.duration("for"), 5000);
  // Each place has its own kind of value.
  await refused(find, '"for" must be a string, not a boolean', "for = true");
  await refused(watch, '"find.for" must be true or false', '[find]\nfor = "5s"');
  await refused(find, 'unknown key "time_init"', 'time_init = "5"');
});

Deno.test({
  name: "completionScript completes files where an operand is one, in bash",
  ignore: !isInstalled("bash"),
  fn: () => {
    const call = '\nCOMP_WORDS=(prog find ""); COMP_CWORD=2\ncompopt() { echo "$@"; }\n_prog\n' +
      'COMP_WORDS=(prog find a --f); COMP_CWORD=3\n_prog\necho "${COMPREPLY[@]}"\n';
    const script = completionScript(FIND_TABLE, "bash") + call;
    const { stdout, stderr } = runOn("bash", (file) => [file], script);
    assertEquals([stdout, stderr], ["-o default\n--for --force\n", ""]);
  },
});

Deno.test({
  name: "completionScript completes files where an operand is one, in fish",
  ignore: !isInstalled("fish"),
  fn: () => {
    const directory = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(`${directory}/hosts.log`, "");
      const script = `${completionScript(FIND_TABLE, "fish")}\ncd ${directory}\n` +
        "complete -C 'prog find h'\ncomplete -C 'prog find x h'\ncomplete -C 'prog copy h'\n";
      const { stdout, stderr } = runOn("fish", (file) => ["--no-config", file], script);
      assertEquals([stdout, stderr], ["hosts.log\nhosts.log\n", ""]);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  },
});

Deno.test("completionScript completes files where an operand is one, in zsh", () => {
  assertStringIncludes(completionScript(FIND_TABLE, "zsh"), "'*:file:_files'");
});
