// deno-lint-ignore-file no-console -- a benchmark prints its result
/** `query` and `hourly`: connscribe against what answers such questions otherwise, whole processes. */
import { V8_FLAGS } from "../tests/program.ts";
import { remoteName, writeRecords } from "./connscribe_log.ts";
import { type Contender, contest, isThere, present } from "./contest.ts";
import { type Database, installDatabase } from "./databases.ts";
import { BEGIN_MS, hostNames, SPAN_MS, writeHosts } from "./hosts_log.ts";
import { output } from "./process.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const PYTHON = new URL("query.py", import.meta.url).pathname;

const TO = hostNames()[1234] ?? "";
const FROM = hostNames()[77] ?? "";
const REMOTE = remoteName(123);

/** Five minutes in the middle. */
const SINCE = BEGIN_MS + SPAN_MS / 2 + 137_000;
const UNTIL = SINCE + 300_000;

/** A line of three columns is shorter; the databases and what they keep take the rest. */
const LINE_BYTES = 32;
const OTHER_BYTES = 3 * 1024 ** 3;

/** Programs that are there on this machine. */
interface Programs {
  /** The words before the command of connscribe. */
  readonly connscribe: readonly string[];
  readonly duckdb: Database | undefined;
  readonly chdb: Database | undefined;
}

function knows(connscribe: readonly string[], command: string): boolean {
  const [program = "", ...args] = [...connscribe, command, "--help"];
  if (!isThere(program)) return false;
  return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
}

/** The binary, where it is there and of this version; else the source. */
function findConnscribe(): readonly string[] {
  const binary = [`${ROOT}dist/connscribe`];
  if (knows(binary, "query")) return binary;
  console.log("(connscribe runs from source: dist/connscribe is not there, or too old)");
  const flags = ["-q", V8_FLAGS, "-A"];
  return [Deno.execPath(), "run", ...flags, `${ROOT}main.ts`];
}

/** What a database reads the columns `time`, `a` and `b` from. */
function duckdbLog(path: string): string {
  return `read_csv('${path}', delim = ' ', header = false, quote = '',
    columns = {'time': 'BIGINT', 'a': 'VARCHAR', 'b': 'VARCHAR'})`;
}

/** A single space is no delimiter for its CSV reader. */
function chdbLog(path: string): string {
  return `(select toUInt64(word[1]) as time, word[2] as a, word[3] as b from
    (select splitByChar(' ', line) as word from file('${path}', 'LineAsString', 'line String')))`;
}

function asking(
  name: string,
  database: Database | undefined,
  sql: (database: Database) => string,
): Contender[] {
  return database === undefined ? [] : [{ ...database.asking(sql(database)), name }];
}

/** Who connected to one host, over the whole log. */
async function compareCounts(path: string, lines: number, programs: Programs): Promise<void> {
  const where = `where b = '${TO}'`;
  const end = ` ${TO}$`;
  const sqlite = [
    "create table log(time integer, a text, b text)",
    '.separator " "',
    `.import ${path} log`,
    `select count(*) from log ${where}`,
  ];
  const others = present([
    { name: "wc -l", command: ["wc", "-l", path], expected: `${lines} ${path}` },
    { name: "grep -c", command: ["grep", "-c", end, path] },
    { name: "rg -c", command: ["rg", "--no-config", "-c", end, path] },
    {
      name: "mawk",
      command: ["mawk", "-v", `to=${TO}`, "$3 == to { n++ } END { print n + 0 }", path],
    },
    {
      name: "Miller",
      command: [
        ...["mlr", "--inidx", "--ifs", " ", "--onidx"],
        ...["filter", `$3 == "${TO}"`, "then", "count", path],
      ],
    },
    { name: "sqlite3, .import", command: ["sqlite3", ":memory:", ...sqlite] },
    { name: "Python, line by line", command: ["python3", PYTHON, TO, path] },
  ]);
  await contest(`query --to ${TO} --count, ${lines} lines`, [
    {
      name: "connscribe query",
      command: [...programs.connscribe, "query", "--to", TO, "--count", path],
    },
    ...others,
    ...asking("DuckDB", programs.duckdb, () => `select count(*) from ${duckdbLog(path)} ${where}`),
    ...asking(
      "chDB",
      programs.chdb,
      () => `select count() from ${chdbLog(path)} ${where}`,
    ),
  ]);
}

