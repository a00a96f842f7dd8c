/** What `--chain` writes, and what `verify` says of it when somebody has been there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { eventually, PYTHON, ROOT, run, runOther, sleep, start, TempDir } from "../program.ts";
import { pythonTest } from "../read_back.ts";

const WATCH = ["watch", "--procfs", `${ROOT}fixtures/proc`, "--from", "proc", "-f", "ndjson"];

const TRAFFIC_HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable\n";

/** A directory with a key. */
class Place extends TempDir {
  readonly key = `${this.path}/key`;
  readonly log = `${this.path}/log.ndjson`;

  constructor() {
    super();
    const key = crypto.getRandomValues(new Uint8Array(32)).toBase64();
    Deno.writeTextFileSync(this.key, `${key}\n`, { mode: 0o600 });
  }

  /** Runs `watch` until it has looked once. */
  async write(out = this.log, ...more: string[]): Promise<void> {
    const args = [...WATCH, "--out", out, "--chain", this.key, "--for", "1500ms", ...more];
    const { code, stderr } = await run(args);
    assertEquals(code, EXIT.ok, stderr);
  }

  /** What `verify` says of files, and its exit status. */
  async verify(...args: string[]): Promise<[code: number, stdout: string, stderr: string]> {
    const { code, stdout, stderr } = await run(["verify", "--key", this.key, ...args]);
    return [code, stdout.replaceAll(this.path, ""), stderr];
  }

  lines(): string[] {
    return Deno.readTextFileSync(this.log).split("\n").slice(0, -1);
  }

  /** Changes the log. */
  edit(change: (lines: string[]) => void): void {
    const lines = this.lines();
    change(lines);
    Deno.writeTextFileSync(this.log, lines.map((line) => `${line}\n`).join(""));
  }
}

Deno.test("verify finds what watch --chain wrote whole, over a restart", async () => {
  await using place = new Place();
  await place.write();
  const count = place.lines().length;
  await place.write();
  assertEquals(place.lines().length, 2 * count);
  const [code, stdout, stderr] = await place.verify(place.log);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, `whole: records 1 to ${2 * count} in 1 file\n`);
});

Deno.test("verify names the line that was changed, removed, moved, added or cut off", async () => {
  await using place = new Place();
  await place.write();
  const lines = place.lines();
  const cases: [change: (lines: string[]) => void, line: number, what: string][] = [
    [
      (all) => all[4] = (all[4] ?? "").replace("connscribe", "connscribf"),
      5,
      "record 5 was changed",
    ],
    [(all) => all.splice(4, 2), 5, "records 5 to 6 are missing before it"],
    [(all) => all.splice(4, 0, all.splice(6, 1)[0] ?? ""), 5, "records 5 to 6 are missing"],
    [(all) => all.splice(4, 0, all[1] ?? ""), 5, "record 2 stands here"],
    [(all) => all.splice(4, 0, '{"@timestamp":"2026-01-01T00:00:00Z"}'), 5, "not of the chain"],
    // Some readers take these for records, too.
    [(all) => all.splice(4, 0, '{"@timestamp":"2026-01-01T00:00:00Z"} '), 5, "not of the chain"],
    [(all) => all.splice(4, 0, '{"@timestamp":"2026-01-01T00:00:00Z"}\r'), 5, "not of the chain"],
    [(all) => all.splice(0, 2), 1, "records 1 to 2 are missing before it"],
    [(all) => all.splice(-2), lines.length - 2, "are missing at the end"],
  ];
  for (const [change, line, what] of cases) {
    place.edit((all) => all.splice(0, all.length, ...lines));
    place.edit(change);
    const [code, stdout] = await place.verify(place.log);
    assertEquals(code, 1, stdout);
    assert(stdout.startsWith(`/log.ndjson:${line}: `), stdout);
    assertStringIncludes(stdout, what);
  }
});

