/** `query`, `hourly` and `export --input` of what nobody would call a log. */
import { assert, assertEquals } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { EXIT } from "../../lib/exit.ts";
import { binary, run, runOther, start, TempDir } from "../program.ts";

/** Status where a log cannot be read. */
const TROUBLE = 2;

const LINE = "1565647204351 mia zyla\n";

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

/** A log with a line that does not end for very long. */
function longLined(bytes: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${LINE}1565647204352 mia ${"x".repeat(bytes)}\n${LINE}`);
}

Deno.test("query, hourly and export pass over a line without end, also in what was compressed a thousandfold", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const log = longLined(30_000_000);
  await Deno.writeFile(`${path}/a`, log);
  await Deno.writeFile(`${path}/a.gz`, new Uint8Array(gzipSync(log, { level: 1 })));
  await Deno.writeFile(`${path}/a.zst`, new Uint8Array(zstdCompressSync(log)));
  for (const name of ["a", "a.gz", "a.zst"]) {
    const { code, stdout, stderr } = await run(["query", "--count", name], { cwd: path });
    assertEquals([code, stdout], [0, "2\n"], stderr);
    assert(stderr.includes("0 lines malformed, 1 too long"), stderr);
  }
  const hours = await run(["hourly", "a.gz"], { cwd: path });
  assertEquals([hours.code, hours.stdout], [0, "1565647200.0\tMOST\tmia\n"]);
  const sums = await run(["export", "--input", "a.zst"], { cwd: path });
  assertEquals([sums.code, linesOf(sums.stdout).length], [EXIT.ok, 1], sums.stderr);
  assert(sums.stdout.includes("COUNT: 2"), sums.stdout);
  assert(sums.stderr.includes("dropped 1 (oversize 1)"), sums.stderr);
});

Deno.test("query and export say of zeros that they are no text", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const zeros = new Uint8Array(1_000_000);
  await Deno.writeFile(`${path}/zeros`, zeros);
  await Deno.writeFile(`${path}/zeros.gz`, new Uint8Array(gzipSync(zeros)));
  for (const name of ["zeros", "zeros.gz", "/dev/zero", "/dev/full"]) {
    const problem = `cannot read ${JSON.stringify(name)}: it is no text`;
    const counted = await run(["query", "--count", name], { cwd: path });
    assertEquals([counted.code, counted.stdout], [TROUBLE, "0\n"]);
    assertEquals(linesOf(counted.stderr).length, 1);
    assert(counted.stderr.includes(problem), counted.stderr);
  }
  const sums = await run(["export", "--input", "zeros.gz"], { cwd: path });
  assertEquals([sums.code, sums.stdout], [EXIT.unavailable, ""]);
  assertEquals(linesOf(sums.stderr).length, 1, sums.stderr);
});

Deno.test("query says in a line each what is no file, whatever its name is", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.symlink("loop", `${path}/loop`);
  await Deno.symlink("nowhere", `${path}/dangling`);
  await Deno.writeTextFile(`${path}/log`, LINE);
  await Deno.writeTextFile(`${path}/empty`, "");
  const odd = "new\nline\x1b[31m\u202e";
  await Deno.writeTextFile(`${path}/${odd}`, "What is this?\n");
  using _socket = Deno.listen({ transport: "unix", path: `${path}/socket` });
  const names = ["loop", "dangling", "log", "empty", "socket", odd];
  const { code, stdout, stderr } = await run(["query", "--count", ...names], { cwd: path });
  assertEquals([code, stdout], [TROUBLE, "1\n"]);
  const lines = linesOf(stderr);
  for (
    const wanted of [
      'cannot read "loop": Too many levels of symbolic links (os error 40)',
      'cannot read "dangling": there is no such file',
      'cannot read "socket": it is a socket',
    ]
  ) assert(lines.some((line) => line.endsWith(wanted)), wanted + stderr);
  assertEquals(lines.length, 4, stderr);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f\u202e]/.test(stderr), JSON.stringify(stderr));
});

Deno.test("query and export pass over pipes, sockets and devices that only a pattern names", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/log`, LINE);
  using _socket = Deno.listen({ transport: "unix", path: `${path}/socket` });
  const pipes = Array.from({ length: 1000 }, (_, i) => `${path}/pipe${i}`);
  await runOther(["mkfifo", ...pipes]);
  const { code, stdout, stderr } = await run(["query", "--count", `${path}/*`]);
  assertEquals([code, stdout, stderr], [0, "1\n", ""]);
  const sums = await run(["export", "--input", `${path}/*`]);
  assertEquals([sums.code, linesOf(sums.stdout).length, sums.stderr], [EXIT.ok, 1, ""]);
  const none = await run(["query", "--count", `${path}/pipe*`]);
  assertEquals([none.code, none.stdout], [TROUBLE, "0\n"]);
  assertEquals(
    none.stderr,
    `connscribe: error: cannot read "${path}/pipe*": no file has such a name\n`,
  );
});

Deno.test("query says that a name of a pattern is not UTF-8", async () => {
  // Runtimes before 2.9, which the binary may be built on, leave such names out of a directory.
  if (binary() !== undefined) return;
  await using directory = new TempDir();
  const { path } = directory;
  await runOther(["sh", "-c", `printf '%s' '${LINE}' >"$(printf '${path}/a\\377')"`]);
  await Deno.writeTextFile(`${path}/b`, LINE);
  const { code, stdout, stderr } = await run(["query", "--count", `${path}/*`]);
  assertEquals([code, stdout], [TROUBLE, "1\n"]);
  assertEquals(stderr, `connscribe: error: cannot read "${path}/a\ufffd": its name is not UTF-8\n`);
});

Deno.test("export ends on SIGINT while nobody writes to its input, and in a line without end", async () => {
  await using directory = new TempDir();
  const pipe = `${directory.path}/pipe`;
  await runOther(["mkfifo", pipe]);
  const format = ["--log-format", "connspy"];
  for (
    const args of [
      ["export", "--input", pipe, ...format],
      ["export", "--input", "/dev/zero", ...format],
      ["query", "--count", pipe],
      ["hourly", "/dev/zero", ...format],
    ]
  ) {
    await using program = start(args);
    // It has nothing to say before.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    program.signal("SIGINT");
    const { stdout } = await program.ended();
    assertEquals(stdout, "", args.join(" "));
  }
});
