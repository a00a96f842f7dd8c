import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { EXIT, ExitError } from "../exit.ts";
import { type CommandLine, parseCommandLine } from "./parse.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";
import type { Invocation } from "./spec.ts";

function noFile(path: string): Uint8Array {
  throw new Deno.errors.NotFound(`no ${path}`);
}

function parse(...args: string[]): Promise<CommandLine> {
  return parseCommandLine(SAMPLE_TABLE, args, noFile);
}

async function invoke(...args: string[]): Promise<Invocation> {
  const line = await parse(...args);
  assert(typeof line === "object", "not a command");
  return line;
}

/** Asserts that the words are refused with exactly this line. */
async function refused(args: string[], message: string): Promise<void> {
  const error = await assertRejects(() => parse(...args), ExitError);
  assertEquals(error.message, message);
  assertEquals(error.code, EXIT.usage);
}

Deno.test("parseCommandLine takes values behind a blank, behind = and short", async () => {
  for (
    const args of [
      ["--protocol", "tcp"],
      ["--protocol=tcp"],
      ["-p", "tcp"],
      ["-ptcp"],
      ["-p=tcp"],
      ["-vptcp"],
    ]
  ) {
    const { command, values } = await invoke("watch", ...args);
    assertEquals(command.name, "watch");
    assertEquals(values.texts("protocol"), ["tcp"], args.join(" "));
    assertEquals(values.flag("verbose"), args[0] === "-vptcp");
  }
});

Deno.test("parseCommandLine keeps every value the text that was typed", async () => {
  const { values } = await invoke(
    "watch",
    "--pid",
    "0123",
    "--pid",
    "1e3",
    "--pid=true",
    "--pid",
    "0x10",
  );
  assertEquals(values.texts("pid"), ["0123", "1e3", "true", "0x10"]);
  assertEquals(values.text("pid"), "0x10");
  assertEquals((await invoke("copy", "007")).operands, ["007"]);
  assertEquals((await invoke("watch", "--out=a=b\nc")).values.text("out"), "a=b\nc");
  assertEquals((await invoke("watch", "--out", "-")).values.text("out"), "-");
  assertEquals((await invoke("watch", "--out=--")).values.text("out"), "--");
});

Deno.test("parseCommandLine never takes a word for the value of a flag", async () => {
  assertEquals((await invoke("copy", "--verbose", "true")).operands, ["true"]);
  assertEquals((await invoke("copy", "-v", "false")).values.flag("verbose"), true);
  const { values } = await invoke("watch", "-vq", "--no-listen");
  assertEquals([values.flag("verbose"), values.flag("quiet"), values.flag("no-listen")], [
    true,
    true,
    true,
  ]);
});

Deno.test("parseCommandLine takes options before the command and operands after --", async () => {
  assertEquals((await invoke("-v", "--interval", "5s", "watch")).values.duration("interval"), 5000);
  assertEquals((await invoke("-vi", "5s", "watch")).values.duration("interval"), 5000);
  assertEquals((await invoke("copy", "--", "--force", "disk")).operands, ["--force", "disk"]);
  assertEquals((await invoke("copy", "--", "--help")).operands, ["--help"]);
  assertEquals((await invoke("copy", "a", "--")).operands, ["a"]);
});

Deno.test("parseCommandLine gives defaults, and says what was given", async () => {
  const { values } = await invoke("watch", "--for", "1m");
  assertEquals(values.duration("interval"), 3000);
  assertEquals(values.given("interval"), false);
  assertEquals(values.duration("for"), 60_000);
  assertEquals(values.given("for"), true);
  assertEquals(values.text("procfs"), "/proc");
  assertEquals(values.text("out"), undefined);
  assertEquals(values.texts("protocol"), []);
  assertEquals(values.flag("no-listen"), false);
  assertThrows(() => values.flag("force"), TypeError, 'no option "force"');
  assertThrows(() => values.flag("__proto__"), TypeError);
  assertThrows(() => values.flag("out"), TypeError, "is a file");
  assertThrows(() => values.text("verbose"), TypeError, "is a flag");
});

Deno.test("parseCommandLine answers --help and --version first, whatever else is wrong", async () => {
  for (
    const args of [
      ["watch", "--help"],
      ["watch", "-h", "--bogus"],
      ["--help", "watch"],
      ["watch", "--out", "--help"],
      ["watch", "-vh"],
      ["help", "watch"],
    ]
  ) {
    const { command, operands } = await invoke(...args);
    assertEquals([command.name, ...operands], ["help", "watch"], args.join(" "));
  }
  assertEquals((await invoke("--help")).operands, []);
  assertEquals((await invoke("help")).operands, []);
  assertEquals(await parse("--version"), "version");
  assertEquals(await parse("watch", "--version"), "version");
  assertEquals(await parse(), "no command");
  assertEquals(await parse("-v"), "no command");
  assertEquals(await parse("--"), "no command");
});

