/** `query` answers from logs: who connected to whom, and when. */
import { assert, assertEquals } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ROOT, run, start, TempDir } from "../program.ts";

/** Statuses of grep(1). */
const FOUND = 0;
const NOT_FOUND = 1;

/** Lines of a log of connspy: a line a second from the host of that number, in a circle. */
function connspyLog(lines: number, begin = 0, hosts = 10): string {
  let text = "";
  for (let i = begin; i < begin + lines; i++) {
    text += `${1_565_647_204_351 + 1000 * i} host${i % hosts} ${i % 2 ? "zyla" : "mia"}\n`;
  }
  return text;
}

/** Asks, and asserts that nothing is said on stderr. */
async function ask(args: readonly string[], status = FOUND, cwd?: string): Promise<string> {
  const result = await run(["query", ...args], cwd === undefined ? {} : { cwd });
  assertEquals({ ...result, stdout: "" }, { code: status, signal: null, stdout: "", stderr: "" });
  return result.stdout;
}

Deno.test("query takes the call of connspy, and lists who connected, first seen first", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(
    log,
    [
      "1565647264444 early zyla",
      "1565647264445 Bob zyla",
      "1565647264447 eve mia",
      "1565647264446 ann Zyla",
      "1565650000 bob ZYLA.example",
      "1565733587894 bob zyla",
      "1565733587895 late zyla",
      "",
    ].join("\n"),
  );
  const call = ["--time_init", "1565647264445", "--time_end", "1565733587895", "--to=zyla", log];
  assertEquals(await ask([...call, "--unique"]), "bob\nann\n");
  assertEquals(await ask([...call, "--unique", "--nofastseek"]), "bob\nann\n");
  assertEquals(await ask([...call, "--unique", "--max_log_late_seconds", "300"]), "bob\nann\n");
  assertEquals(await ask([...call, "--count"]), "3\n");
  // Without --to, whoever connected.
  assertEquals(await ask([...call.slice(0, 4), log, "--unique"]), "bob\nann\neve\n");
  assertEquals(await ask(["--from", "bob", "--unique", log]), "zyla\nzyla.example\n");
  assertEquals(await ask(["--host", "mia", "--unique", log]), "eve\n");
  assertEquals(await ask(["--count", "--host", "ZYLA", log]), "5\n");
  assertEquals(await ask(["--top", "2", log]), "5\tzyla\n3\tbob\n");
  assertEquals(await ask(["--top", "1", "--by", "from", log]), "3\tbob\n");
});

Deno.test("query prints whole records, in every format", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(log, connspyLog(3));
  assertEquals((await ask([log])).split("\n").length, 4);
  const records = (await ask(["--format", "ndjson", log])).trimEnd().split("\n");
  assertEquals(records.map((line) => JSON.parse(line).source.domain), ["host0", "host1", "host2"]);
  assert((await ask(["--format", "csv", log])).startsWith("time,event_id,"));
  assertEquals((await ask(["--format", "csv", "--no-header", log])).split("\r\n").length, 4);
  // What it writes, it reads.
  const own = `${directory.path}/own`;
  for (const format of ["ndjson", "csv"]) {
    assertEquals(await ask(["--format", format, "--out", own + format, log]), "");
    assertEquals(await ask(["--format", format, "--out", own + format, log]), "");
    assertEquals(await ask(["--count", own + format]), "6\n");
    assertEquals(await ask(["--to", "zyla", "--unique", own + format]), "host1\n");
  }
  assertEquals(
    await ask(["--unique", "--format", "csv", log]),
    "name\r\nhost0\r\nhost1\r\nhost2\r\n",
  );
  assertEquals(
    await ask(["--top", "1", "--format", "ndjson", log]),
    '{"name":"mia","count":2}\n',
  );
});

Deno.test("query ends with 1 where there is nothing, also of nothing at all", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(log, connspyLog(3));
  await Deno.writeTextFile(`${directory.path}/empty`, "");
  assertEquals(await ask(["--to", "nobody", log], NOT_FOUND), "");
  assertEquals(await ask(["--to", "nobody", "--count", log], NOT_FOUND), "0\n");
  assertEquals(await ask(["--to", "nobody", "--unique", log], NOT_FOUND), "");
  assertEquals(await ask(["--since", "2030-01-01", log], NOT_FOUND), "");
  assertEquals(await ask(["--count", `${directory.path}/empty`], NOT_FOUND), "0\n");
  assertEquals(await ask(["--count"], NOT_FOUND), "0\n");
});

Deno.test("query reads compressed logs, also of several members", async () => {
  await using directory = new TempDir();
  const [one, two] = [connspyLog(50), connspyLog(50, 50)];
  const whole = {
    "a.gz": [gzipSync(one), gzipSync(two)],
    "b.zst": [zstdCompressSync(one), zstdCompressSync(two)],
    "c.log": [new TextEncoder().encode(one + two)],
  };
  for (const [name, parts] of Object.entries(whole)) {
    const path = `${directory.path}/${name}`;
    await Deno.writeFile(path, new Uint8Array(parts.flatMap((part) => [...part])));
    assertEquals(await ask(["--count", "--to", "zyla", path]), "50\n", name);
    assertEquals(await ask(["--count", "--since", "1565647250", path]), "54\n", name);
  }
  const all = Object.keys(whole).map((name) => `${directory.path}/${name}`);
  for (const threads of ["1", "3"]) {
    assertEquals(await ask(["--count", "--threads", threads, ...all]), "300\n");
  }
});

