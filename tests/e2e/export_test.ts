/** `export`: statistics of Little Snitch's traffic log, read from a file or standard input. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "@std/csv/parse";
import { generateHour, HOUR_KINDS, HOUR_ROWS } from "../../fixtures/littlesnitch/generate.ts";
import { EXIT } from "../../lib/exit.ts";
import { commandLine, ROOT, run, TempDir } from "../program.ts";

const HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";

const LINE =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \S+: APP: '([^']*)' DIRECTION: (IN|OUT) IP: (\S+) HOST: '([^']*)' PORT: (\d+|-) ACTION: (ALLOWED|DENIED) COUNT: (\d+)$/;

/** The hour as a file. */
async function hour(directory: TempDir): Promise<string> {
  const path = `${directory.path}/hour.csv`;
  await Deno.writeTextFile(path, generateHour());
  return path;
}

/** Columns of the lines that are printed. */
function columns(stdout: string): string[][] {
  return stdout.split("\n").slice(0, -1).map((line) => {
    const match = LINE.exec(line);
    assert(match !== null, line);
    return match.slice(1);
  });
}

/** Sums of the columns of a CSV whose first eleven fields are not quoted. */
function sums(csv: string): number[] {
  const rows = csv.split("\n").slice(1, -1).map((line) => line.split(",", 11));
  return [7, 8, 9, 10].map((at) => rows.reduce((sum, row) => sum + Number(row[at]), 0));
}

function total(rows: readonly string[][], action: string): number {
  return rows.filter((row) => row[5] === action).reduce((sum, row) => sum + Number(row[6]), 0);
}

Deno.test("export makes few hundred lines of an hour, and loses no connection", async () => {
  await using directory = new TempDir();
  const path = await hour(directory);
  const { code, stdout, stderr } = await run(["export", "--input", path, "--verbose"]);
  assertEquals(code, EXIT.ok, stderr);
  const rows = columns(stdout);
  assertEquals(rows.length, HOUR_KINDS);
  assert(rows.length <= 400);
  const [connected, denied] = sums(generateHour());
  assertEquals([total(rows, "ALLOWED"), total(rows, "DENIED")], [connected, denied]);
  assertStringIncludes(
    stderr,
    `read ${HOUR_ROWS}, emitted ${HOUR_KINDS}, folded ${HOUR_ROWS - HOUR_KINDS}`,
  );
});

Deno.test("export conserves bytes and connections in windows of any length, to the byte", async () => {
  await using directory = new TempDir();
  const path = await hour(directory);
  const [connected = 0, denied = 0, bytesIn, bytesOut] = sums(generateHour());
  for (const window of ["1m", "7m", "1h"]) {
    const args = ["export", "--input", path, "--window", window, "--format", "csv"];
    const { stdout } = await run(args);
    const [names = [], ...rows] = parse(stdout);
    const sum = (name: string) =>
      rows.reduce((all, row) => all + Number(row[names.indexOf(name)]), 0);
    assertEquals([sum("count"), sum("denied")], [connected + denied, denied], window);
    assertEquals([sum("bytes_in"), sum("bytes_out")], [bytesIn, bytesOut], window);
  }
});

Deno.test("export reads standard input, sorts, counts rows as its model did, and writes a log besides", async () => {
  await using directory = new TempDir();
  const path = await hour(directory);
  const log = `${directory.path}/log`;
  const words = ["export", "--input", "-", "--sort", "count", "--count", "rows", "--log", log];
  const [program = "", ...args] = commandLine(words);
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const output = child.output();
  await (await Deno.open(path)).readable.pipeTo(child.stdin);
  const { code, stdout } = await output;
  assertEquals(code, EXIT.ok);
  const text = new TextDecoder().decode(stdout);
  const counts = columns(text).map((row) => Number(row[6]));
  assertEquals(counts.reduce((sum, count) => sum + count, 0), HOUR_ROWS);
  const withoutStamps = (text: string) => text.replace(/^\S+ \S+ /gm, "");
  assertEquals(withoutStamps(await Deno.readTextFile(log)), withoutStamps(text));
});

