/** Files that records are written to: segments, rotation, reopening, several outputs at once, locks. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { eventually, ROOT, run, start, TempDir } from "../program.ts";

/** Looks at a host that does not change. */
const HOST = ["--procfs", `${ROOT}fixtures/proc`, "--from", "proc"];

async function names(directory: string): Promise<string[]> {
  const all: string[] = [];
  for await (const { name } of Deno.readDir(directory)) all.push(name);
  return all.sort();
}

async function lines(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(path);
  assert(text === "" || text.endsWith("\n"), path);
  return text.split("\n").slice(0, -1);
}

async function exists(path: string): Promise<true | undefined> {
  const { size } = await Deno.stat(path).catch(() => ({ size: 0 }));
  return size > 0 || undefined;
}

Deno.test("watch writes segments that begin with what is theirs alone, one after the other", async () => {
  await using directory = new TempDir();
  const out = `${directory.path}/log`;
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await run([
      "watch",
      ...HOST,
      "--for",
      "1s",
      "-f",
      "ndjson",
      "-o",
      `${out}/`,
    ]);
    assertEquals(code, EXIT.ok, stderr);
  }
  const [lock, ...segments] = await names(out);
  assertEquals([lock, segments.length], [".connscribe.lock", 2]);
  const firsts = await Promise.all(segments.map(async (name, i) => {
    assertMatch(name, /^connscribe-[\w.-]+-\d{8}T\d{6}Z-00000[12]\.ndjson$/);
    const { mode } = await Deno.stat(`${out}/${name}`);
    assertEquals((mode ?? 0) & 0o137, 0);
    const [first = ""] = await lines(`${out}/${name}`);
    const { connscribe: { segment } } = JSON.parse(first);
    assertEquals([segment.name, segment.sequence], [name, i + 1]);
    return { first, segment };
  }));
  assertEquals(firsts[1]?.segment.previous, segments[0]);
  assert(firsts[0]?.first.slice(0, 100) !== firsts[1]?.first.slice(0, 100));
});

Deno.test("watch cuts off the torn end of the last segment, and says so", async () => {
  await using directory = new TempDir();
  const args = ["watch", ...HOST, "--for", "300ms", "-f", "ndjson", "-o", `${directory.path}/`];
  await run(args);
  const [, name = ""] = await names(directory.path);
  const path = `${directory.path}/${name}`;
  const whole = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, '{"torn', { append: true });
  const { code, stderr } = await run(args);
  assertEquals(code, EXIT.ok);
  assertMatch(stderr, /ended in the middle of a line, as after a crash: 6 bytes were cut off/);
  assertEquals(await Deno.readTextFile(path), whole);
});

Deno.test("snapshot writes to several outputs at once, each in its format", async () => {
  await using directory = new TempDir();
  const path = (name: string) => `${directory.path}/${name}`;
  const { code, stdout, stderr } = await run([
    ...["snapshot", ...HOST, "--format", "text"],
    ...["--out", "-", "--out", `csv:${path("a.csv")}`, "--out", `ndjson:${path("b")}`],
  ]);
  assertEquals(code, EXIT.ok, stderr);
  const records = stdout.trimEnd().split("\n").length;
  assert(records > 1);
  assertEquals((await lines(path("a.csv"))).length, records + 1);
  for (const line of await lines(path("b"))) JSON.parse(line);
  assertEquals((await lines(path("b"))).length, records);
});

