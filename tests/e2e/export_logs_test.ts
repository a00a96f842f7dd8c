/** `export --input`: statistics of logs that connscribe and other programs have written. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { commandLine, ROOT, run, TempDir } from "../program.ts";

const LOGS = `${ROOT}/fixtures/logs`;

/** The summaries that `export` makes of logs. */
async function summaries(args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run(["export", ...args, "--format", "ndjson"]);
  assertEquals(code, EXIT.ok, stderr);
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

function counts(records: readonly Record<string, unknown>[]): number {
  let sum = 0;
  for (const { connscribe } of records) {
    const { count } = connscribe as { count?: number };
    sum += count ?? 0;
  }
  return sum;
}

/** A log of connspy, in order of time. */
function hostsLog(lines: number): string {
  const begin = 1565647200000;
  return Array.from(
    { length: lines },
    (_, i) => `${begin + i * 1000} Host${i % 7} host${(i * i) % 11}\n`,
  ).join("");
}

Deno.test("export sums up a log of connspy by its hosts", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(path, hostsLog(1000));
  const { code, stdout, stderr } = await run([
    ...["export", "--input", path, "--by", "name", "--sort", "count"],
  ]);
  assertEquals([code, stderr], [EXIT.ok, ""]);
  // The squares of all numbers leave six remainders of 11; each but 0 twice as often.
  const found = stdout.split("\n").slice(0, -1).map((line) =>
    / HOST: '(\w+)' .* COUNT: (\d+)$/.exec(line)?.slice(1)
  );
  assertEquals(found.length, 6);
  const expected = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const name = `host${(i * i) % 11}`;
    expected.set(name, (expected.get(name) ?? 0) + 1);
  }
  assertEquals(new Map(found.map((pair) => [pair?.[0] ?? "", Number(pair?.[1])])), expected);
});

Deno.test("export sums up logs of Zeek with their bytes, compressed or not, in any order", async () => {
  await using directory = new TempDir();
  const gzip = `${directory.path}/zeek.log.gz`;
  const stream = (await Deno.open(`${LOGS}/zeek.log`)).readable
    .pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(gzip, stream);
  const plain = await summaries(["--input", `${LOGS}/zeek.log`]);
  assert(plain.length > 0 && counts(plain) > 0);
  const withoutIds = (records: readonly Record<string, unknown>[]) =>
    records.map(({ source, destination, network }) => ({ source, destination, network }));
  assertEquals(withoutIds(await summaries(["--input", gzip])), withoutIds(plain));
  const both = [`${LOGS}/zeek.log`, `${LOGS}/zeek_json.log`];
  const [there, back] = [both, both.toReversed()].map((paths) =>
    summaries(paths.flatMap((path) => ["--input", path]))
  );
  assertEquals(withoutIds(await there ?? []), withoutIds(await back ?? []));
});

