/** `convert` writes logs anew: in another format, in several places, and nothing that is not in them. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  recordWithAddresses,
  withoutEmptyObjects,
} from "../../collectors/files/connscribe_test_tools.ts";
import type { Connection } from "../../lib/connection.ts";
import { EXIT } from "../../lib/exit.ts";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { SAMPLES, TIME } from "../../lib/formats/test_records.ts";
import { hostileReport, SAMPLE_REPORTS } from "../../lib/formats/test_reports.ts";
import { ROOT, run, start, TempDir } from "../program.ts";

const LOGS = `${ROOT}fixtures/logs`;
const NDJSON = createNdjsonFormat({ communityIdSeed: 0 });

/** Converts, and asserts that nothing is said on stderr. */
async function convert(args: readonly string[], cwd?: string): Promise<string> {
  const result = await run(["convert", ...args], cwd === undefined ? {} : { cwd });
  assertEquals({ ...result, stdout: "" }, { code: EXIT.ok, signal: null, stdout: "", stderr: "" });
  return result.stdout;
}

/** Of what is known of a remote end where there is none, only a sum is written. */
function sensible({ bytesIn, packetsIn, nat, ...record }: Connection): Connection {
  const { remote = record.event === "summary" ? {} : undefined } = record;
  if (remote === undefined) return record;
  return {
    ...record,
    remote,
    ...(bytesIn !== undefined && { bytesIn }),
    ...(packetsIn !== undefined && { packetsIn }),
    ...(nat !== undefined && { nat }),
  };
}

/** A record a second, each with another id. */
function recordLines(count: number, begin = 0): string[] {
  const kinds = Object.values(SAMPLES);
  return Array.from({ length: count }, (_, i) => {
    const record = kinds[i % kinds.length]!;
    return NDJSON.line({ ...record, id: `c-${begin + i}`, time: TIME + (begin + i) * 1_000_000 });
  });
}

function reportLines(): string[] {
  return Object.values(SAMPLE_REPORTS).map((report) => NDJSON.report?.(report) ?? "");
}

Deno.test("convert writes ndjson again byte for byte, hostile records and reports in their order", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  const any = fc.oneof(
    {
      arbitrary: recordWithAddresses.map((record) =>
        NDJSON.line(sensible(withoutEmptyObjects(record)))
      ),
      weight: 5,
    },
    { arbitrary: hostileReport.map((report) => NDJSON.report?.(report) ?? ""), weight: 1 },
  );
  const lines = [
    ...recordLines(20),
    ...fc.sample(any, 1000),
    ...reportLines(),
    ...recordLines(9000),
  ];
  await Deno.writeTextFile(log, lines.join(""));
  const converted = await convert([log]);
  assertEquals(converted.split("\n").length - 1, lines.length);
  for (const [i, line] of converted.split(/(?<=\n)/).entries()) assertEquals(line, lines[i]);
});

Deno.test("convert says of any log what query says, in any format", async () => {
  for (const name of ["zeek", "zeek_json", "zeek_rotated", "connspy", "lognet.connections"]) {
    const log = `${LOGS}/${name}.log`;
    for (const format of ["ndjson", "csv", "text"]) {
      const asked = await run(["query", "--format", format, log]);
      const { code, stdout } = await run(["convert", "--format", format, log]);
      assertEquals([code, stdout], [EXIT.ok, asked.stdout], `${name} as ${format}`);
      assert(stdout.length > 100);
    }
  }
});

Deno.test("convert leaves absent what a log does not tell, and gives a record its id again", async () => {
  await using directory = new TempDir();
  const zeek = `${LOGS}/zeek.log`;
  const first = await convert([zeek]);
  const copy = `${directory.path}/renamed.log.gz`;
  await Deno.writeFile(copy, new Uint8Array(gzipSync(await Deno.readFile(zeek))));
  assertEquals(await convert([copy]), first);
  for (const line of first.trimEnd().split("\n")) {
    const object = JSON.parse(line);
    for (const name of ["host", "process", "user"]) assertEquals(object[name], undefined, line);
  }
  const own = `${directory.path}/own.ndjson`;
  await Deno.writeTextFile(own, first);
  assertEquals(await convert([own]), first);
});