Deno.test("parseCommandLine names what is unknown, and the nearest match", async () => {
  await refused(["wach"], 'unknown command "wach": did you mean "watch"? (see prog --help)');
  await refused(
    ["wach", "--help"],
    'unknown command "wach": did you mean "watch"? (see prog --help)',
  );
  await refused(["query"], 'unknown command "query" (see prog --help)');
  await refused([""], 'unknown command "" (see prog --help)');
  await refused(
    ["help", "wach"],
    'value "wach" of [COMMAND] is wrong: it is not one of watch, copy, help: did you mean "watch"? (see prog help --help)',
  );
  await refused(
    ["watch", "--intervall", "3s"],
    'unknown option "--intervall" of "watch": did you mean "--interval"? (see prog watch --help)',
  );
  await refused(
    ["watch", "--intervall=3s"],
    'unknown option "--intervall" of "watch": did you mean "--interval"? (see prog watch --help)',
  );
  await refused(
    ["--verison"],
    'unknown option "--verison": did you mean "--version"? (see prog --help)',
  );
  await refused(
    ["watch", "--force"],
    'unknown option "--force" of "watch": did you mean "--for"? (see prog watch --help)',
  );
  await refused(["watch", "--x.y=1"], 'unknown option "--x.y" of "watch" (see prog watch --help)');
  await refused(["watch", "-x"], 'unknown option "-x" of "watch" (see prog watch --help)');
  await refused(
    ["watch", "-verbose"],
    'unknown option "-e" of "watch": did you mean "--verbose"? (see prog watch --help)',
  );
  await refused(["watch", "-5"], 'unknown option "-5" of "watch" (see prog watch --help)');
  await refused(["watch", "---"], 'unknown option "---" of "watch" (see prog watch --help)');
  await refused(["watch", "--=x"], 'unknown option "--" of "watch" (see prog watch --help)');
  await refused(
    ["watch", "--no-verbose"],
    'unknown option "--no-verbose" of "watch": did you mean "--verbose"? (see prog watch --help)',
  );
});

Deno.test("parseCommandLine takes no name of an object's own for an option or a command", async () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "_"]) {
    await refused(
      ["watch", `--${name}=x`],
      `unknown option "--${name}" of "watch" (see prog watch --help)`,
    );
    await refused(
      ["watch", `--${name}`],
      `unknown option "--${name}" of "watch" (see prog watch --help)`,
    );
    await refused([name], `unknown command "${name}" (see prog --help)`);
  }
  assertEquals(({} as Record<string, unknown>)["x"], undefined);
});

Deno.test("parseCommandLine refuses values that are missing, empty, too many or doubtful", async () => {
  const see = " (see prog watch --help)";
  await refused(["watch", "--out"], `option "--out" needs a value${see}`);
  await refused(["watch", "--out="], `option "--out" needs a value${see}`);
  await refused(["watch", "--out", ""], `option "--out" needs a value${see}`);
  await refused(["watch", "-o"], `option "-o" needs a value${see}`);
  await refused(
    ["watch", "--out", "--verbose"],
    `option "--out" needs a value, and "--verbose" looks like an option (if it is the value, write it behind "--out=")${see}`,
  );
  await refused(
    ["watch", "-o", "-v"],
    `option "-o" needs a value, and "-v" looks like an option (if it is the value, write it behind "--out=")${see}`,
  );
  await refused(
    ["watch", "--no-listen=x"],
    `option "--no-listen" takes no value: leave out "x"${see}`,
  );
  await refused(
    ["watch", "--no-listen="],
    `option "--no-listen" takes no value: leave out ""${see}`,
  );
  await refused(["watch", "-v=1"], `option "-v" takes no value: leave out "1"${see}`);
  await refused(
    ["watch", "--out", "a", "-ob"],
    `option "--out" is given 2 times and may be given once${see}`,
  );
  await refused(
    ["watch", "-v", "--verbose"],
    `option "--verbose" is given 2 times and may be given once${see}`,
  );
});

Deno.test("parseCommandLine checks every value", async () => {
  const see = " (see prog watch --help)";
  await refused(
    ["watch", "--format", "ndjsn"],
    `value "ndjsn" of "--format" is wrong: it is not one of text, ndjson, csv: did you mean "ndjson"?${see}`,
  );
  await refused(
    ["watch", "--interval", "50ms"],
    `value "50ms" of "--interval" is wrong: the minimum is 200ms${see}`,
  );
  await refused(
    ["watch", "--interval=often"],
    `value "often" of "--interval" is wrong: it is not a duration: write 500ms, 3s, 2m, 1h or 1d; a bare number counts seconds${see}`,
  );
  await refused(
    ["watch", "--port", "80", "--port=http"],
    `value "http" of "--port" is wrong: it is not a port${see}`,
  );
  await refused(
    ["watch", "--port", "!http"],
    `value "!http" of "--port" is wrong: it is not a port${see}`,
  );
  await refused(
    ["watch", "--direction", "!up"],
    `value "!up" of "--direction" is wrong: it is not one of egress, ingress${see}`,
  );
  await refused(
    ["watch", "--port", "!"],
    `value "!" of "--port" is wrong: nothing follows the "!"${see}`,
  );
  assertEquals(
    (await invoke("watch", "--port", "!80", "--direction=!egress")).values.texts("port"),
    [
      "!80",
    ],
  );
});

Deno.test("parseCommandLine refuses operands that are missing or too many", async () => {
  await refused(["watch", "now"], 'unexpected argument "now" of "watch" (see prog watch --help)');
  await refused(["watch", ""], 'unexpected argument "" of "watch" (see prog watch --help)');
  await refused(["copy"], '"copy" needs FROM (see prog copy --help)');
  await refused(
    ["copy", "a", "disc"],
    'value "disc" of [TO] is wrong: it is not one of disk, tape: did you mean "disk"? (see prog copy --help)',
  );
  await refused(
    ["copy", "a", "disk", "b"],
    'unexpected argument "b" of "copy" (see prog copy --help)',
  );
});

Deno.test("parseCommandLine shows nothing raw of what was typed", async () => {
  const error = await assertRejects(() => parse("watch", "--\x1b[2J\n\u202e", "x"), ExitError);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x1f\u202e]/.test(error.message), false);
  const long = await assertRejects(() => parse("x".repeat(1_000_000)), ExitError);
  assert(long.message.length < 200);
});
