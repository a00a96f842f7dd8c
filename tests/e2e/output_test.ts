/** Where records go, and what is said when they cannot: stdout, files, terminals, full disks. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS } from "../fake_procfs.ts";
import { accountOf } from "../ledger.ts";
import { PYTHON, redirected, ROOT, run, start, TempDir } from "../program.ts";
import { pythonTest, readBack, RECORD_FORMATS } from "../read_back.ts";

const FIXTURE = ["--procfs", `${ROOT}fixtures/proc`];
const SNAPSHOT = ["snapshot", ...FIXTURE];

/** Runs connscribe with stdout on a terminal. */
function onTerminal(columns: number): string[] {
  return [PYTHON, "-I", `${ROOT}tests/actors/terminal.py`, String(columns)];
}

/** Whole lines that are not empty. */
function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Makes a proc file system whose records are more than a pipe holds (pipe(7): 64 KiB). */
function manySockets(root: string): FakeProcfs {
  const procfs = new FakeProcfs(root);
  const sockets = Array.from({ length: 3000 }, (_, i) => ({
    local: ["192.0.2.1", 1000 + i] as const,
    state: 10,
    inode: 1000 + i,
  }));
  procfs.addNamespace(FIRST_NETNS, { tcp: sockets });
  procfs.addProcess({ pid: 1, ppid: 0, comm: "init", sockets: sockets.map(({ inode }) => inode) });
  return procfs;
}

Deno.test("snapshot ends quietly with 0 when the reader of its output goes away", async () => {
  await using directory = new TempDir();
  const { root } = manySockets(directory.path);
  for (const format of ["text", "ndjson", "csv", "lognet", "table"]) {
    const args = ["snapshot", "--procfs", root, "--format", format];
    const { code, stdout, stderr } = await run(args, { prefix: redirected("| head -n 1") });
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" }, format);
    assertEquals(linesOf(stdout).length, 1, format);
  }
});

Deno.test("snapshot ends quietly with 0 when nobody reads at all", async () => {
  await using directory = new TempDir();
  const { root } = manySockets(directory.path);
  const prefix = redirected("| true");
  const { code, stderr } = await run(["snapshot", "--procfs", root], { prefix });
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
});

Deno.test("snapshot to a full disk says so once and ends with 74", async () => {
  for (const more of [[], ["--out", "/dev/full"]]) {
    const prefix = more.length > 0 ? [] : redirected("> /dev/full");
    const { code, stderr } = await run([...SNAPSHOT, "--verbose", ...more], { prefix });
    assertEquals(code, EXIT.io, stderr);
    assertEquals(linesOf(stderr).filter((line) => /no space left/i.test(line)).length, 1, stderr);
    const { read, emitted, dropped } = accountOf(stderr);
    assert(read > 0);
    assertEquals({ emitted, dropped }, { emitted: 0, dropped: read });
  }
});

Deno.test("--quiet still says that the disk is full", async () => {
  const { code, stderr } = await run([...SNAPSHOT, "--quiet"], {
    prefix: redirected("> /dev/full"),
  });
  assertEquals(code, EXIT.io);
  assertMatch(stderr, /no space left/i);
});

Deno.test("--verbose accounts for every record", async () => {
  for (const filters of [[], ["--protocol", "tcp"], ["--no-listen", "--ip", "6"], ["-p", "47"]]) {
    const args = [...SNAPSHOT, "--format", "ndjson", "--verbose", ...filters];
    const { code, stdout, stderr } = await run(args);
    assertEquals(code, EXIT.ok, stderr);
    const { emitted, filtered } = accountOf(stderr);
    assertEquals(emitted, linesOf(stdout).length);
    assert(filters.length === 0 ? filtered === 0 : filtered > 0, stderr);
  }
});

pythonTest("snapshot writes records to stdout and nothing else anywhere", async () => {
  for (const format of RECORD_FORMATS) {
    const { code, stdout, stderr } = await run([...SNAPSHOT, "--format", format]);
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" }, format);
    assert((await readBack(format, stdout)).length > 0);
  }
});

pythonTest("--verbose and --quiet change nothing on stdout", async () => {
  const masked = async (args: readonly string[]) => {
    const { stdout } = await run([...SNAPSHOT, "--format", "csv", ...args]);
    return (await readBack("csv", stdout)).map(({ protocol, local, remote, pid, state }) =>
      JSON.stringify([protocol, local, remote, pid, state])
    );
  };
  const plain = await masked([]);
  assertEquals(await masked(["--verbose"]), plain);
  assertEquals(await masked(["--quiet"]), plain);
});

Deno.test("snapshot prints no colours into a pipe, whatever the terminal", async () => {
  for (const format of ["text", "table"]) {
    const env = { TERM: "xterm-256color", COLORTERM: "truecolor", FORCE_COLOR: "1" };
    const { stdout } = await run([...SNAPSHOT, "--format", format], { env });
    assert(!stdout.includes("\x1b"), format);
  }
});