/** Bytes that a program asks the kernel for, all that it loads included. */
async function bytesRead(command: readonly string[]): Promise<number> {
  const script = '"$@" > /dev/null; cat /proc/$$/io';
  const text = await output(["sh", "-c", script, "sh", ...command]);
  return Number(/^rchar: (\d+)/m.exec(text)?.[1]);
}

/** Five minutes out of a day: by seeking, and without. */
async function compareSeek(path: string, lines: number, programs: Programs): Promise<void> {
  const busy = hostNames()[12 * 7] ?? "";
  const range = ["--since", String(SINCE), "--until", String(UNTIL)];
  const question = [...programs.connscribe, "query", "--from", busy, ...range, "--count"];
  const inRange = `time >= ${SINCE} and time < ${UNTIL} and a = '${busy}'`;
  const program = `$1 >= ${SINCE} && $1 < ${UNTIL} && $2 == from { n++ } END { print n + 0 }`;
  await contest(`query --from ${busy} --since --until (5 minutes) --count, ${lines} lines`, [
    { name: "connscribe query", command: [...question, path] },
    { name: "connscribe, --no-seek", command: [...question, "--no-seek", path] },
    ...present([{ name: "mawk", command: ["mawk", "-v", `from=${busy}`, program, path] }]),
    ...asking(
      "DuckDB",
      programs.duckdb,
      () => `select count(*) from ${duckdbLog(path)} where ${inRange}`,
    ),
    ...asking(
      "chDB",
      programs.chdb,
      () => `select count() from ${chdbLog(path)} where ${inRange}`,
    ),
  ]);
  const small = `${path}.small`;
  writeHosts(small, 1);
  const read = await bytesRead([...question, path]) - await bytesRead([...question, small]);
  const { size } = await Deno.stat(path);
  const share = (read / size * 100).toFixed(2);
  console.log(`  read: ${(read / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(0)} MB, ${share} %`);
}

const HOURLY_MAWK = `{
  hour = int($1 / 3600000) * 3600
  if ($3 == to) tos[hour, $2]
  if ($2 == from) froms[hour, $3]
  n[hour, $2]++
  n[hour, $3]++
} END {
  for (key in tos) { split(key, k, SUBSEP); printf "%s.0\\tTO\\t%s\\n", k[1], k[2] }
  for (key in froms) { split(key, k, SUBSEP); printf "%s.0\\tFROM\\t%s\\n", k[1], k[2] }
  for (key in n) {
    split(key, k, SUBSEP)
    if (n[key] > most[k[1]]) { most[k[1]] = n[key]; who[k[1]] = k[2] }
  }
  for (hour in who) printf "%s.0\\tMOST\\t%s\\n", hour, who[hour]
}`;

/** @param log A table. */
function hourlySql(log: string, hour: string, argMax: string): string {
  const hours = `(select ${hour} as hour, a, b from ${log})`;
  return `with l as ${hours}, n as (
    select hour, name, count(*) as n
    from (select hour, a as name from l union all select hour, b as name from l)
    group by hour, name
  )
  select distinct concat(hour, '.0'), 'TO', a from l where b = '${TO}'
  union all select distinct concat(hour, '.0'), 'FROM', b from l where a = '${FROM}'
  union all select concat(hour, '.0'), 'MOST', ${argMax}(name, n) from n group by hour`;
}

/** Lines in one order. Names are the same in small and capital letters. */
function sorted(answer: string): string {
  return answer.toLowerCase().split("\n").sort().join("\n");
}

/** Hour by hour: who connected to one host, to whom another one did, and who was the most active. */
async function compareHourly(path: string, lines: number, programs: Programs): Promise<void> {
  if (!knows(programs.connscribe, "hourly")) {
    console.log("\n(hourly is left out: connscribe does not know it)");
    return;
  }
  const command = [...programs.connscribe, "hourly", "--to", TO, "--from", FROM, path];
  const variables = ["-v", `to=${TO}`, "-v", `from=${FROM}`];
  await contest(
    `hourly --to ${TO} --from ${FROM}, ${lines} lines`,
    [
      { name: "connscribe hourly", command },
      ...asking(
        "DuckDB",
        programs.duckdb,
        () => hourlySql(duckdbLog(path), "time // 3600000 * 3600", "arg_max"),
      ),
      ...asking(
        "chDB",
        programs.chdb,
        () => `${hourlySql(chdbLog(path), "intDiv(time, 3600000) * 3600", "argMax")}`,
      ),
      ...present([{ name: "mawk", command: ["mawk", ...variables, HOURLY_MAWK, path] }]),
    ],
    sorted,
  );
}

