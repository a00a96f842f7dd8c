import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseCommandLine } from "../cli/parse.ts";
import { TABLE } from "../cli/table.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { SAMPLES } from "../formats/test_records.ts";
import { Ledger } from "../pipeline/stage.ts";
import { TestFile, TestPipe } from "../sinks/test_output.ts";
import { realSystem } from "../system.ts";
import { openSinks } from "./outputs.ts";

const OPEN = SAMPLES["open"]!;

/** What "watch" with these options and this configuration writes of one record. */
async function written(args: readonly string[], config?: Record<string, string>): Promise<string> {
  const line = await parseCommandLine(
    TABLE,
    ["watch", ...args, ...(config ? ["--config", "/c.json"] : [])],
    () => new TextEncoder().encode(JSON.stringify(config)),
  );
  assert(typeof line === "object");
  const stdout = new TestPipe();
  const system = { ...realSystem(), stdout, openAppend: () => new TestFile() };
  const context = {
    diag: new Diag(system),
    ledger: new Ledger(),
    signal: new AbortController().signal,
    interrupted: new AbortController().signal,
    host: { id: "h", name: "h" },
    once: false,
    isPast: false,
  };
  await using outputs = await openSinks(line.values, system, context);
  for (const sink of outputs.sinks) sink.write([OPEN]);
  return stdout.text;
}

async function assertRefused(
  message: string,
  args: readonly string[],
  config?: Record<string, string>,
): Promise<void> {
  const error = await assertRejects(() => written(args, config), ExitError, message);
  assertEquals(error.code, EXIT.usage);
}

Deno.test("openSinks writes text, or the format that is asked for", async () => {
  assert((await written([])).startsWith("2026-11-21 02:01:40.144Z open "));
  assert((await written(["-f", "ndjson"])).startsWith('{"@timestamp"'));
  assert((await written(["-f", "template"])).startsWith("1795226500: ipv4/tcp 10.0.0.5/43210 > "));
});

Deno.test("openSinks takes a template for the wish to have one", async () => {
  assertEquals(await written(["--template", "{event}"]), "open\n");
  assertEquals(await written(["--template", "{event}", "-f", "template"]), "open\n");
  assertEquals(await written(["--template", "{ts}", "--time-format", "<%s>"]), "<1795226500>\n");
  assertEquals(await written([], { template: "{event}" }), "open\n");
  assertEquals(await written([], { template: "{ts}", "time-format": "%f" }), "144181\n");
});

Deno.test("openSinks lets the command line win over a format of the configuration file", async () => {
  assertEquals(await written(["--template", "{event}"], { format: "csv" }), "open\n");
  const config = { template: "{event}", "time-format": "%F", processes: "/p.log" };
  for (const format of ["csv", "text"]) {
    assert((await written(["-f", format, "--no-header"], config)).includes("93.184.216.34"));
  }
});

Deno.test("openSinks refuses options of another format", async () => {
  const template = 'the option "--template" goes with "--format template" only';
  const times = 'the option "--time-format" goes with "--format template" only';
  const processes = 'the option "--processes" goes with "--format lognet" only';
  await assertRefused(template, ["--template", "{ts}", "-f", "csv"]);
  await assertRefused(times, ["--time-format", "%F"]);
  await assertRefused(times, ["--time-format", "%F"], { format: "ndjson" });
  await assertRefused(template, [], { format: "ndjson", template: "{ts}" });
  await assertRefused(processes, ["--processes", "/p.log"]);
  await assertRefused(processes, ["--processes", "/p.log", "--template", "{ts}"]);
});

Deno.test("parseCommandLine refuses a wrong template, time format and protocol", async () => {
  await assertRefused(
    'value "{event} {proces}" of "--template" is wrong: it has the unknown field "proces": did you mean "process"?',
    ["--template", "{event} {proces}"],
  );
  await assertRefused('of "--time-format" is wrong: it has the unknown conversion "%Q"', [
    "--template",
    "{ts}",
    "--time-format",
    "%Q",
  ]);
  await assertRefused('of "--protocol" is wrong: it is not a known protocol: did you mean "tcp"?', [
    "-p",
    "!tpc",
  ]);
  await assertRefused('of "--protocol" is wrong: it is not a regular expression: ', ["-p", "(/"]);
});