Deno.test("--color always prints colours into a pipe, also against NO_COLOR", async () => {
  const args = [...SNAPSHOT, "--format", "text", "--color", "always"];
  const { stdout } = await run(args, { env: { NO_COLOR: "1" } });
  assertStringIncludes(stdout, "\x1b[");
});

pythonTest("snapshot prints a table that fits a terminal, and respects NO_COLOR", async () => {
  for (const columns of [80, 132]) {
    const env = { NO_COLOR: "1" };
    const { code, stdout } = await run(SNAPSHOT, { prefix: onTerminal(columns), env });
    assertEquals(code, EXIT.ok);
    assert(!stdout.includes("\x1b"));
    const [head = "", ...rows] = linesOf(stdout);
    assertMatch(head, /process/i);
    assert(rows.length > 0);
    for (const row of rows) assert([...row].length <= columns, `${[...row].length}: ${row}`);
  }
});

pythonTest(
  "watch prints colours on a terminal, unless NO_COLOR is set or --color is never",
  async () => {
    const args = ["watch", ...FIXTURE, "--for", "300ms"];
    const prefix = onTerminal(120);
    const colored = await run(args, { prefix, env: { TERM: "xterm" } });
    assertStringIncludes(colored.stdout, "\x1b[");
    const plain = await run(args, { prefix, env: { TERM: "xterm", NO_COLOR: "1" } });
    assert(!plain.stdout.includes("\x1b"));
    const never = await run([...args, "--color", "never"], { prefix, env: { TERM: "xterm" } });
    assert(!never.stdout.includes("\x1b"));
    assertEquals([colored.code, plain.code, never.code], [EXIT.ok, EXIT.ok, EXIT.ok]);
  },
);

pythonTest("--out appends to a file, with one header, and leaves stdout empty", async () => {
  await using directory = new TempDir();
  for (const format of ["csv", "lognet"] as const) {
    const out = `${directory.path}/${format}`;
    const args = [...SNAPSHOT, "--format", format, "--out", out];
    for (let i = 0; i < 2; i++) {
      const { code, stdout, stderr } = await run(args);
      assertEquals({ code, stdout, stderr }, { code: EXIT.ok, stdout: "", stderr: "" });
    }
    const single = await run([...SNAPSHOT, "--format", format]);
    const rows = await readBack(format, await Deno.readTextFile(out));
    assertEquals(rows.length, 2 * (await readBack(format, single.stdout)).length);
  }
});

pythonTest("--processes gets each process of lognet once", async () => {
  await using directory = new TempDir();
  const processes = `${directory.path}/processes.log`;
  const { code, stdout } = await run([...SNAPSHOT, "-f", "lognet", "--processes", processes]);
  assertEquals(code, EXIT.ok);
  // Reading back fails where one is there twice.
  const rows = await readBack("lognet", stdout, processes);
  assert(rows.some(({ argv }) => argv.length > 0));
});

Deno.test("--no-header leaves out the head of csv and lognet", async () => {
  for (const format of ["csv", "lognet"]) {
    const whole = await run([...SNAPSHOT, "--format", format]);
    const { stdout } = await run([...SNAPSHOT, "--format", format, "--no-header"]);
    const heads = format === "csv" ? 1 : 3;
    assertEquals(linesOf(stdout).length, linesOf(whole.stdout).length - heads);
    assert(!stdout.includes("#Fields") && !stdout.startsWith("time,"));
  }
});

Deno.test("--out where no file can be made ends with 73 and one line", async () => {
  await using directory = new TempDir();
  for (const out of [`${directory.path}/missing/out`, `${directory.path}/missing/segments/`]) {
    for (const command of ["snapshot", "watch"]) {
      const { code, stdout, stderr } = await run([command, ...FIXTURE, "--out", out]);
      assertEquals({ code, stdout }, { code: EXIT.cannotCreate, stdout: "" }, stderr);
      assertEquals(linesOf(stderr).length, 1, stderr);
      assertStringIncludes(stderr, out);
    }
  }
});

Deno.test("watch to a full disk says so once, goes on, and ends with 74", async () => {
  await using program = start(["watch", ...FIXTURE, "-i", "200ms", "--verbose"], {
    prefix: ["/bin/bash", "-c", 'exec "$@" > /dev/full', "bash"],
  });
  const isFull = (line: string) => /no space left/i.test(line);
  await program.line(isFull, "that the disk is full", "stderr");
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals(code, EXIT.io, stderr);
  assertEquals(linesOf(stderr).filter(isFull).length, 1, stderr);
  const { emitted, dropped } = accountOf(stderr);
  assert(emitted === 0 && dropped > 0);
});
