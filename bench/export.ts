/** `export` of a large traffic log: connscribe against what sums up CSV otherwise, whole processes. */
import { V8_FLAGS } from "../tests/program.ts";
import { type Contender, contest, present } from "./contest.ts";
import { installDatabase } from "./databases.ts";
import { writeRows } from "./export_rows.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const PYTHON = new URL("export.py", import.meta.url).pathname;

/** No field before the counters is quoted, so a comma ends it; programs need not be split from parents. */
const MAWK = `NR > 1 {
  tail = $12; for (i = 13; i <= NF; i++) tail = tail "," $i
  key = $2 "," $3 "," $4 "," $5 "," $6 "," $7 "," ($9 > 0) "," tail
  c[key] += $8; d[key] += $9; i_[key] += $10; o[key] += $11
} END { for (key in c) print key, c[key], d[key], i_[key], o[key] }`;

const BY = "connectingExecutable,direction,ipAddress,remoteHostname,protocol,port";
const SUMS = ["connectCount", "denyCount", "byteCountIn", "byteCountOut"];

function sql(path: string): string {
  const sums = SUMS.map((name) => `sum(${name})`).join(", ");
  return `select ${BY}, denyCount > 0 as denied, ${sums} from read_csv('${path}', header = true) group by all`;
}

function contenders(path: string, groups: number): Contender[] {
  const exported = ["export", "--input", path, "--max-keys", String(groups * 2)];
  const miller = [
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
  ];
  return present([
    {
      name: "connscribe",
      command: [Deno.execPath(), "run", "-q", V8_FLAGS, "-A", MAIN, ...exported],
    },
    { name: "Python", command: ["python3", PYTHON, path] },
    { name: "mawk", command: ["mawk", "-F,", MAWK, path] },
    { name: "Miller", command: [...miller, path] },
  ]);
}

/**
 * Prints the medians with few groups and with many. The environment variable `BENCH_ROWS` is how many rows
 * there are, else five million; of many groups there are a fifth as many as rows.
 */
export async function benchExport(): Promise<void> {
  const rows = Number(Deno.env.get("BENCH_ROWS") ?? 5_000_000);
  const directory = await Deno.makeTempDir({ prefix: "connscribe-bench-" });
  try {
    const duckdb = await installDatabase("DuckDB", directory);
    for (const groups of [400, rows / 5]) {
      const path = `${directory}/traffic.csv`;
      writeRows(path, rows, groups);
      const all = contenders(path, groups);
      if (duckdb !== undefined) all.push(duckdb.asking(sql(path)));
      // Each writes the sums in a way of its own.
      await contest(`${rows} rows, ${groups} groups`, all, () => "");
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
