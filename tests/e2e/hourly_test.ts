/** `hourly`: who connected to whom, hour by hour, from logs. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { ROOT, run, start, type StartOptions, TempDir } from "../program.ts";

/** The hours of the seed's README. */
const HOURS = [1565654400, 1565658000, 1565661600];

/** A log whose answer is that of the seed's README in form. */
const LOG = [
  [1, "tyjhawn", "aselin"],
  [2, "Cayce", "keyleigh"],
  [3, "cayce", "zeplin"],
  [3601, "devonta", "Aselin"],
  [3602, "tanya", "reneisha"],
  [3603, "zeplin", "mia"],
  [3604, "mia", "Zeplin"],
  [3605, "zeplin", "bob"],
  [7201, "keyleigh", "bob"],
];

const LINES = LOG.map(([after, from, to]) =>
  `${((HOURS[0] ?? 0) + Number(after)) * 1000} ${from} ${to}\n`
);

const ANSWER = [
  "1565654400.0\tTO\ttyjhawn",
  "1565654400.0\tMOST\tcayce",
  "1565658000.0\tTO\tdevonta",
  "1565658000.0\tFROM\treneisha",
  "1565658000.0\tMOST\tzeplin",
  "1565661600.0\tMOST\tbob",
];

const ASKED = ["hourly", "--to", "aselin", "--from", "tanya"];

/** Runs `hourly`, which must find something. Returns its lines. */
async function hourly(args: readonly string[], options: StartOptions = {}): Promise<string[]> {
  const { code, stdout, stderr } = await run([...ASKED, ...args], options);
  assertEquals([code, stderr], [EXIT.ok, ""]);
  return stdout.split("\n").slice(0, -1);
}

/** Writes a file; returns its path. */
async function file(directory: TempDir, name: string, text: string): Promise<string> {
  const path = `${directory.path}/${name}`;
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("hourly prints the three columns of the seed, also the hour that is open at the end", async () => {
  await using directory = new TempDir();
  const path = await file(directory, "a.log", LINES.join(""));
  assertEquals(await hourly([path]), ANSWER);
  assertEquals(await hourly(["--errors", path]), ANSWER);
  const { stdout } = await run(["hourly", path]);
  assertEquals(stdout.split("\n").slice(0, -1), ANSWER.filter((line) => line.includes("MOST")));
});

Deno.test("hourly prints the hours that are open at the end of standard input, too", async () => {
  for (const args of [[], ["-"], ["--tail", "-"]]) {
    await using program = start([...ASKED, ...args], { stdin: true });
    await program.write(LINES.join(""));
    await program.closeInput();
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, stderr], [EXIT.ok, ""]);
    assertEquals(stdout.split("\n").slice(0, -1), ANSWER);
  }
});

Deno.test("hourly leaves out with --only-complete what the log has not passed by --lateness", async () => {
  await using directory = new TempDir();
  const path = await file(directory, "a.log", LINES.join(""));
  const first = ANSWER.slice(0, 2);
  assertEquals(await hourly(["--only-complete", path]), first);
  assertEquals(
    await hourly(["--only_complete_hours", "--lateness", "1s", path]),
    ANSWER.slice(0, 5),
  );
  assertEquals(await hourly(["--only-complete", "--max_log_late_seconds", "2", path]), first);
});

Deno.test("hourly takes spans of any length", async () => {
  await using directory = new TempDir();
  const path = await file(
    directory,
    "a.log",
    `${HOURS[0]}.5 a b\n1565654999 c aselin\n1565655000 d e\n`,
  );
  assertEquals(await hourly(["--every", "10m", path]), [
    "1565654400.0\tTO\tc",
    "1565654400.0\tMOST\ta",
    "1565655000.0\tMOST\td",
  ]);
});

Deno.test("hourly breaks ties by the letters of names, whatever the order of the lines", async () => {
  await using directory = new TempDir();
  const lines = ["1565654400 b Z\n", "1565654401 Z b\n", "1565654402 ab a\n", "1565654403 a ab\n"];
  for (const order of [lines, lines.toReversed()]) {
    const path = await file(directory, "a.log", order.join(""));
    assertEquals(await hourly([path]), ["1565654400.0\tMOST\ta"]);
  }
});

