/** How a run goes, asked by a signal and by a scraper; and what it does when memory is short. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { ROOT, run, start, TempDir } from "../program.ts";

const WATCH = ["watch", "--procfs", `${ROOT}fixtures/proc`, "--format", "ndjson"];

Deno.test("watch says on SIGUSR2 how it goes, and goes on", async () => {
  for (const more of [[], ["--no-reports"]]) {
    await using program = start([...WATCH, "--interval", "200ms", ...more]);
    await program.line((line) => line.includes('"listen"'), "a record");
    program.signal("SIGUSR2");
    await program.line((line) => line.includes("read "), "what was asked for", "stderr");
    program.signal("SIGTERM");
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, EXIT.ok, stderr);
    assertMatch(stderr, /notice: read \d+, emitted \d+, filtered 0, dropped 0/);
    assertEquals(stdout.includes('"why":"asked"'), more.length === 0);
  }
});

Deno.test("watch --metrics keeps a file for Prometheus, with and without reports", async () => {
  for (const more of [[], ["--no-reports"]]) {
    await using directory = new TempDir();
    const path = `${directory.path}/connscribe.prom`;
    const { code, stdout, stderr } = await run([
      ...WATCH,
      "--for",
      "1s",
      "--metrics",
      path,
      ...more,
    ]);
    assertEquals(code, EXIT.ok, stderr);
    const text = await Deno.readTextFile(path);
    const lines = stdout.split("\n").filter((line) => line.includes('"connscribe.connection"'));
    assertMatch(text, new RegExp(`^connscribe_records_emitted_total ${lines.length}$`, "m"));
    assertMatch(text, /^connscribe_collector_up\{collector="proc"\} 1$/m);
    assertEquals((await Array.fromAsync(Deno.readDir(directory.path))).length, 1);
  }
});

Deno.test("watch --memory sums up when it takes too much, and loses none", async () => {
  const { code, stdout, stderr } = await run([...WATCH, "--for", "1s", "--memory", "1M", "-v"]);
  assertEquals(code, EXIT.ok, stderr);
  assertMatch(stderr, /warning: memory is short: connections are summed up until it is not/);
  const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const summaries = records.filter(({ connscribe }) => connscribe.event === "summary");
  assert(summaries.length > 0);
  const [, read = "", emitted = "", folded = ""] =
    /read (\d+), emitted (\d+), folded (\d+), filtered 0, dropped 0/.exec(stderr) ?? [];
  assert(Number(folded) > 0);
  assertEquals(Number(read), Number(emitted) + Number(folded));
});
