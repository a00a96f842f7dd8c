/** `hourly --tail`: follows a log through all that is done to logs. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { type Program, run, start, TempDir } from "../program.ts";

const BEGIN = 1565654400;

/** A line, so many minutes after the beginning. */
function line(minutes: number, from: string, to = "aselin"): string {
  return `${BEGIN + minutes * 60} ${from} ${to}\n`;
}

/** Follows `a.log` of a directory; looks are short, as everybody waits for them. */
function tail(directory: TempDir, ...args: string[]): Program {
  return start(["hourly", "--to", "aselin", "--tail", ...args, `${directory.path}/a.log`]);
}

/** Ends it as a user does. */
async function interrupt(program: Program) {
  program.signal("SIGINT");
  return await program.ended();
}

async function append(directory: TempDir, text: string, name = "a.log"): Promise<void> {
  await Deno.writeTextFile(`${directory.path}/${name}`, text, { append: true });
}

/** Waits for lines of the answer that name these hosts; the busiest one is always `aselin`. */
async function waitFor(program: Program, name: string): Promise<void> {
  await program.line((line) => line.endsWith(`\tTO\t${name}`), name);
}

/** The names of the answer, each with its hour. */
function names(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line.includes("\tTO\t")).map((line) => {
    const [stamp = "", , name] = line.split("\t");
    return `${(Number(stamp) - BEGIN) / 3600} ${name}`;
  });
}

Deno.test("hourly --tail prints an hour as soon as the log has passed it, and open ones when it is interrupted", async () => {
  await using directory = new TempDir();
  await append(directory, line(0, "a") + line(59, "b"));
  await using program = tail(directory);
  await append(directory, line(65, "c").slice(0, 12));
  await append(directory, line(65, "c").slice(12));
  await waitFor(program, "b");
  assertEquals(names(program.stdout.text), ["0 a", "0 b"]);
  await append(directory, line(59, "late") + line(125, "d"));
  await waitFor(program, "c");
  const { code, stdout, stderr } = await interrupt(program);
  assertEquals([code, names(stdout)], [EXIT.ok, ["0 a", "0 b", "1 c", "2 d"]]);
  assertEquals(
    stderr,
    "connscribe: warning: 1 lines came later than --lateness allows: they are not counted\n",
  );
});

Deno.test("hourly --tail follows a log that is not there yet, is renamed, and is cut", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/a.log`;
  await using program = tail(directory, "--only-complete");
  await program.line((line) => line.includes("is not there yet"), "waits", "stderr");
  await append(directory, line(0, "a") + line(65, "b"));
  await waitFor(program, "a");
  await append(directory, line(66, "c"));
  await Deno.rename(path, `${path}.1`);
  await append(directory, line(67, "d") + `${BEGIN + 68 * 60} torn`, "a.log.1");
  await append(directory, line(69, "e") + line(125, "f"));
  await waitFor(program, "e");
  assertEquals(names(program.stdout.text), ["0 a", "1 b", "1 c", "1 d", "1 e"]);
  await Deno.truncate(path);
  await append(directory, line(126, "g") + line(185, "h"));
  await waitFor(program, "g");
  const { code, stdout, stderr } = await interrupt(program);
  assertEquals(code, EXIT.ok);
  assertEquals(names(stdout).slice(5), ["2 f", "2 g"]);
  assertStringIncludes(stderr, "1 line malformed");
});

Deno.test("hourly --tail prints hours of standard input as they come, and ends when it is interrupted", async () => {
  await using program = start(["hourly", "--to", "aselin", "--tail", "-"], { stdin: true });
  await program.write(line(0, "a") + line(65, "b") + `${BEGIN + 66 * 60} to`);
  await waitFor(program, "a");
  const { code, stdout, stderr } = await interrupt(program);
  assertEquals([code, names(stdout), stderr], [EXIT.ok, ["0 a", "1 b"], ""]);
});

Deno.test("hourly --tail ends with 1 where nothing has come, on SIGTERM too", async () => {
  await using directory = new TempDir();
  await using program = tail(directory);
  await program.line((line) => line.includes("is not there yet"), "waits", "stderr");
  program.signal("SIGTERM");
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [1, ""]);
});

Deno.test("hourly --tail ends with 2 where it cannot read on", async () => {
  await using directory = new TempDir();
  const { code, stderr } = await run(["hourly", "--tail", directory.path]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "it is no regular file");
});

Deno.test("hourly --tail follows one log", async () => {
  for (const files of [[], ["a", "b"]]) {
    const { code, stderr } = await run(["hourly", "--tail", ...files]);
    assertEquals(code, EXIT.usage);
    assertStringIncludes(stderr, "--tail follows one FILE");
  }
});
