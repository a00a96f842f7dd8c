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
  const lines = Array.from({ length: 600 }, (_, i) => `${now - (600 - i) * 1000} a b${i}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  const latest = await summaries(["--input", path, "--minutes", "5"]);
  const count = counts(latest);
  assert(count > 280 && count <= 300, String(count));
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
