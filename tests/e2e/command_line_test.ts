/** What a user types: help, errors, the configuration file, `--dry-run`, completions and the manual. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COLLECTORS } from "../../collectors/registry.ts";
import { COMMANDS, PROGRAM } from "../../lib/cli/table.ts";
import { EXIT } from "../../lib/exit.ts";
import { VERSION } from "../../lib/version.ts";
import { type Result, ROOT, run, TempDir } from "../program.ts";
import { UnprivilegedCopy } from "../unprivileged.ts";

/** Root may read the kernel's trace and its connection tracking, whatever proc file system is named. */
async function runUnprivileged(args: readonly string[]): Promise<Result> {
  if (Deno.uid() !== 0) return await run(args);
  await using copy = await UnprivilegedCopy.create();
  return await copy.run(args);
}

const FIXTURE = ["--procfs", `${ROOT}fixtures/proc`];

/** Lines without the last, empty one. */
function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

/** Asserts that the program refuses the command line with one line, and returns the line. */
async function refusal(args: readonly string[], code: number): Promise<string> {
  const result = await run(args);
  assertEquals({ ...result, stderr: "" }, { code, signal: null, stdout: "", stderr: "" });
  const lines = linesOf(result.stderr);
  assertEquals(lines.length, 1, result.stderr);
  return lines[0] ?? "";
}

