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

Deno.test("watch --memory says what the least is, and runs with that", async () => {
  const { code, stdout, stderr } = await run([...WATCH, "--memory", "1M"]);
  assertEquals([code, stdout], [EXIT.usage, ""]);
  const [, least] =
    /^connscribe: value of "--memory" is too small: this run needs (\d+M) at least\n$/.exec(
      stderr,
    ) ?? [];
  assert(least, stderr);
  const enough = await run([...WATCH, "--for", "1s", "--memory", least]);
  assertEquals(enough.code, EXIT.ok, enough.stderr);
  const more = await run([...WATCH, "--memory", least, "--out", "syslog+udp://127.0.0.1:9"]);
  assertEquals(more.code, EXIT.usage);
});