Deno.test("convert reads compressed and rotated logs in the order of time, and standard input", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const lines = recordLines(60);
  const part = (begin: number) => lines.slice(begin, begin + 20).join("");
  await Deno.writeTextFile(`${path}/log`, part(40));
  await Deno.writeFile(`${path}/log.1`, new Uint8Array(zstdCompressSync(part(20))));
  await Deno.writeFile(`${path}/log.2.gz`, new Uint8Array(gzipSync(part(0))));
  const whole = lines.join("");
  for (const operands of [["log*"], ["log", "log.1", "log.2.gz"], ["log.2.gz", "log*"]]) {
    assertEquals(await convert([...operands], path), whole);
  }
  await using program = start(["convert"], { stdin: true });
  await program.write(lines[0] ?? "");
  await program.line((line) => `${line}\n` === lines[0], "what is there is written at once");
  await program.write(lines.slice(1).join(""));
  await program.closeInput();
  const { code, stdout } = await program.ended();
  assertEquals([code, stdout], [EXIT.ok, whole]);
  for (const input of ["-", "/dev/stdin", "/dev/fd/0"]) {
    const { code, stdout, stderr } = await run(["convert", input], {
      prefix: ["/bin/bash", "-c", `exec "$@" < ${path}/log`, "bash"],
    });
    assertEquals([code, stdout, stderr], [EXIT.ok, part(40), ""], input);
  }
});

Deno.test("convert writes what the filters and the range of time leave to several places", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const lines = recordLines(100);
  await Deno.writeTextFile(`${path}/log`, lines.join(""));
  const filters = ["--protocol", "tcp", "--no-listen", "--since", "2026-11-21T02:02:00Z"];
  const range = [...filters, "--until", "2026-11-21T02:03:00Z"];
  const outs = ["-o", "a.ndjson", "-o", "csv:b.csv", "-o", "segments/", "-f", "ndjson"];
  const { code, stdout, stderr } = await run(
    ["convert", ...range, ...outs, "-v", "log"],
    { cwd: path },
  );
  assertEquals([code, stdout], [EXIT.ok, ""], stderr);
  const wanted = await run(["query", "--format", "ndjson", ...range, "log"], {
    cwd: path,
  });
  const count = wanted.stdout.split("\n").length - 1;
  assert(count > 20 && count < 60, String(count));
  assertEquals(await Deno.readTextFile(`${path}/a.ndjson`), wanted.stdout);
  assertEquals((await Deno.readTextFile(`${path}/b.csv`)).split("\r\n").length - 2, count);
  const names = (await Array.fromAsync(Deno.readDir(`${path}/segments`))).map(({ name }) => name);
  const [segment = ""] = names.filter((name) => name.endsWith(".ndjson"));
  const [head = "", ...rest] = (await Deno.readTextFile(`${path}/segments/${segment}`)).split(
    /(?<=\n)/,
  );
  assertStringIncludes(head, "connscribe.segment");
  assertEquals(rest.join(""), wanted.stdout);
  const [, read = "", emitted = "", filtered = ""] =
    /read (\d+), emitted (\d+), filtered (\d+), dropped 0\n/.exec(stderr) ?? [];
  assertEquals(Number(emitted), count);
  assertEquals(Number(read), Number(emitted) + Number(filtered), stderr);
});

Deno.test("convert takes reports along where the format has such lines, and none if told so", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  const records = recordLines(30);
  const reports = reportLines();
  const whole = [...records.slice(0, 10), ...reports, ...records.slice(10)].join("");
  await Deno.writeTextFile(log, whole);
  assertEquals(await convert([log]), whole);
  assertEquals(await convert(["--no-reports", log]), records.join(""));
  const text = (await convert(["-f", "text", "--protocol", "icmp", log])).split("\n");
  assert(text.length > reports.length, text.join("\n"));
  assertEquals((await convert(["-f", "csv", log])).split("\r\n").length, records.length + 2);
  const late = await convert([
    "--since",
    "2026-11-21T02:01:50Z",
    "--lateness",
    "1d",
    log,
  ]);
  assertEquals(late, records.slice(10).join(""));
  const many = Array.from({ length: 1000 }, () => reports.join("")).join("");
  await Deno.writeTextFile(log, many);
  assertEquals(await convert([log]), many);
  const broken = reports.map((line) => line.replace(/"id":"[^"]*"/, '"id":7'));
  await Deno.writeTextFile(log, [...records, ...broken].join(""));
  const { code, stdout, stderr } = await run(["convert", log]);
  assertEquals([code, stdout], [EXIT.ok, records.join("")]);
  assertStringIncludes(stderr, `read ${30 + broken.length}, emitted 30`);
  assertStringIncludes(stderr, `malformed ${broken.length}`);
});