Deno.test("connscribe --help names every command, and each command's help every option", async () => {
  const { code, stdout, stderr } = await run(["--help"]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  for (const command of COMMANDS) assertMatch(stdout, new RegExp(`^ +${command.name} `, "m"));
  for (const command of COMMANDS) {
    const help = await run([command.name, "--help"]);
    assertEquals({ code: help.code, stderr: help.stderr }, { code: EXIT.ok, stderr: "" });
    for (const option of command.options) assertStringIncludes(help.stdout, `--${option.name}`);
  }
});

Deno.test("connscribe --version prints the program's name and version", async () => {
  const { code, stdout, stderr } = await run(["--version"]);
  assertEquals({ code, stdout, stderr }, {
    code: EXIT.ok,
    stdout: `${PROGRAM} ${VERSION}\n`,
    stderr: "",
  });
});

Deno.test("connscribe names the nearest command of an unknown one", async () => {
  assertStringIncludes(await refusal(["wacth"], EXIT.usage), 'did you mean "watch"?');
});

Deno.test("connscribe names the nearest option of an unknown one", async () => {
  assertStringIncludes(await refusal(["snapshot", "--formt", "csv"], EXIT.usage), '"--format"?');
  assertStringIncludes(await refusal(["watch", "--no-privat"], EXIT.usage), '"--no-private"?');
});

const WRONG_VALUES: readonly (readonly string[])[] = [
  ["snapshot", "--format", "jsn"],
  ["snapshot", "--format"],
  ["snapshot", "--port", "70000"],
  ["snapshot", "--remote", "192.0.2.0/33"],
  ["snapshot", "--ip", "5"],
  ["snapshot", "--pid", "init"],
  ["snapshot", "--protocol", "tpc"],
  ["snapshot", "surplus"],
  ["watch", "--interval", "199ms"],
  ["watch", "--interval", "fast"],
  ["completions", "tcsh"],
  ["completions"],
];

for (const args of WRONG_VALUES) {
  Deno.test(`connscribe refuses "${args.join(" ")}" with one line`, async () => {
    await refusal(args, EXIT.usage);
  });
}

Deno.test("connscribe takes options from a TOML file, and flags win", async () => {
  await using directory = new TempDir();
  const config = `${directory.path}/connscribe.toml`;
  await Deno.writeTextFile(
    config,
    `procfs = "${ROOT}fixtures/proc"\nprotocol = ["udp"]\n[snapshot]\nformat = "csv"\n[watch]\ninterval = "1s"\n`,
  );
  const fromFile = await run(["snapshot", "--config", config]);
  assertEquals(fromFile.code, EXIT.ok, fromFile.stderr);
  const [header = "", ...rows] = fromFile.stdout.trimEnd().split("\r\n");
  assertEquals(header.split(",")[0], "time");
  assert(rows.length > 0);
  for (const row of rows) assertStringIncludes(row, ",udp,");

  const flagsWin = await run(["snapshot", "--config", config, "-f", "ndjson", "-p", "tcp"]);
  assertEquals(flagsWin.code, EXIT.ok, flagsWin.stderr);
  const records = linesOf(flagsWin.stdout).map((line) => JSON.parse(line));
  assert(records.length > 0);
  for (const record of records) assertEquals(record.network.transport, "tcp");
});

Deno.test("connscribe takes options from a JSON file", async () => {
  await using directory = new TempDir();
  const config = `${directory.path}/connscribe.json`;
  const options = { procfs: `${ROOT}fixtures/proc`, format: "csv", "no-header": true };
  await Deno.writeTextFile(config, JSON.stringify(options));
  const { code, stdout } = await run(["snapshot", "--config", config]);
  assertEquals(code, EXIT.ok);
  assertMatch(stdout, /^\d{4}-\d\d-\d\dT/);
});

Deno.test("connscribe refuses a configuration file that it cannot read or understand", async () => {
  await using directory = new TempDir();
  const config = `${directory.path}/connscribe.toml`;
  await refusal(["snapshot", "--config", config], EXIT.config);
  await Deno.writeTextFile(config, 'formt = "csv"\n');
  assertStringIncludes(await refusal(["snapshot", "--config", config], EXIT.config), '"format"?');
  await Deno.writeTextFile(config, "format = csv csv\n");
  await refusal(["snapshot", "--config", config], EXIT.config);
  await Deno.writeTextFile(config, '[watch]\ninterval = "1ms"\n');
  await refusal(["snapshot", "--config", config], EXIT.config);
});

Deno.test("--dry-run says what would run and with what, and does nothing", async () => {
  await using directory = new TempDir();
  const out = `${directory.path}/out`;
  const { code, stdout, stderr } = await run(["watch", "--dry-run", "--out", out, "-i", "7s"]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  for (const said of ["watch", "proc", "7s", out, "interval", "/proc"]) {
    assertStringIncludes(stdout, said);
  }
  assertMatch(stdout, /permission/i);
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

Deno.test("--dry-run says which thread holds which permissions", async () => {
  const holders = async (...args: string[]) => {
    const { stdout } = await run([...args, "--dry-run"]);
    return [...stdout.matchAll(/^permissions of (.*?):/gm)].map(([, holder]) => holder);
  };
  const none = "the main thread once the collector runs";
  assertEquals(await holders("watch", "--from", "proc"), ["the worker of proc", none]);
  assertEquals(await holders("watch"), [
    ...COLLECTORS.filter(({ os }) => os.includes(Deno.build.os))
      .map(({ name }) => `the worker of ${name}`),
    none,
  ]);
  assertEquals(await holders("snapshot"), [
    "the main thread while proc looks",
    "the main thread after that",
  ]);
  assertEquals((await holders("snapshot", ...FIXTURE))[0], "the worker of proc");
});

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test(`completions ${shell} prints a script that names every command`, async () => {
    const { code, stdout, stderr } = await run(["completions", shell]);
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
    for (const command of COMMANDS) assertStringIncludes(stdout, command.name);
  });
}

Deno.test("man prints a manual page that names every command and option", async () => {
  const { code, stdout, stderr } = await run(["man"]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  assertMatch(stdout, /^\.TH /m);
  const plain = stdout.replaceAll("\\-", "-");
  for (const command of COMMANDS) {
    assertStringIncludes(plain, command.name);
    for (const option of command.options) assertStringIncludes(plain, `--${option.name}`);
  }
});

Deno.test("doctor says that proc is usable, and which permissions are held", async () => {
  const { code, stdout, stderr } = await run(["doctor", ...FIXTURE]);
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  assertMatch(stdout, /^proc: usable/m);
  assertMatch(stdout, /permission/i);
});

Deno.test("doctor ends with 69 where no collector is usable, and says how to mend it", async () => {
  await using directory = new TempDir();
  await Deno.chmod(directory.path, 0o755);
  const { code, stdout, stderr } = await runUnprivileged(["doctor", "--procfs", directory.path]);
  assertEquals({ code, stderr }, { code: EXIT.unavailable, stderr: "" });
  // What only reads what was written needs nothing of the host.
  for (const { name } of COLLECTORS.filter(({ os }) => os.length > 0)) {
    assertMatch(stdout, new RegExp(`^${name}: not usable`, "m"));
  }
  assertMatch(stdout, /remedy/);
});

Deno.test("snapshot ends with 69 and one line where there is no proc file system", async () => {
  await using directory = new TempDir();
  const line = await refusal(["snapshot", "--procfs", directory.path], EXIT.unavailable);
  assertStringIncludes(line, directory.path);
});