Deno.test("export tells of ids in any output that has them, beside one that has none", async () => {
  await using directory = new TempDir();
  const path = await hour(directory);
  const beside = `${directory.path}/beside.ndjson`;
  const words = ["export", "--input", path];
  const alone = await run([...words, "--format", "ndjson"]);
  const stats = await run(words);
  const both = await run([...words, "--out", "-", "--out", `ndjson:${beside}`]);
  assertEquals(await Deno.readTextFile(beside), alone.stdout);
  assertEquals(columns(both.stdout), columns(stats.stdout));
  assertMatch(alone.stdout, /"event":\{"id":"[\w-]{12,}"/);
  assertMatch(alone.stdout, /"samples":\["[\w-]{12,}-/);
});

Deno.test("export keeps its columns whatever a program calls itself, and counts what is no row", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/hostile.csv`;
  const names = [
    "a'b",
    'q""q',
    "a;b,c",
    "line\nbreak",
    "\x1b[31mred",
    "\u202egnp.exe",
    "x".repeat(60_000),
    "' DIRECTION: IN IP: 1.2.3.4 HOST: 'x",
  ];
  const row = (name: string) =>
    `2021-01-02T10:02:00Z,out,501,192.0.2.1,,6,443,1,0,10,20,"/bin/${name}",`;
  const broken = ["torn,row", "", `${row("x")}too,many,columns`, row("bad").replace("443", "port")];
  await Deno.writeTextFile(path, [HEADER, ...names.map(row), ...broken, ""].join("\r\n"));
  const { code, stdout, stderr } = await run(["export", "--input", path]);
  assertEquals(code, EXIT.ok, stderr);
  assertEquals(columns(stdout).length, names.length);
  assertMatch(stderr, /^connscribe: warning: .*malformed 3/m);
});

Deno.test("export leaves out what is expected, says why of the rest, and explains what it has hidden", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/few.csv`;
  const row = (ip: string, name: string, port: number, app: string) =>
    `2021-01-02T10:02:00Z,out,501,${ip},${name},6,${port},1,0,10,20,"${app}",`;
  const safari = "/Applications/Safari.app/Contents/MacOS/Safari";
  const lines = [
    row("192.0.2.1", "www.example.com", 443, safari),
    row("10.0.0.5", "", 445, "/usr/sbin/smbd"),
    row("192.0.2.2", "evilapple.com", 443, "/usr/libexec/trustd"),
    row("192.0.2.3", "a.example.com", 443, "/tmp/Safari.app.evil/Safari"),
  ];
  await Deno.writeTextFile(path, [HEADER, ...lines, ""].join("\n"));
  const args = ["export", "--input", path, "--noteworthy", "--explain"];
  const { code, stdout, stderr } = await run(args);
  assertEquals(code, EXIT.ok, stderr);
  assertEquals(columns(stdout).map(([, , ip]) => ip), ["192.0.2.2", "192.0.2.3"]);
  assertMatch(stderr, /rule "browser".* hid 1 connection in 1 record, such as Safari/);
  assertMatch(stderr, /rule "private-network".* hid 1 connection in 1 record\b/);
  const rules = `${directory.path}/rules.toml`;
  const own = '[[rule]]\nname = "own"\nwhy = "Ours."\nexpect = true\nhost = "evilapple.com"\n';
  await Deno.writeTextFile(rules, own);
  const judged = await run(["export", "--input", path, "--noteworthy", "--rules", rules]);
  assertEquals(columns(judged.stdout).map(([, , ip]) => ip), ["192.0.2.3"]);
  await Deno.writeTextFile(rules, own.replace("host", "hots"));
  const wrong = await run(["export", "--input", path, "--noteworthy", "--rules", rules]);
  assertEquals([wrong.code, wrong.stdout], [78, ""]);
  assertMatch(wrong.stderr, /rules\.toml", line 5: unknown key "hots": did you mean "host"/);
});

Deno.test("export says in a line what it cannot read, and reads no other program of the name on Linux", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/no.csv`;
  await Deno.writeTextFile(path, "littlesnitch must be run as root!\n");
  const wrong = await run(["export", "--input", path]);
  assertEquals([wrong.code, wrong.stdout], [65, ""]);
  const gone = await run(["export", "--input", `${directory.path}/gone.csv`]);
  assertEquals(gone.stderr.trim().split("\n").length, 1, gone.stderr);
  assert(gone.code !== EXIT.ok);
  const other = await run(["export", "--from", "littlesnitch"]);
  assertEquals(other.code, EXIT.unavailable);
  assertMatch(other.stderr, /^connscribe: "littlesnitch" does not run on linux\n$/);
});

Deno.test("export sums up what a live collector sees, window by window", async () => {
  const args = [
    "export",
    "--from",
    "proc",
    "--procfs",
    `${ROOT}fixtures/proc`,
    "--interval",
    "200ms",
  ];
  const { code, stdout, stderr } = await run([...args, "--window", "1s", "--for", "1500ms", "-v"]);
  assertEquals(code, EXIT.ok, stderr);
  assert(columns(stdout).length > 0);
  assertMatch(stderr, /read (\d+), emitted \d+, folded \d+, filtered [1-9]/);
});
