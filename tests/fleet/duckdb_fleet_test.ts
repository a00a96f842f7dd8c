import { assert, assertEquals } from "@std/assert";
import { run, TempDir } from "../program.ts";
import { type Database, linesOf, openDatabase, repositoryFile, statementsOf } from "./database.ts";
import { beginningOf, HOSTS, writeSegments } from "./made_segments.ts";
import { answerOf, type FleetQuestion, madeQuestions, ordered } from "./questions.ts";

/** Records of all hosts: a multiple of how many hosts there are. */
const RECORDS = Number(Deno.env.get("FLEET_RECORDS") ?? "20000");

const QUESTIONS = madeQuestions(Number(Deno.env.get("FLEET_SEED") ?? "1"));
const MACROS = statementsOf(repositoryFile("schema/duckdb.sql"));

/** What a view of the events answers. */
async function answers(
  database: Database,
  view: string,
  questions: readonly FleetQuestion[],
): Promise<readonly string[][]> {
  const sql = questions.map((question) => question.sql);
  const counting = "SELECT count(*) FROM events";
  const rows = await database.run([...MACROS, `CREATE VIEW events AS ${view}`, counting, ...sql]);
  assertEquals(rows.at(-1 - sql.length), [[String(RECORDS)]]);
  return rows.slice(-sql.length).map((each) => linesOf(each));
}

async function convert(logs: readonly string[], tree: string): Promise<void> {
  const args = ["convert", "--format", "parquet", "--out", `${tree}/`, ...logs];
  const { code, stderr } = await run(args, { timeout: 600_000 });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
}

function filesBelow(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${directory}/${name}`) : [`${directory}/${name}`]
  ).sort();
}

Deno.test("DuckDB answers as connscribe does, from Parquet and from ndjson, however often a segment is loaded", async (t) => {
  await using directory = await new TempDir();
  const { path } = directory;
  const database = await openDatabase("duckdb", path, Deno.env.get("FLEET_DUCKDB"));
  await Deno.mkdir(`${path}/segments`);
  const logs = writeSegments(`${path}/segments`, RECORDS);
  const expected: (readonly string[])[] = [];
  for (const question of QUESTIONS) expected.push(await answerOf(question, logs));
  await t.step("the questions have answers", () => {
    assert(expected.filter((lines) => lines.length > 0).length > QUESTIONS.length / 2);
  });
  const check = async (view: string) => {
    await Deno.remove(`${path}/duckdb-store`).catch(() => {});
    const given = await answers(database, view, QUESTIONS);
    for (const [i, { args, sql }] of QUESTIONS.entries()) {
      assertEquals(ordered(args, given[i] ?? []), expected[i], `${args.join(" ")}\n${sql}`);
    }
  };
  const tree = `FROM connscribe_parquet('${path}/fleet/*/*/*.parquet')`;
  await convert(logs, `${path}/fleet`);
  const files = filesBelow(`${path}/fleet`);
  await t.step("from Parquet", () => check(tree));
  await t.step("converting the same logs again writes the same files", async () => {
    await convert(logs, `${path}/fleet`);
    assertEquals(filesBelow(`${path}/fleet`), files);
  });
  await t.step("from Parquet with records that are there twice", async () => {
    for (const log of logs.slice(0, 2)) {
      const part = `${path}/part.ndjson`;
      await Deno.writeTextFile(part, beginningOf(log));
      await convert([part], `${path}/fleet`);
    }
    assert(filesBelow(`${path}/fleet`).length > files.length);
    await check(tree);
  });
  await t.step("the names of hosts come through those of directories", async () => {
    const [rows = []] = (await database.run([
      ...MACROS,
      `SELECT DISTINCT host FROM connscribe_parquet('${path}/fleet/*/*/*.parquet') WHERE host = host_name ORDER BY host`,
    ])).slice(-1);
    assertEquals(rows.flat(), HOSTS.map(({ name }) => name).sort());
  });
  await t.step("from ndjson", () => check(`FROM connscribe_ndjson('${path}/segments/*.ndjson')`));
  await t.step("from ndjson with segments that are there twice, and a torn line", async () => {
    const [log = ""] = logs;
    await Deno.copyFile(log, `${path}/segments/again.ndjson`);
    await Deno.writeTextFile(`${path}/segments/again.ndjson`, '{"@timestamp":"20', {
      append: true,
    });
    await check(`FROM connscribe_ndjson('${path}/segments/*.ndjson')`);
  });
});
