/** `query` and what may go wrong: logs that cannot be read, hostile names, outputs that end. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { redirected, run, start, TempDir } from "../program.ts";
import { NOBODY, UnprivilegedCopy } from "../unprivileged.ts";

/** Status where a log cannot be read. */
const TROUBLE = 2;

const LOG = "1565647204351 bob zyla\n1565647204352 eve mia\n";

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

Deno.test("query says in a line each what it cannot read, and answers from the rest", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.mkdir(`${path}/directory`);
  await Deno.writeTextFile(`${path}/log`, LOG);
  await Deno.writeTextFile(`${path}/empty`, "");
  await Deno.writeFile(`${path}/binary`, Uint8Array.from({ length: 5000 }, (_, i) => i & 255));
  await Deno.writeFile(`${path}/cut.gz`, Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1));
  const names = ["missing", "directory", "binary", "empty", "log", "missing*", "cut.gz"];
  const { code, stdout, stderr } = await run(["query", "--unique", ...names], { cwd: path });
  assertEquals([code, stdout], [TROUBLE, "bob\neve\n"]);
  const lines = linesOf(stderr);
  for (
    const wanted of [
      'cannot read "missing": there is no such file',
      'cannot read "directory": it is a directory: name its files, as in "directory/*"',
      'cannot read "binary": it is no text: if it is a log, name its format with --log-format',
      'cannot read "missing*": no file has such a name',
      '"cut.gz"',
    ]
  ) assertEquals(lines.filter((line) => line.includes(wanted)).length, 1, wanted + stderr);
  assertEquals(lines.length, 5, stderr);
});

Deno.test("query says whom it may not read", async () => {
  await using copy = await UnprivilegedCopy.create();
  await using directory = new TempDir();
  await Deno.chmod(directory.path, 0o755);
  const [open, shut] = ["open", "shut"].map((name) => `${directory.path}/${name}`);
  assert(open !== undefined && shut !== undefined);
  for (const path of [open, shut]) await Deno.writeTextFile(path, LOG);
  await Deno.chmod(shut, 0o600);
  if (Deno.uid() === NOBODY) await Deno.chmod(shut, 0);
  const { code, stdout, stderr } = await copy.run(["query", "--count", shut, open]);
  assertEquals([code, stdout], [TROUBLE, "2\n"]);
  assertEquals(stderr, `connscribe: error: may not read "${shut}": run as root\n`);
});

Deno.test("query refuses a question that has no meaning before it reads", async () => {
  for (
    const [args, wanted] of [
      [["--since", "soon"], "it is no time"],
      [["--since", "now", "--until", "-2h"], "--since is not before --until"],
      [["--unique", "--count"], '"--unique" does not go with "--count"'],
      [["--by", "host"], '"--top" only'],
      [["--count", "--format", "csv"], '"--format" does not go with "--count"'],
      [["--top", "0"], "it is not a whole number"],
      [["--unique", "--format", "table"], "names are written as text, ndjson, csv"],
      [["--port", "http?"], "--port"],
      [["--memory", "2G"], "the maximum is 1G"],
      [["--threads", "200"], "from 1 to 64"],
      [["--to", "10.0.0.0/33"], "it is no host name, address or network"],
      [["--from", "10.0.0.300"], "it is no host name, address or network"],
      [["--host", "db:443"], "it is no host name, address or network"],
      [["--to", "a b"], "no host has such a name"],
      [["--format", "littlesnitch-stats"], "connscribe export"],
    ] as const
  ) {
    // Standard input stays open: nobody waits for it.
    await using program = start(["query", ...args], { stdin: true });
    const { code, stdout, stderr } = await program.ended();
    assertEquals([code, stdout, linesOf(stderr).length], [EXIT.usage, "", 1], stderr);
    assert(stderr.includes(wanted), stderr);
  }
  const { code, stderr } = await run(["hourly", "--to", "10.0.0.0/8", "log"]);
  assertEquals(code, EXIT.usage);
  assert(stderr.includes("it is a network: name one host"), stderr);
});

Deno.test("query counts malformed lines, and shows them if it is asked to", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/log`, `${LOG}rub\x1b[2Jbish\n"quoted" line\n${LOG}`);
  const quiet = await run(["query", "--count", "log"], { cwd: path });
  assertEquals([quiet.code, quiet.stdout], [EXIT.ok, "4\n"]);
  assertEquals(linesOf(quiet.stderr), [
    "connscribe: warning: 4 records found; 2 lines malformed, 0 too long (--errors shows them)",
  ]);
  const { code, stdout, stderr } = await run([
    "query",
    "--errors",
    "--to",
    "zyla",
    "--count",
    "log",
  ], {
    cwd: path,
  });
  assertEquals([code, stdout], [EXIT.ok, "2\n"]);
  const [first = "", second = "", , ...none] = linesOf(stderr);
  assert(first.includes(`"log" at byte ${LOG.length} is malformed: "rub\\`), first);
  assert(second.endsWith('"log" at byte 57 is malformed: "\\"quoted\\" line"'), second);
  assertEquals(none, []);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f]/.test(stderr));
});