Deno.test("verify reads files that were renamed and compressed, in any order", async () => {
  await using place = new Place();
  await place.write();
  const old = await Deno.readFile(place.log);
  await Deno.remove(place.log);
  await place.write();
  await Deno.writeFile(
    `${place.log}.2.gz`,
    new Response(new Blob([old]).stream().pipeThrough(new CompressionStream("gzip"))).body ??
      new ReadableStream(),
  );
  const [code, stdout] = await place.verify(`${place.log}*`);
  assertEquals([code, stdout.includes("in 2 files")], [0, true], stdout);
  // The old one is missing.
  const [without, said] = await place.verify(place.log);
  assertEquals(without, 1);
  assertStringIncludes(said, "missing before it");
  assertEquals((await place.verify("--partial", "start", place.log))[0], 0);
  assertEquals((await place.verify("--partial", "end", `${place.log}.2.gz`))[0], 0);
});

Deno.test("verify finds that lines were cut off before a restart", async () => {
  await using place = new Place();
  await place.write();
  const count = place.lines().length;
  place.edit((lines) => lines.splice(-3));
  await place.write();
  const [code, stdout] = await place.verify(place.log);
  assertEquals(code, 1);
  const what = `records ${count - 2} to ${count} are missing before it`;
  assertEquals(stdout, `/log.ndjson:${count - 2}: ${what}\n`);
});

Deno.test("verify finds that the anchor was removed or changed, also after a restart", async () => {
  await using place = new Place();
  await place.write();
  const anchor = `${place.path}/.log.ndjson.chain`;
  const text = await Deno.readTextFile(anchor);
  await Deno.writeTextFile(anchor, text.replace(/"n":\d+/, '"n":1'));
  assertEquals((await place.verify(place.log))[0], 1);
  await Deno.remove(anchor);
  const [code, , stderr] = await place.verify(place.log);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "no anchor");
  await place.write();
  const [after, stdout] = await place.verify(place.log);
  assertEquals(after, 1);
  assertStringIncludes(stdout, "another chain begins here");
});

Deno.test("verify tells a run that was killed from one that was changed", async () => {
  await using place = new Place();
  const args = [...WATCH, "--out", place.log, "--chain", place.key];
  await using program = start(args);
  await eventually(
    async () => {
      const { size } = await Deno.stat(place.log).catch(() => ({ size: 0 }));
      return size > 1000 || undefined;
    },
    "nothing is written",
  );
  program.signal("SIGKILL");
  await program.ended();
  await Deno.writeTextFile(place.log, '{"@timestamp":"2026-', { append: true });
  const [code, , stderr] = await place.verify(place.log);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "as by a kill: 1 line");
  await place.write();
  assertEquals((await place.verify(place.log))[0], 0);
});

Deno.test("verify finds a segment that was removed or put back", async () => {
  await using place = new Place();
  const directory = `${place.path}/segments`;
  for (let i = 0; i < 3; i++) await place.write(`${directory}/`);
  const entries = await Array.fromAsync(Deno.readDir(directory));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".ndjson")).sort();
  assertEquals(names.length, 3);
  const [code, stdout] = await place.verify(directory);
  assertEquals([code, stdout.includes("in 3 files")], [0, true], stdout);
  const [first = "", second = "", third = ""] = names.map((name) => `${directory}/${name}`);
  const contents = await Deno.readFile(second);
  await Deno.remove(second);
  const [without, said] = await place.verify(directory);
  assertEquals(without, 1);
  assertStringIncludes(said, `${third.slice(place.path.length)}:1: `);
  await Deno.copyFile(first, second);
  assertEquals((await place.verify(directory))[0], 1);
  await Deno.writeFile(second, contents);
  assertEquals((await place.verify(directory))[0], 0);
  await Deno.remove(third);
  assertStringIncludes((await place.verify(directory))[1], "missing at the end");
});

Deno.test("verify says how many lines stand where nothing protects them", async () => {
  await using place = new Place();
  await place.write();
  place.edit((lines) => lines.unshift('{"@timestamp":"2026-01-01T00:00:00Z"}'));
  const [code, stdout] = await place.verify("--quiet", place.log);
  assertEquals(code, 0);
  assertStringIncludes(stdout, ", behind 1 line that nothing protects");
});