Deno.test("convert counts and shows what is malformed, and writes the rest", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  const [first = "", ...rest] = recordLines(10);
  await Deno.writeTextFile(log, [first, "no \x1b record\n", ...rest, '{"@timestamp":'].join(""));
  const { code, stdout, stderr } = await run(["convert", "--errors", log]);
  assertEquals([code, stdout], [EXIT.ok, [first, ...rest].join("")]);
  assertStringIncludes(stderr, `at byte ${new TextEncoder().encode(first).length} is malformed`);
  assertStringIncludes(stderr, '"no \\u001b record"');
  assertStringIncludes(stderr, "read 12, emitted 10, filtered 0, dropped 2 (malformed 2)");
  const silent = await run(["convert", log]);
  assertEquals([silent.code, silent.stderr.split("\n").length - 1], [EXIT.ok, 1], silent.stderr);
});

Deno.test("convert says how many records the format cannot tell", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  const summary = NDJSON.line(SAMPLES["summary"]!);
  await Deno.writeTextFile(log, [...recordLines(1), summary, summary].join(""));
  const { code, stderr } = await run(["convert", "-f", "lognet", log]);
  assertEquals(code, EXIT.ok);
  assertStringIncludes(stderr, "2 records cannot be told in the format of standard output");
});

Deno.test("convert makes no lines of Zeek of records that have only names", async () => {
  for (const format of ["zeek", "zeek-json"]) {
    const { code, stdout, stderr } = await run(["convert", "-f", format, `${LOGS}/connspy.log`]);
    assertEquals([code, stdout.replaceAll(/^#.*\n/gm, "")], [EXIT.ok, ""]);
    assertStringIncludes(stderr, "6 records cannot be told in the format of standard output");
  }
});

Deno.test("convert keeps the Community IDs of a log, unless a seed is asked for", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, NDJSON.line(SAMPLES["open"]!));
  const idOf = (text: string) => /"community_id":"([^"]+)"/.exec(text)?.[1];
  const asked = async (command: string, seed: string) => {
    const args = [command, "-f", "ndjson", "--community-id", seed, log];
    return idOf((await run(args)).stdout);
  };
  const told = idOf(await convert([log]));
  const other = idOf(createNdjsonFormat({ communityIdSeed: 1 }).line(SAMPLES["open"]!));
  assert(told !== undefined && other !== undefined && told !== other);
  for (const command of ["convert", "query"]) {
    assertEquals(await asked(command, "0"), told);
    assertEquals(await asked(command, "1"), other, command);
    assertEquals(await asked(command, "none"), undefined);
  }
  // Of a log with another seed, it stays.
  await Deno.writeTextFile(log, createNdjsonFormat({ communityIdSeed: 1 }).line(SAMPLES["open"]!));
  assertEquals(idOf(await convert([log])), other);
});