Deno.test("query says how many malformed lines it does not show", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/log`, LOG.repeat(100) + "rubbish\n".repeat(1500));
  const { stderr } = await run(["query", "--errors", "--count", "log"], { cwd: path });
  const lines = linesOf(stderr);
  assertEquals(lines.length, 1002);
  assertEquals(lines[1000], 'connscribe: warning: and 500 more in "log"');
});

Deno.test("query says how many records the format lognet cannot tell", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/log`, LOG);
  const { code, stdout, stderr } = await run(
    ["query", "--format", "lognet", "--no-header", "log"],
    { cwd: path },
  );
  assertEquals([code, stdout], [EXIT.ok, ""]);
  assertEquals(stderr, "connscribe: warning: 2 records cannot be told in the format lognet\n");
});

Deno.test("query refuses to write to a log that it reads", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, LOG);
  await Deno.symlink(log, `${directory.path}/link`);
  const wanted = (name: string) =>
    `connscribe: ${name} is also the output: write to another file\n`;
  for (
    const [args, prefix, name] of [
      [["--out", log, log], [], JSON.stringify(log)],
      [["--out", `${directory.path}/link`, log], [], JSON.stringify(log)],
      [["--count", log], redirected(`>> ${log}`), JSON.stringify(log)],
      [["-"], redirected(`< ${log} >> ${log}`), "standard input"],
    ] as const
  ) {
    const { code, stderr } = await run(["query", ...args], { prefix });
    assertEquals([code, stderr], [EXIT.usage, wanted(name)]);
  }
  assertEquals(await Deno.readTextFile(log), LOG);
});

Deno.test("query lets no name break a line or reach the terminal", async () => {
  await using directory = new TempDir();
  const names = ["a\x1b[31mb", "a\u202eb", "a\x9b2Jb", "a\x7fb", "a\ufeffb", 'a",\\b', "=1+1"];
  const ndjson = [...names, "a\nb", "a\rb", "a\u2028b", "\ud800"].map((name, i) =>
    JSON.stringify({
      "@timestamp": `2019-08-12T22:00:${10 + i}.000000Z`,
      event: { id: "c-open", kind: "event" },
      source: { domain: name },
      destination: { ip: "192.0.2.1", port: 443, domain: name },
      connscribe: {
        connection: { id: "c" },
        event: "open",
        direction: "unknown",
        outcome: "unknown",
        initiator: "local",
        attribution: { kind: "none" },
        collector: "connspy",
      },
    })
  );
  const connspy = names.map((name, i) => `${1_565_647_204 + i} x${name} y${name}`);
  for (const [name, lines] of Object.entries({ ndjson, connspy })) {
    const log = `${directory.path}/${name}`;
    await Deno.writeTextFile(log, lines.join("\n") + "\n");
    for (const args of [[], ["--unique"], ["--top", "100"], ["--top", "100", "--by", "to"]]) {
      for (const format of ["text", "ndjson", "csv"]) {
        const call = ["query", ...args, "--format", format, "--no-header", log];
        const { code, stdout, stderr } = await run(call);
        assertEquals([code, stderr], [EXIT.ok, ""], call.join(" "));
        const found = linesOf(stdout.replaceAll("\r\n", "\n"));
        const isBoth = args.includes("--top") && !args.includes("--by") && name === "connspy";
        assertEquals(found.length, lines.length * (isBoth ? 2 : 1), call.join(" ") + stdout);
        for (const line of found) {
          // deno-lint-ignore no-control-regex
          assert(!/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202e\u2028\ufeff]/.test(line), line);
          if (format === "ndjson") JSON.parse(line);
        }
      }
    }
  }
});

Deno.test("query ends quietly when nobody reads on", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, LOG.repeat(100_000));
  for (
    const args of [["--format", "ndjson"], ["--format", "ndjson", "--threads", "2"], ["--count"]]
  ) {
    const { code, stdout, stderr } = await run(["query", ...args, log], {
      prefix: redirected("| head -1"),
    });
    assertEquals([code, linesOf(stdout).length, stderr], [EXIT.ok, 1, ""]);
  }
});

Deno.test("query says in one line that the disk is full", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, LOG.repeat(10_000));
  for (const args of [[], ["--count"], ["--unique"], ["--format", "ndjson", "--threads", "2"]]) {
    const call = ["query", ...args, log];
    const { code, stdout, stderr } = await run(call, { prefix: redirected("> /dev/full") });
    assertEquals([code, stdout], [EXIT.io, ""], stderr);
    assertEquals(linesOf(stderr), [
      "connscribe: error: cannot write to standard output: no space left on device",
    ], args.join(" "));
  }
});

Deno.test("query ends at once when it is interrupted", async () => {
  await using program = start(["query", "--to", "zyla"], { stdin: true });
  await program.write(LOG);
  await program.line((line) => line.includes("bob"), "a record");
  program.signal("SIGINT");
  const { signal, stderr } = await program.ended();
  assertEquals([signal, stderr], ["SIGINT", ""]);
});
