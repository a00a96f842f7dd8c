/** Outputs that cannot be, or that somebody gets in the way of: what is said, and that nothing is lost. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { commandLine, eventually, ROOT, run, runOther, sleep, start, TempDir } from "../program.ts";

/** Looks at a host that does not change. */
const HOST = ["--procfs", `${ROOT}fixtures/proc`, "--from", "proc"];

/** A short look. */
const WATCH = ["watch", ...HOST, "--for", "500ms", "--format", "ndjson"];

async function names(directory: string): Promise<string[]> {
  const all: string[] = [];
  for await (const { name } of Deno.readDir(directory)) all.push(name);
  return all.sort();
}

async function assertRefused(
  args: readonly string[],
  code: number,
  message: RegExp,
  cwd: string,
): Promise<void> {
  const result = await run([...WATCH, ...args], { cwd });
  assertEquals([result.code, result.stdout], [code, ""], result.stderr);
  assertMatch(result.stderr, message);
}

Deno.test("watch refuses outputs that are the same, however they are spelled", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.mkdir(`${path}/d`);
  for (const args of [["x", "./x"], ["d", "d/"], ["csv:x", `ndjson:${path}/x`]]) {
    const [one = "", other = ""] = args;
    await assertRefused(["-o", one, "-o", other], EXIT.usage, /two options name the file/, path);
  }
  const twice = ["-o", "-", "-o", "ndjson:-"];
  await assertRefused(twice, EXIT.usage, /two options name standard output/, path);
});

Deno.test("watch refuses what would write elsewhere, or more, than it was asked to", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.symlink("x", `${path}/link`);
  await assertRefused(["-o", "json:-"], EXIT.usage, /"json" is none of the formats text, /, path);
  const link = ["-o", "link", "--rotate", "size=1M"];
  await assertRefused(link, EXIT.cannotCreate, /a symbolic link.*name the file itself, "x"/, path);
  const large = ["-o", "d/", "--rotate", "size=1M", "--max-total", "1M"];
  await assertRefused(large, EXIT.usage, /two files of the size of "--rotate" are 2097152/, path);
  assertEquals(await names(path), ["link"]);
});

Deno.test("watch compresses segments of a directory that a link leads to", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.mkdir(`${path}/real`);
  await Deno.symlink("real", `${path}/link`);
  const args = ["-o", `${path}/link/`, "--rotate", "size=4K,compress=gzip"];
  for (let i = 0; i < 3; i++) {
    const { code, stderr } = await run([...WATCH, ...args]);
    assertEquals([code, stderr], [EXIT.ok, ""]);
  }
  const found = await names(`${path}/real`);
  assert(found.some((name) => name.endsWith("-000001.ndjson.gz")), `${found}`);
});

Deno.test("watch ends at once while a large file is being compressed, which the next run does", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const old = `${path}/x.2`;
  // Without blocks on the disk, and the work of some minutes.
  const large = 2 ** 35;
  for (const name of ["x.1", "x.2"]) await Deno.writeTextFile(`${path}/${name}`, "");
  await Deno.truncate(old, large);
  const args = [...HOST, "-f", "ndjson", "-o", `${path}/x`, "--rotate", "size=64G,compress=gzip"];
  await using program = start(["watch", ...args]);
  const isBegun = async () => (await names(path)).includes("x.2.gz.tmp") || undefined;
  await eventually(isBegun, "the compression does not begin");
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals([code, stderr], [EXIT.ok, ""]);
  assertEquals((await Deno.stat(old)).size, large);
  assertEquals((await names(path)).includes("x.2.gz"), false);
  await Deno.writeTextFile(old, "old\n");
  await Deno.writeTextFile(`${old}.gz.tmp`, "half");
  const next = await run(["watch", ...args, "--for", "1ms"]);
  assertEquals([next.code, next.stderr], [EXIT.ok, ""]);
  assertEquals(await names(path), ["x", "x.1", "x.2.gz"]);
});