Deno.test("hourly gives the same for files in any order that overlap, compressed or not", async () => {
  await using directory = new TempDir();
  const even = await file(directory, "b.log", LINES.filter((_, i) => i % 2 === 0).join(""));
  const odd = await file(directory, "a.log", LINES.filter((_, i) => i % 2 === 1).join(""));
  assertEquals(await hourly([even, odd]), ANSWER);
  assertEquals(await hourly([odd, even, "--threads", "3"]), ANSWER);
  const stream = new Blob([LINES.slice(0, 5).join("")]).stream();
  await Deno.writeFile(
    `${directory.path}/c.log.gz`,
    stream.pipeThrough(new CompressionStream("gzip")),
  );
  const rest = await file(directory, "c.log", LINES.slice(5).join(""));
  assertEquals(await hourly([rest, `${directory.path}/c.log.gz`]), ANSWER);
});

Deno.test("hourly counts what summaries of connscribe stand for", async () => {
  await using directory = new TempDir();
  const record = (from: string, count: number, event = "summary") => ({
    "@timestamp": "2019-08-13T00:00:01.000000Z",
    event: { id: `c-${from}` },
    source: { domain: from },
    destination: { domain: "aselin" },
    connscribe: {
      ...{ connection: { id: "c" }, event, direction: "egress", outcome: "unknown", count },
      ...{ initiator: "local", attribution: { kind: "none" }, collector: "proc" },
    },
  });
  const records = [record("many", 5), record("few", 2), record("few", 2)];
  const text = records.map((each) => JSON.stringify(each) + "\n").join("");
  const path = await file(directory, "a.ndjson", text);
  assertEquals(await hourly([path, "--threads", "2"]), [
    "1565654400.0\tTO\tfew",
    "1565654400.0\tTO\tmany",
    "1565654400.0\tMOST\taselin",
  ]);
  const lone = await file(
    directory,
    "b.ndjson",
    text.replaceAll("aselin", "ASELIN").replaceAll("few", "x"),
  );
  assertEquals((await hourly([lone])).at(-1), "1565654400.0\tMOST\taselin");
});

Deno.test("hourly reads Zeek's log, with addresses", async () => {
  const { code, stdout } = await run(["hourly", `${ROOT}/fixtures/logs/zeek.log`]);
  assertEquals(code, EXIT.ok);
  const lines = stdout.split("\n").slice(0, -1);
  assert(lines.length > 0);
  for (const line of lines) assertEquals(/^\d+\.0\tMOST\t[0-9a-f.:]+$/.test(line), true, line);
  const [busiest = ""] = lines[0]?.split("\t").slice(-1) ?? [];
  const to = await run(["hourly", "--from", busiest, `${ROOT}/fixtures/logs/zeek.log`]);
  assert(to.stdout.includes("\tFROM\t") || to.stdout.includes("\tMOST\t"), to.stdout);
});

Deno.test("hourly escapes hostile names, and each stays on its line", async () => {
  await using directory = new TempDir();
  const name = "a\u001b[2J\u0000\u009b\u202e";
  const path = await file(directory, "a.log", `1565654400 ${name} aselin\n`);
  const options = ["--log-format", "connspy", path];
  const [to = "", most, ...none] = await hourly(options);
  assertEquals([none, most?.split("\t")[1]], [[], "MOST"]);
  assertStringIncludes(to, "\tTO\ta\\x1b[2j\\x00\\x9b\\u202e");
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(to), false);
});

Deno.test("hourly says once how many lines are malformed, and shows them with --errors", async () => {
  await using directory = new TempDir();
  const path = await file(directory, "a.log", `${LINES.join("")}rubbish\n1565654400 a\nmore\n`);
  const quiet = await run([...ASKED, path]);
  assertEquals(quiet.stdout.split("\n").slice(0, -1), ANSWER);
  assertEquals(
    quiet.stderr,
    "connscribe: warning: 9 records found; 3 lines malformed, 0 too long (--errors shows them)\n",
  );
  const { stderr, stdout } = await run([...ASKED, "--errors", path]);
  assertEquals(stdout, quiet.stdout);
  assertEquals(stderr.split("\n").length, 5);
  assertStringIncludes(stderr, 'is malformed: "rubbish"');
});

Deno.test("hourly ends as grep does: with 1 where there is nothing, with 2 where not all can be read", async () => {
  await using directory = new TempDir();
  const empty = await file(directory, "empty.log", "");
  assertEquals((await run(["hourly", empty])).code, 1);
  const path = await file(directory, "a.log", LINES.join(""));
  const { code, stdout, stderr } = await run([...ASKED, path, `${directory.path}/none.log`]);
  assertEquals(code, 2);
  assertEquals(stdout.split("\n").slice(0, -1), ANSWER);
  assertStringIncludes(stderr, "there is no such file");
});