Deno.test("convert refuses options that nothing of it is about", async () => {
  const cases: [string[], string][] = [
    [["--rotate", "size=1M"], "--rotate"],
    [["--max-age", "1d"], "--max-age"],
    [["--sync", "none"], "--sync"],
    [["--syslog-queue", "1M", "-o", "/dev/null"], "--syslog-queue"],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await run(["convert", ...args, `${LOGS}/zeek.log`]);
    assertEquals([code, stdout], [EXIT.usage, ""], stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("convert keeps all segments, however large they are together, unless told so", async () => {
  await using directory = new TempDir();
  const { path: cwd } = directory;
  await Deno.writeTextFile(`${cwd}/log`, recordLines(3).join(""));
  await convert(["-o", "segments/", "log"], cwd);
  const entries = await Array.fromAsync(Deno.readDir(`${cwd}/segments`));
  const [name = ""] = entries.map(({ name }) => name).filter((name) => name.endsWith(".ndjson"));
  // Older, and with a hole that takes no room.
  const old = `${cwd}/segments/${name.replace(/-\d+T\d+Z-/, "-20200101T000000Z-")}`;
  assert(!old.endsWith(name));
  await Deno.writeTextFile(old, "");
  await Deno.truncate(old, 3 * 2 ** 30);
  await convert(["-o", "segments/", "log"], cwd);
  assertEquals((await Deno.stat(old)).size, 3 * 2 ** 30);
  await convert(["-o", "segments/", "--max-total", "1G", "log"], cwd);
  await assertRejects(() => Deno.stat(old), Deno.errors.NotFound);
});

Deno.test("convert begins a chain of its own", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const lines = recordLines(50);
  await Deno.writeTextFile(`${path}/log`, lines.join(""));
  const key = crypto.getRandomValues(new Uint8Array(32)).toBase64();
  await Deno.writeTextFile(`${path}/key`, `${key}\n`, { mode: 0o600 });
  await convert(["--chain", "key", "-o", "chained", "log"], path);
  const verified = await run(["verify", "--key", "key", "chained"], { cwd: path });
  assertEquals([verified.code, verified.stdout], [0, "whole: records 1 to 50 in 1 file\n"]);
  assertEquals(await convert(["chained"], path), lines.join(""));
});

Deno.test("convert ends with what sysexits.h has for logs that it cannot read", async () => {
  await using directory = new TempDir();
  const { path: cwd } = directory;
  const lines = recordLines(3).join("");
  await Deno.writeTextFile(`${cwd}/log`, lines);
  await Deno.writeTextFile(`${cwd}/rubbish`, "This is\nno log.\nReally not.\n");
  await Deno.mkdir(`${cwd}/directory`);
  await Deno.writeFile(`${cwd}/torn.gz`, gzipSync(recordLines(2000).join("")).subarray(0, 3000));
  const cases: [string[], number, string][] = [
    [["nothing"], EXIT.unavailable, ""],
    [["rubbish"], EXIT.data, ""],
    [["directory"], EXIT.unavailable, ""],
    [["log", "nothing"], EXIT.io, lines],
    [["log", "directory"], EXIT.io, lines],
    [["--since", "2026-11-22", "--until", "2026-11-21", "log"], EXIT.usage, ""],
    [["--log-format", "zeek", "rubbish"], EXIT.ok, ""],
  ];
  for (const [args, status, wanted] of cases) {
    const { code, stdout, stderr } = await run(["convert", ...args], { cwd });
    assertEquals([code, stdout], [status, wanted], `${args.join(" ")}: ${stderr}`);
    assert(!stderr.includes("    at "), stderr);
  }
  const torn = await run(["convert", "torn.gz"], { cwd });
  assertEquals(torn.code, EXIT.io);
  assertStringIncludes(torn.stderr, "torn.gz");
});

Deno.test("convert does not write where it reads, however that is spelled", async () => {
  await using directory = new TempDir();
  const { path: cwd } = directory;
  const log = recordLines(10).join("");
  await Deno.writeTextFile(`${cwd}/log`, log);
  await Deno.writeTextFile(`${cwd}/log.1`, log);
  await Deno.symlink(`${cwd}/log`, `${cwd}/link`);
  await convert(["-o", "segments/", "log"], cwd);
  const calls = [
    ["-o", "log", "log"],
    ["-o", "log", "link"],
    ["-o", "csv:./log", "l*"],
    ["-o", "other", "-o", "link", "log"],
    ["-o", "log", "--rotate", "size=1M", "log.1"],
    ["-o", "segments/", "segments/*.ndjson"],
  ];
  for (const args of calls) {
    const { code, stderr } = await run(["convert", ...args], { cwd });
    assertEquals(code, EXIT.usage, `${args.join(" ")}: ${stderr}`);
    assertStringIncludes(stderr, "is also the output");
  }
  const shell = ["/bin/bash", "-c", 'exec "$@" >> log', "bash"];
  assertEquals((await run(["convert", "log"], { cwd, prefix: shell })).code, EXIT.usage);
  assertEquals(await Deno.readTextFile(`${cwd}/log`), log);
  assertEquals(await convert(["-o", "log.2", "log.1"], cwd), "");
  assertEquals(await Deno.readTextFile(`${cwd}/log.2`), log);
});

Deno.test("convert that is cut short says so by its status, and ends well when nobody reads on", async () => {
  await using directory = new TempDir();
  const log = `${directory.path}/log`;
  await Deno.writeTextFile(log, recordLines(3000).join(""));
  await using program = start(["convert", "-"], { stdin: true });
  await program.write(recordLines(1).join(""));
  await program.line(() => true, "the first record");
  program.signal("SIGTERM");
  assertEquals((await program.ended()).code, EXIT.temporary);
  const piped = await run(["convert", log], {
    prefix: ["/bin/bash", "-c", '"$@" | head -n 1; exit "${PIPESTATUS[0]}"', "bash"],
  });
  assertEquals([piped.code, piped.stdout.split("\n").length - 1], [EXIT.ok, 1], piped.stderr);
});