Deno.test("watch waits for the reader of a named pipe, and can be ended while it does", async () => {
  await using directory = new TempDir();
  const pipe = `${directory.path}/pipe`;
  await runOther(["mkfifo", pipe]);
  const args = ["watch", ...HOST, "--stats", "1s", "-f", "ndjson", "-o", pipe];
  await using waiting = start(args);
  const isWaiting = (line: string) => line.includes("waiting until somebody reads it");
  await waiting.line(isWaiting, "that it waits", "stderr");
  waiting.signal("SIGTERM");
  const { code, stderr } = await waiting.ended();
  assertEquals(code, EXIT.cannotCreate, stderr);
  assertMatch(stderr, /nobody has come to read it/);
  const short = await run([...WATCH, "-o", pipe]);
  assertEquals(short.code, EXIT.cannotCreate, short.stderr);
  await using program = start(args);
  await program.line(isWaiting, "that it waits", "stderr");
  const reader = await Deno.open(pipe);
  const some = await reader.read(new Uint8Array(1));
  reader.close();
  assertEquals(some, 1);
  assertEquals((await program.ended()).code, EXIT.ok);
});

Deno.test("watch stays in its file on SIGHUP when nobody has moved it", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/x`;
  await using program = start(["watch", ...HOST, "--stats", "1s", "-f", "ndjson", "-o", path]);
  const size = () => Deno.stat(path).then(({ size }) => size, () => 0);
  for (let i = 0; i < 3; i++) {
    const before = await size();
    await eventually(async () => await size() > before || undefined, "more of the file");
    program.signal("SIGHUP");
  }
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals([code, stderr], [EXIT.ok, ""]);
});

const HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";

/** Connections of every second. */
const RATE = 1500;

/** Connections of every second of this span. */
function traffic(from: number, to: number): string {
  const lines = [HEADER];
  for (let second = from; second < to; second++) {
    const date = new Date(second * 1000).toISOString().replace(".000", "");
    for (let i = 1; i <= RATE; i++) {
      lines.push(`${date},out,0,192.0.2.${i % 250},h,6,${i},1,0,5,6,/usr/bin/p,`);
    }
  }
  return lines.join("\n") + "\n";
}

/**
 * Runs a program that writes more to its standard output than it may before somebody reads, and kills it
 * there: in the middle of what it has to write.
 */
async function killWhileItWrites(args: readonly string[]): Promise<void> {
  const [program = "", ...rest] = commandLine(args);
  const child = new Deno.Command(program, { args: rest, stdout: "piped", stderr: "inherit" })
    .spawn();
  const reader = child.stdout.getReader();
  for (let size = 0; size < 50_000;) {
    const { value } = await reader.read();
    assert(value, "it has less to write");
    size += value.length;
  }
  child.kill("SIGKILL");
  assertEquals((await child.status).signal, "SIGKILL");
  await reader.cancel();
}

/** Ids of the records in files. */
async function recordIds(paths: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const path of paths) {
    const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
    const events = lines.map((line) => JSON.parse(line).event);
    ids.push(
      ...events.filter(({ dataset }) => dataset === "connscribe.connection").map(({ id }) => id),
    );
  }
  return ids;
}

Deno.test("export --since-last writes nothing twice to segments and rotated files when it is killed", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const now = Math.floor(Date.now() / 1000);
  await Deno.mkdir(`${path}/x`);
  await Deno.writeTextFile(`${path}/in.csv`, traffic(now - 2, now + 30));
  const args = [
    ...["export", "--input", `${path}/in.csv`, "--since-last", `${path}/state`],
    ...["--settle", "0s", "--window", "1s", "--by", "executable,ip,port", "--format", "ndjson"],
    ...["--out", `${path}/d/`, "--out", `${path}/x/x`, "--rotate", "size=16K"],
  ];
  assertEquals((await run(args)).code, EXIT.ok);
  await sleep(3000);
  for (let i = 0; i < 3; i++) await killWhileItWrites([...args, "--out", "-"]);
  assertEquals((await run(args)).code, EXIT.ok);
  for (const log of ["d", "x"]) {
    const files = (await names(`${path}/${log}`)).filter((name) => !name.endsWith(".lock"));
    const ids = await recordIds(files.map((name) => `${path}/${log}/${name}`));
    assertEquals(new Set(ids).size, ids.length, log);
    assert(ids.length % RATE === 0 && ids.length >= 4 * RATE, `${log}: ${ids.length}`);
  }
});