Deno.test("export sums up what export has written, and nothing is lost", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hosts.log`;
  const log = `${directory.path}/minutes.ndjson`;
  await Deno.writeTextFile(path, hostsLog(1000));
  const minutes = await summaries(["--input", path, "--window", "1m", "--by", "name"]);
  assertEquals(counts(minutes), 1000);
  await Deno.writeTextFile(log, minutes.map((record) => JSON.stringify(record) + "\n").join(""));
  for (const format of [[], ["--log-format", "connscribe-ndjson"]]) {
    const hours = await summaries(["--input", log, "--window", "1h", "--by", "name", ...format]);
    assertEquals(counts(hours), 1000);
    assert(hours.length < minutes.length);
  }
});

Deno.test("export --minutes takes the latest of a log, and --since-last each window once", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hosts.log`;
  const state = `${directory.path}/state`;
  const now = Date.now();
  // A line a second, also of what is still to come.
  const lines = Array.from({ length: 1200 }, (_, i) => `${now - (600 - i) * 1000} a b${i}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  const latest = await summaries(["--input", path, "--minutes", "5"]);
  const count = counts(latest);
  assert(count >= 299 && count <= 301, String(count));
  const first = await run(["export", "--input", path, "--since-last", state, "--window", "1m"]);
  const second = await run(["export", "--input", path, "--since-last", state, "--window", "1m"]);
  assertEquals([first.code, second.code, first.stderr, second.stderr], [0, 0, "", ""]);
});

Deno.test("export counts malformed lines of a log, and says in one line what it cannot read", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(path, hostsLog(50) + "no line\n");
  const { code, stderr } = await run(["export", "--input", path, "--by", "name"]);
  assertEquals(code, EXIT.ok);
  assertStringIncludes(stderr, "malformed 1");
  const missing = await run(["export", "--input", `${directory.path}/nothing`]);
  assert(missing.code !== EXIT.ok);
  assertEquals(missing.stderr.split("\n").length, 2, missing.stderr);
  const several = await run(["export", "--input", path, "--input", `${directory.path}/nothing`]);
  assertStringIncludes(several.stderr, "nothing");
  assert(several.stdout.includes("COUNT"));
});

Deno.test("export reads a log of another program from standard input where its format is named", async () => {
  const [program = "", ...args] = commandLine([
    ...["export", "--input", "-", "--log-format", "connspy", "--by", "name"],
  ]);
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(hostsLog(100)));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [EXIT.ok, ""]);
  assertEquals(new TextDecoder().decode(stdout).split("\n").length - 1, 6);
});

/** A log of connspy of the last ten minutes. */
function latestLog(name: string): string {
  const now = Date.now();
  return Array.from({ length: 600 }, (_, i) => `${now - (600 - i) * 1000} h ${name}\n`).join("");
}

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Ways in which a log cannot be read. */
const UNREADABLE: Readonly<Record<string, (path: string) => Promise<void>>> = {
  missing: () => Promise.resolve(),
  directory: (path) => Deno.mkdir(path),
  torn: async (path) => await Deno.writeFile(path, (await gzipped(latestLog("two"))).slice(0, -40)),
};

for (const [way, make] of Object.entries(UNREADABLE)) {
  Deno.test(`export does not go past a log that it cannot read: ${way}`, async () => {
    await using directory = new TempDir();
    const [one, two] = [`${directory.path}/l1.log`, `${directory.path}/l2.log`];
    await Deno.writeTextFile(one, latestLog("one"));
    await make(two);
    const words = ["export", "--input", one, "--input", two, "--by", "name", "--window", "1m"];
    const alone = await run(words);
    assertEquals(alone.code, EXIT.io, alone.stderr);
    assertStringIncludes(alone.stdout, "HOST: 'one'");
    assertStringIncludes(alone.stderr, "l2.log");
    const series = [...words, "--since-last", `${directory.path}/state`, "--settle", "0s"];
    const first = await run(series);
    assertEquals([first.code, first.stdout], [EXIT.temporary, ""]);
    assertStringIncludes(first.stderr, "l2.log");
    if (way === "directory") await Deno.remove(two);
    await Deno.writeTextFile(two, latestLog("two"));
    const second = await run(series);
    assertEquals([second.code, second.stderr], [EXIT.ok, ""]);
    for (const name of ["one", "two"]) assertStringIncludes(second.stdout, `HOST: '${name}'`);
  });
}

Deno.test("export --since-last writes nothing twice with --out where a log was torn", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/l.log`;
  const out = `${directory.path}/out`;
  const whole = latestLog("one");
  const words = ["export", "--input", path, "--by", "name", "--out", out];
  const series = [...words, "--since-last", `${directory.path}/state`, "--settle", "0s"];
  await Deno.writeFile(path, (await gzipped(whole)).slice(0, -40));
  assertEquals((await run([...series, "--window", "1m"])).code, EXIT.temporary);
  await Deno.writeTextFile(path, whole);
  assertEquals((await run([...series, "--window", "1m"])).code, EXIT.ok);
  const lines = (await Deno.readTextFile(out)).split("\n").slice(0, -1);
  assert(lines.length > 0 && new Set(lines).size === lines.length, lines.join("\n"));
});