/** connscribe's own log: connections with one host. */
async function compareNdjson(path: string, lines: number, programs: Programs): Promise<void> {
  const { size } = await Deno.stat(path);
  const quoted = `"${REMOTE}"`;
  const ends = `(.source.domain == ${quoted} or .destination.domain == ${quoted})`;
  const end = "STRUCT(domain VARCHAR)";
  const json = `read_json('${path}', format = 'newline_delimited',
    columns = {'source': '${end}', 'destination': '${end}'})`;
  const inSql = `source.domain = '${REMOTE}' or destination.domain = '${REMOTE}'`;
  await contest(`query --host ${REMOTE} --count, ${lines} lines, ${(size / 1e9).toFixed(2)} GB`, [
    {
      name: "connscribe query",
      command: [...programs.connscribe, "query", "--host", REMOTE, "--count", path],
    },
    ...present([
      { name: "wc -l", command: ["wc", "-l", path], expected: `${lines} ${path}` },
      { name: "grep -cF", command: ["grep", "-cF", quoted, path] },
      { name: "rg -cF", command: ["rg", "--no-config", "-cF", quoted, path] },
      {
        name: "jq",
        command: ["jq", "-n", `reduce (inputs | select${ends}) as $_ (0; . + 1)`, path],
      },
    ]),
    ...asking("DuckDB", programs.duckdb, () => `select count(*) from ${json} where ${inSql}`),
  ]);
}

async function checkSpace(directory: string, bytes: number): Promise<void> {
  const text = await output(["df", "--output=avail", "-B1", directory]);
  const free = Number(text.trim().split("\n").at(-1));
  if (free >= bytes) return;
  const [has, needs] = [free, bytes].map((each) => (each / 1e9).toFixed(1));
  throw new Error(
    `${directory} has ${has} GB of free space, ${needs} are needed: set TMPDIR, or BENCH_LINES and BENCH_NDJSON_BYTES`,
  );
}

function numbers(name: string, otherwise: readonly number[]): readonly number[] {
  const text = Deno.env.get(name);
  return text === undefined ? otherwise : text.split(",").map(Number);
}

/**
 * Prints the medians. Environment variables: `BENCH_LINES` is how many lines the logs of three columns have,
 * else ten million, then fifty; `BENCH_NDJSON_BYTES` the size of connscribe's own, else 5 GiB; `TMPDIR` where
 * they are written, else /var/tmp: not in memory.
 */
export async function benchQuery(): Promise<void> {
  const sizes = numbers("BENCH_LINES", [10_000_000, 50_000_000]);
  const [bytes = 0] = numbers("BENCH_NDJSON_BYTES", [5 * 1024 ** 3]);
  const parent = Deno.env.get("TMPDIR") ?? "/var/tmp";
  await checkSpace(
    parent,
    Math.max(bytes, ...sizes.map((lines) => lines * LINE_BYTES)) + OTHER_BYTES,
  );
  const directory = await Deno.makeTempDir({ dir: parent, prefix: "connscribe-bench-" });
  try {
    const connscribe = findConnscribe();
    const duckdb = await installDatabase("DuckDB", directory);
    const chdb = await installDatabase("chDB", directory);
    const programs = { connscribe, duckdb, chdb };
    for (const lines of sizes) {
      const path = `${directory}/hosts.log`;
      writeHosts(path, lines);
      await output(["sync", path]);
      await compareCounts(path, lines, programs);
      await compareSeek(path, lines, programs);
      await compareHourly(path, lines, programs);
      await Deno.remove(path);
    }
    const path = `${directory}/connscribe.ndjson`;
    const lines = writeRecords(path, bytes);
    await output(["sync", path]);
    await compareNdjson(path, lines, programs);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
