// deno-lint-ignore-file no-console -- a benchmark prints its result
/** `export` of a large traffic log: connscribe against what sums up CSV otherwise, whole processes. */
import { writeRows } from "./export_rows.ts";
import { median } from "./load.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const PYTHON = new URL("export.py", import.meta.url).pathname;
const ROUNDS = 3;

/** The package, to the version, that DuckDB comes with. */
const DUCKDB = "@duckdb/node-api@1.5.6-r.1";

/** No field before the counters is quoted, so a comma ends it; programs need not be split from parents. */
const MAWK = `NR > 1 {
  tail = $12; for (i = 13; i <= NF; i++) tail = tail "," $i
  key = $2 "," $3 "," $4 "," $5 "," $6 "," $7 "," ($9 > 0) "," tail
  c[key] += $8; d[key] += $9; i_[key] += $10; o[key] += $11
} END { for (key in c) print key, c[key], d[key], i_[key], o[key] }`;

const BY = "connectingExecutable,direction,ipAddress,remoteHostname,protocol,port";
const SUMS = ["connectCount", "denyCount", "byteCountIn", "byteCountOut"];

function duckdbProgram(path: string): string {
  const sums = SUMS.map((name) => `sum(${name})`).join(", ");
  return `import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create()).connect();
const reader = await connection.runAndReadAll(\`select ${BY}, denyCount > 0 as denied, ${sums}
  from read_csv('${path}', header = true) group by all\`);
console.log(reader.getRows().map((row) => row.join("\\t")).join("\\n"));
`;
}

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

/** Installs DuckDB in the directory; says why not, where that fails. */
async function duckdb(directory: string, path: string): Promise<Contender | string> {
  try {
    const npm = new Deno.Command("npm", {
      args: ["install", "--prefix", directory, DUCKDB],
      stdout: "null",
      stderr: "null",
    });
    const { code } = await npm.output();
    if (code !== 0) return `npm cannot install ${DUCKDB}`;
    const program = `${directory}/duckdb.mjs`;
    await Deno.writeTextFile(program, duckdbProgram(path));
    return { name: "DuckDB", command: ["node", program] };
  } catch (error) {
    return String(error);
  }
}

function isThere(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

async function contenders(directory: string, path: string, groups: number): Promise<Contender[]> {
  const script = "--v8-flags=--heap-growing-percent=40";
  const exported = ["export", "--input", path, "--max-keys", String(groups * 2)];
  const all: Contender[] = [
    {
      name: "connscribe",
      command: [Deno.execPath(), "run", "-q", script, "-A", MAIN, ...exported],
    },
    { name: "Python", command: ["python3", PYTHON, path] },
    { name: "mawk", command: ["mawk", "-F,", MAWK, path] },
    {
      name: "Miller",
      command: [
        "mlr",
        "--icsv",
        "--ojson",
        "stats1",
        "-a",
        "sum",
        "-f",
        SUMS.join(","),
        "-g",
        BY,
        path,
      ],
    },
  ];
  const found = all.filter(({ name, command: [program = ""] }) => {
    const isFound = isThere(program);
    if (!isFound) console.log(`(${name} is left out: there is no ${program})`);
    return isFound;
  });
  const other = await duckdb(directory, path);
  if (typeof other === "string") console.log(`(DuckDB is left out: ${other})`);
  else found.push(other);
  return found;
}

/** Seconds, and peak resident memory in MiB as GNU time has it. */
async function time(command: readonly string[]): Promise<readonly [number, number]> {
  const began = performance.now();
  const { code, stderr } = await new Deno.Command("/usr/bin/time", {
    args: ["-f", "%M", ...command],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - began) / 1000;
  const text = new TextDecoder().decode(stderr).trim();
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${text}`);
  return [seconds, Number(text.split("\n").at(-1)) / 1024];
}

async function compare(directory: string, rows: number, groups: number): Promise<void> {
  const path = `${directory}/traffic.csv`;
  writeRows(path, rows, groups);
  const all = await contenders(directory, path, groups);
  const results = new Map<string, { seconds: number[]; mebibytes: number[] }>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, command } of all) {
      const [seconds, mebibytes] = await time(command);
      const result = results.get(name) ?? { seconds: [], mebibytes: [] };
      result.seconds.push(seconds);
      result.mebibytes.push(mebibytes);
      results.set(name, result);
    }
  }
  const python = median(results.get("Python")?.seconds ?? []);
  console.log(`\n${rows} rows, ${groups} groups: median of ${ROUNDS} paired runs`);
  for (const [name, { seconds, mebibytes }] of results) {
    const middle = median(seconds);
    const ratio = (python / middle).toFixed(1).padStart(7);
    const memory = median(mebibytes).toFixed(0).padStart(6);
    console.log(
      `  ${name.padEnd(12)}${middle.toFixed(2).padStart(8)} s${ratio} x Python${memory} MiB`,
    );
  }
}

/**
 * Prints the medians with few groups and with many. The environment variable `BENCH_ROWS` is how many rows
 * there are, else five million; of many groups there are a fifth as many as rows.
 */
export async function benchExport(): Promise<void> {
  const rows = Number(Deno.env.get("BENCH_ROWS") ?? 5_000_000);
  const directory = await Deno.makeTempDir({ prefix: "connscribe-bench-" });
  try {
    for (const groups of [400, rows / 5]) await compare(directory, rows, groups);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