Deno.test("verify knows which segments were deleted for their size", async () => {
  await using place = new Place();
  const directory = `${place.path}/segments`;
  const segments = () =>
    [...Deno.readDirSync(directory)].map(({ name }) => name)
      .filter((name) => name.endsWith(".ndjson")).sort();
  for (let i = 0; i < 4; i++) await place.write(`${directory}/`, "--max-total", "1");
  assertEquals(segments().length, 2);
  const [code, stdout] = await place.verify(directory);
  assertEquals([code, stdout.startsWith("whole: records ")], [0, true], stdout);
  assertEquals(stdout.startsWith("whole: records 1 "), false);
  await Deno.remove(`${directory}/${segments()[0]}`);
  const [without, said] = await place.verify(directory);
  assertEquals([without, said.includes("missing before it")], [1, true], said);
  assertEquals((await place.verify("--partial", "start", directory))[0], 0);
});

Deno.test("verify finds an export --since-last whole, whenever it was killed", async () => {
  await using place = new Place();
  const log = `${place.path}/connections.ndjson`;
  const now = Math.floor(Date.now() / 1000);
  const rows = Array.from({ length: 600 }, (_, i) => {
    const date = new Date((now - 5 + i) * 1000).toISOString().replace(".000", "");
    return `${date},out,501,192.0.2.1,a.example,6,443,1,0,2,3,"/bin/a",\n`;
  });
  await Deno.writeTextFile(`${place.path}/traffic.csv`, TRAFFIC_HEADER + rows.join(""));
  const input = ["--input", `${place.path}/traffic.csv`, "--window", "1s", "--settle", "0s"];
  const state = ["--since-last", `${place.path}/state`, "--chain", place.key];
  const args = ["export", ...input, ...state, "--format", "ndjson", "--out", log];
  for (let i = 0; i < 12; i++) {
    await using program = start(args);
    await sleep(60 + (i * 37) % 260);
    program.signal("SIGKILL");
    await program.ended();
  }
  await sleep(1000);
  const { code, stderr } = await run(args);
  assertEquals(code, EXIT.ok, stderr);
  const [verified, stdout] = await place.verify(log);
  assertEquals(verified, 0, stdout);
});

Deno.test("--chain and verify refuse what cannot be", async () => {
  await using place = new Place();
  const chain = ["--chain", place.key];
  const watch = WATCH.slice(0, -2);
  const other = `${place.path}/other`;
  const cases: [args: string[], code: number, said: string][] = [
    [[...WATCH, ...chain], EXIT.usage, "needs a file"],
    [[...watch, ...chain, "-f", "csv", "--out", other], EXIT.usage, '--format ndjson" only'],
    [[...WATCH, "--chain", `${place.path}/none`, "--out", other], EXIT.config, "base64"],
    [["verify", "x"], EXIT.usage, "--key FILE"],
    [["verify", "--key", place.key, `${place.path}/none`], 2, "no such file"],
    [["verify", "--key", place.key, place.key], 2, "no line of a chain"],
    [["verify", "--key", place.key, place.path], 2, "no logs are in"],
  ];
  for (const [args, expected, said] of cases) {
    const { code, stderr } = await run(args);
    assertEquals(code, expected, stderr);
    assertStringIncludes(stderr, said);
  }
  await Deno.chmod(place.key, 0o644);
  const { code, stderr } = await run([...WATCH, ...chain, "--out", other]);
  assertEquals(code, EXIT.config);
  assertStringIncludes(stderr, "others may read");
});

/** As the README has it. */
const VERIFIER = `
import base64, hashlib, hmac, json, sys
key, last = base64.b64decode(open(sys.argv[1]).read()), None
for name in sys.argv[2:]:
    for number, line in enumerate(open(name, "rb"), 1):
        head, _, tail = line.rpartition(b',"mac":"')
        chain = json.loads(line)["chain"]
        previous = chain["prev"] if last is None else last
        mac = hmac.new(key, previous.encode() + head, hashlib.sha256).hexdigest()[:32]
        if tail != mac.encode() + b'"}}\\n' or chain.get("prev", previous) != previous:
            sys.exit(f"{name}:{number} is not what was written")
        last = mac
`;

pythonTest("ten lines of Python verify a chain, too", async () => {
  await using place = new Place();
  await place.write();
  await place.write();
  const verify = [PYTHON, "-c", VERIFIER, place.key, place.log];
  assertEquals(await runOther(verify), "");
  place.edit((lines) => lines.splice(7, 1));
  const broken = await runOther(["/bin/sh", "-c", '"$@" 2>&1; true', "sh", ...verify]);
  assertEquals(broken, `${place.log}:8 is not what was written\n`);
});