Deno.test("watch goes on in a file of the name when its own was moved, with and without SIGHUP", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/x`;
  const args = ["watch", ...HOST, "--stats", "1s", "-f", "ndjson", "-o", path];
  await using program = start(args);
  for (const [i, signal] of [undefined, "SIGHUP" as const].entries()) {
    await eventually(() => exists(path), "a file");
    await Deno.rename(path, `${path}.${i}`);
    if (signal !== undefined) program.signal(signal);
    await eventually(() => exists(path), "the file again");
  }
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals(code, EXIT.ok, stderr);
  assertMatch(stderr, /was moved or removed: it is opened anew/);
  const all =
    (await Promise.all(["x.0", "x.1", "x"].map((name) => lines(`${directory.path}/${name}`))))
      .flat().map((line) => JSON.parse(line));
  assertEquals(new Set(all.map(({ event }) => event.id)).size, all.length);
  const last = all.at(-1).connscribe.stats;
  const records = all.filter(({ event }) => event.dataset === "connscribe.connection").length;
  assertEquals([last.why, last.total.emitted], ["end", records]);
});

Deno.test("export rotates FILE as it grows, keeps so many and compresses all but the youngest", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/x`;
  const log = `${directory.path}/in.csv`;
  const header =
    "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";
  const rows = Array.from(
    { length: 3000 },
    (_, i) =>
      `2026-11-21T10:00:00Z,out,0,192.0.2.${i % 250},h${i}.example,6,${i + 1},1,0,5,6,/usr/bin/p,`,
  );
  await Deno.writeTextFile(log, [header, ...rows].join("\n") + "\n");
  const { code, stderr } = await run([
    ...["export", "--input", log, "--format", "ndjson", "--out", path],
    ...["--rotate", "size=200K,keep=4,compress=gzip"],
  ]);
  assertEquals(code, EXIT.ok, stderr);
  const files = await names(directory.path);
  assertEquals(files, ["in.csv", "x", "x.1", "x.2.gz", "x.3.gz", "x.4.gz"]);
  for (const name of ["x", "x.1"]) {
    assert((await Deno.stat(`${directory.path}/${name}`)).size <= 204_800);
    for (const line of await lines(`${directory.path}/${name}`)) JSON.parse(line);
  }
});

Deno.test("files are as small as they are to be, also together and with linked lines", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/in`;
  const now = Math.floor(Date.now() / 1000);
  const rows = Array.from({ length: 1000 }, (_, i) => `${now}000 here h${i}.example\n`);
  await Deno.writeTextFile(log, rows.join(""));
  const key = `${directory.path}/key`;
  await Deno.writeTextFile(key, "0123456789abcdef".repeat(4), { mode: 0o600 });
  for (const [out, more] of [["d/", []], ["c/", ["--chain", key]]] as const) {
    const path = `${directory.path}/${out}`;
    const { code, stderr } = await run([
      ...["convert", log, "--format", "ndjson", "--out", path, ...more],
      ...["--rotate", "size=8K", "--max-total", "60K"],
    ]);
    assertEquals(code, EXIT.ok, stderr);
    const logs = (await names(path)).filter((name) => name.endsWith(".ndjson"));
    const sizes = await Promise.all(logs.map(async (name) => (await Deno.stat(path + name)).size));
    assert(sizes.every((size) => size <= 8192), `${sizes}`);
    const total = sizes.reduce((sum, size) => sum + size);
    assert(total > 50_000 && total <= 61_440, `${total}`);
  }
});

Deno.test("two programs do not write to one file, or to segments of one directory", async () => {
  await using directory = new TempDir();
  for (const out of [`${directory.path}/x`, `${directory.path}/s/`]) {
    const args = ["watch", ...HOST, "-f", "ndjson", "-o", out];
    await using first = start(args);
    await eventually(async () => {
      if (!out.endsWith("/")) return await exists(out);
      return (await names(out).catch(() => [])).length > 1 || undefined;
    }, "the output of the first");
    const second = await run([...args, "--for", "1s"]);
    assertEquals(second.code, EXIT.temporary);
    assertMatch(second.stderr, /another process writes to ".*"/);
    first.signal("SIGTERM");
    assertEquals((await first.ended()).code, EXIT.ok);
  }
});

Deno.test("watch keeps what is to be free of the disk, and counts what it drops for that", async () => {
  await using directory = new TempDir();
  const { code, stderr } = await run([
    ...["watch", ...HOST, "--for", "300ms", "-o", `${directory.path}/x`, "--min-free", "1000T"],
  ]);
  assertEquals(code, EXIT.io);
  assertMatch(stderr, /there is less room on the disk than is to be left; records are lost/);
  assertEquals(await Deno.readTextFile(`${directory.path}/x`), "");
});

Deno.test("options of files that do not go together are refused", async () => {
  await using directory = new TempDir();
  const out = `${directory.path}/x`;
  const cases: [args: string[], message: RegExp][] = [
    [["-o", `${out}/`, "-f", "csv"], /use ndjson, or a FILE/],
    [["-o", out, "-o", out], /two options name the file/],
    [["-o", out, "--max-total", "1G"], /goes with "--rotate" or a directory only/],
    [["-o", out, "--rotate", "size=x"], /of "--rotate" is wrong: size: it is not a size/],
    [["-o", "ndjson:"], /of "--out" is wrong: no target stands behind/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await run(["watch", ...HOST, "--for", "100ms", ...args]);
    assertEquals(code, EXIT.usage);
    assertMatch(stderr, message);
  }
});