Deno.test("query takes patterns, and rotated logs in any order", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/hosts.log`, connspyLog(20, 40));
  await Deno.writeTextFile(`${path}/hosts.log.1`, connspyLog(20, 20));
  await Deno.writeFile(`${path}/hosts.log.2.gz`, new Uint8Array(gzipSync(connspyLog(20))));
  await Deno.writeTextFile(`${path}/other`, connspyLog(20));
  const names = ["hosts.log.1", "hosts.log", "hosts.log.2.gz"];
  const wanted = await ask(["--format", "ndjson", "--to", "zyla", ...names], FOUND, path);
  const times = wanted.trimEnd().split("\n").map((line) => JSON.parse(line)["@timestamp"]);
  assertEquals(times.length, 30);
  assertEquals(times, times.toSorted());
  for (const operands of [names.toReversed(), ["hosts*"], ["hosts*", ...names, "./hosts.log"]]) {
    const found = await ask(["--format", "ndjson", "--to", "zyla", ...operands], FOUND, path);
    assertEquals(found, wanted, operands.join(" "));
  }
  assertEquals(await ask(["--count", "hosts.log.[0-9]"], FOUND, path), "20\n");
});

Deno.test("query reads standard input, and says at once what it has found there", async () => {
  for (const args of [["query"], ["query", "-"]]) {
    await using program = start([...args, "--to", "zyla"], { stdin: true });
    await program.write("1565647204351 bob zyla\n1565647204352 eve mia\n");
    await program.line((line) => line.includes("bob"), "the first record");
    await program.write("1565647204353 ann zyla\n");
    await program.line((line) => line.includes("ann"), "the second record");
    await program.closeInput();
    const { code, stdout, stderr } = await program.ended();
    assertEquals({ code, lines: stdout.split("\n").length - 1, stderr }, {
      code: FOUND,
      lines: 2,
      stderr: "",
    });
  }
});

Deno.test("query reads a log as the format that it is told", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, "This is\nno log.\nReally not.\n1565647204351 bob zyla\n");
  const { code, stdout, stderr } = await run(["query", "--count", log]);
  assertEquals([code, stdout], [2, "0\n"]);
  assert(stderr.includes("cannot tell the format of ") && stderr.includes("--log-format"), stderr);
  const told = await run(["query", "--count", "--log-format", "connspy", log]);
  assertEquals([told.code, told.stdout], [FOUND, "1\n"]);
});

Deno.test("query gives the same with little memory and with many threads", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(log, connspyLog(20_000, 0, 3001));
  for (const args of [["--unique"], ["--top", "500"], ["--top", "5000", "--by", "from"]]) {
    const wanted = await ask([...args, log]);
    assert(wanted.split("\n").length > 500);
    assertEquals(await ask([...args, "--memory", "10K", log]), wanted);
    assertEquals(await ask([...args, "--memory", "10K", "--threads", "3", log, log]), wanted);
  }
  const records = await ask(["--format", "ndjson", log]);
  assertEquals(await ask(["--format", "ndjson", "--threads", "2", "--no-seek", log]), records);
});

Deno.test("query counts connections once, also those of a log that it has converted", async () => {
  await using directory = new TempDir();
  const zeek = `${ROOT}fixtures/logs/zeek.log`;
  const own = `${directory.path}/own.ndjson`;
  await ask(["--format", "ndjson", "--out", own, zeek]);
  for (const by of ["from", "to", "port"]) {
    const wanted = await ask(["--top", "50", "--by", by, zeek]);
    assert(wanted.length > 10);
    assertEquals(await ask(["--top", "50", "--by", by, own]), wanted);
  }
  const flow = "tcp 6 src=10.0.0.1 dst=192.0.2.7 sport=40000 dport=443";
  const reply = "src=192.0.2.7 dst=10.0.0.1 sport=443 dport=40000";
  const log = `${directory.path}/conntrack.log`;
  await Deno.writeTextFile(
    log,
    `[1565647204.351000]\t    [NEW] ${flow} [UNREPLIED] ${reply}\n` +
      `[1565647214.351000]\t[DESTROY] ${flow} ${reply} [ASSURED]\n`,
  );
  assertEquals(await ask(["--top", "1", "--by", "to", log]), "1\t192.0.2.7\n");
});

Deno.test("query reads a log that another program has opened", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(log, connspyLog(100));
  for (const path of ["/dev/stdin", "-", "/dev/fd/0", "/proc/self/fd/0"]) {
    const { code, stdout, stderr } = await run(["query", "--count", "--threads", "2", path], {
      prefix: ["/bin/bash", "-c", `exec "$@" < ${log}`, "bash"],
    });
    assertEquals([code, stdout, stderr], [FOUND, "100\n", ""], path);
  }
});

Deno.test("query reads what a log has, also while it grows", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/hosts.log`;
  await Deno.writeTextFile(log, connspyLog(1000));
  for (const more of [[], ["--threads", "2"]]) {
    const before = (await Deno.readTextFile(log)).split("\n").length - 1;
    await using program = start(["query", "--count", "--since", "1565647204", ...more, log]);
    let written = before;
    let isRunning = true;
    const ended = program.ended().finally(() => isRunning = false);
    while (isRunning && written < 200_000) {
      await Deno.writeTextFile(log, connspyLog(100, written), { append: true });
      written += 100;
    }
    const { code, stdout, stderr } = await ended;
    assertEquals([code, stderr], [FOUND, ""]);
    assert(Number(stdout) >= before && Number(stdout) <= written, `${stdout} of ${written}`);
  }
});