Deno.test("export says which of the logs that a pattern names it cannot read", async () => {
  await using directory = new TempDir();
  await Deno.writeTextFile(`${directory.path}/l1.log`, hostsLog(10));
  await Deno.mkdir(`${directory.path}/l2.log`);
  const { code, stdout, stderr } = await run([
    ...["export", "--input", `${directory.path}/l*.log`, "--by", "process"],
  ]);
  assertEquals(code, EXIT.io, stderr);
  assertStringIncludes(stdout, "COUNT: 10");
  assertStringIncludes(stderr, "l2.log");
});

Deno.test("export --since-last waits for what Zeek writes late, unless --settle says how long", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/conn.log`;
  const now = Math.floor(Date.now() / 1000);
  const line = (ts: number) =>
    JSON.stringify({
      ...{ ts, uid: `C${ts}`, "id.orig_h": "192.0.2.1", "id.orig_p": 4000, proto: "tcp" },
      ...{ "id.resp_h": "192.0.2.2", "id.resp_p": 443, duration: 1.5, conn_state: "SF" },
    });
  const times = Array.from({ length: 720 }, (_, i) => now - 7200 + i * 10);
  await Deno.writeTextFile(path, times.map((ts) => `${line(ts)}\n`).join(""));
  /** How old the end of the window is that the first run sums up, seconds. */
  async function age(...more: string[]): Promise<number> {
    const state = await Deno.makeTempFile({ dir: directory.path });
    await Deno.remove(state);
    const records = await summaries([
      ...["--input", path, "--since-last", state, "--window", "1m", ...more],
    ]);
    assertEquals(counts(records), 6);
    const { event } = records[0] as { event: { end: string } };
    return (Date.now() - Date.parse(event.end)) / 1000;
  }
  for (const format of [[], ["--log-format", "zeek-json"]]) {
    const waited = await age(...format);
    assert(waited >= 3950 && waited < 4100, String(waited));
  }
  const given = await age("--settle", "90s");
  assert(given >= 80 && given < 240, String(given));
});

Deno.test("export names --log-format where standard input is not what Little Snitch prints", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(path, hostsLog(10));
  const shell = (script: string, ...args: string[]) =>
    new Deno.Command("sh", { args: ["-c", script, path, ...commandLine(args)] }).output();
  const guessed = await shell('"$@" < "$0"', "export", "--input", "-");
  assertEquals(guessed.code, EXIT.data);
  assertStringIncludes(new TextDecoder().decode(guessed.stderr), "--log-format");
  const script = 'mkfifo "$0".fifo && { cat "$0" > "$0".fifo & "$@"; }';
  const pipe = await shell(script, "export", "--input", `${path}.fifo`, "--by", "process");
  assertEquals([pipe.code, new TextDecoder().decode(pipe.stderr)], [EXIT.ok, ""]);
  assertStringIncludes(new TextDecoder().decode(pipe.stdout), "COUNT: 10");
});

Deno.test("export refuses to write over what it reads, however that is spelled", async () => {
  await using directory = new TempDir();
  const log = hostsLog(10);
  const path = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(path, log);
  await Deno.link(path, `${directory.path}/other`);
  const spellings = [`${directory.path}/./hosts.log`, `${directory.path}/h*.log`];
  for (const input of [...spellings, `${directory.path}/other`]) {
    for (const option of ["--out", "--log", "--since-last"]) {
      const { code, stderr } = await run(["export", "--input", input, option, path]);
      assertEquals(code, EXIT.usage, stderr);
      assertStringIncludes(stderr, option);
    }
  }
  assertEquals(await Deno.readTextFile(path), log);
});
