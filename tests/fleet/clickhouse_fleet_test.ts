/**
 * The same questions to ClickHouse (chDB, which takes 543 MB): `deno task test:fleet`. `FLEET_RECORDS` says how many
 * records there are.
 */
import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../program.ts";
import { type Database, linesOf, openDatabase, repositoryFile, statementsOf } from "./database.ts";
import { beginningOf, writeSegments } from "./made_segments.ts";
import {
  answerOf,
  documentedQueries,
  type FleetQuestion,
  madeQuestions,
  ordered,
} from "./questions.ts";

const RECORDS = Number(Deno.env.get("FLEET_RECORDS") ?? "20000");
const QUESTIONS = madeQuestions(Number(Deno.env.get("FLEET_SEED") ?? "1"));

/** The times of the records are fixed: kept for so short they would be gone some day. */
const SCHEMA = statementsOf(
  repositoryFile("schema/clickhouse.sql").replaceAll(
    /INTERVAL (90 DAY|2 YEAR)/g,
    "INTERVAL 50 YEAR",
  ),
);

/** What a load of all logs is. */
function loading(logs: readonly string[]): string[] {
  return logs.map((log) =>
    `INSERT INTO connscribe.landing SELECT line FROM file('${log}', 'LineAsString', 'line String')`
  );
}

/** The question about hours, of the rollup. */
function ofRollup(sql: string): string {
  const rollup = documentedQueries().get("rollup") ?? "";
  return rollup + sql.slice(sql.indexOf(",\ncounted AS"));
}

/** Records, and connections: of the table, then of the rollup. */
const COUNTS =
  `SELECT toString(count()), toString(sumIf(connection_count, from_host <> '' AND to_host <> '')),
  toString((SELECT sum(connection_count) FROM connscribe.hourly)) FROM connscribe.events`;

async function check(
  database: Database,
  questions: readonly FleetQuestion[],
  expected: readonly (readonly string[])[],
): Promise<void> {
  const sql = questions.map((question) => question.sql);
  const rows = await database.run(["USE connscribe", ...sql, COUNTS]);
  for (const [i, { args, sql }] of questions.entries()) {
    const given = linesOf((rows[i + 1] ?? []).map((row) => row.map(String)));
    assertEquals(ordered(args, given), expected[i], `${args.join(" ")}\n${sql}`);
  }
  const [[count, connections, inRollup] = []] = rows.at(-1) ?? [];
  assertEquals(count, String(RECORDS));
  assertEquals(inRollup, connections);
}

Deno.test("ClickHouse answers as connscribe does, from its table and its rollup, however often a segment is loaded", async (t) => {
  await using directory = await new TempDir();
  const { path } = directory;
  const database = await openDatabase("chdb", path, Deno.env.get("FLEET_CHDB"));
  const logs = writeSegments(path, RECORDS);
  const expected: (readonly string[])[] = [];
  for (const question of QUESTIONS) expected.push(await answerOf(question, logs));
  await database.run([...SCHEMA, ...loading(logs)]);
  const isHourly = QUESTIONS.map(({ args }) => args[0] === "hourly");
  const rollup = QUESTIONS.filter((_, i) => isHourly[i])
    .map(({ args, sql }) => ({ args, sql: ofRollup(sql) }));
  const hours = expected.filter((_, i) => isHourly[i]);
  assert(rollup.length > 0 && hours.every((lines) => lines.length > 0));
  await t.step("once", async () => {
    await check(database, QUESTIONS, expected);
    await check(database, rollup, hours);
  });
  await t.step("twice, and the first again, with a torn line", async () => {
    const [log = ""] = logs;
    await Deno.writeTextFile(`${path}/torn`, `${beginningOf(log)}{"@timestamp":"20`);
    await database.run(loading([...logs, `${path}/torn`]));
    await check(database, QUESTIONS, expected);
    await check(database, rollup, hours);
    const counts = await database.run([
      "SELECT toString(count() = uniqExact(event_id)) FROM connscribe.reports FINAL",
      "SELECT line FROM connscribe.malformed",
    ]);
    assertEquals(counts, [[["1"]], [['{"@timestamp":"20']]]);
  });
  await t.step("when its parts are merged", async () => {
    await database.run([
      "OPTIMIZE TABLE connscribe.connections FINAL",
      "OPTIMIZE TABLE connscribe.hourly_states FINAL",
    ]);
    await check(database, QUESTIONS, expected);
    await check(database, rollup, hours);
  });
});

Deno.test("ClickHouse drops the days that are over their time", async () => {
  await using directory = await new TempDir();
  const { path } = directory;
  const database = await openDatabase("chdb", path, Deno.env.get("FLEET_CHDB"));
  const schema = statementsOf(repositoryFile("schema/clickhouse.sql"));
  const old = Array.from({ length: 3 }, (_, days) => {
    const time = new Date(Date.now() - (days * 60 + 1) * 86_400_000).toISOString();
    return JSON.stringify({
      "@timestamp": time.replace("Z", "000Z"),
      event: { id: `${days}`, dataset: "connscribe.connection", module: "connscribe" },
    });
  });
  await Deno.writeTextFile(`${path}/old.ndjson`, old.join("\n"));
  const rows = await database.run([
    ...schema,
    ...loading([`${path}/old.ndjson`]),
    "OPTIMIZE TABLE connscribe.connections FINAL",
    "SELECT event_id FROM connscribe.events ORDER BY event_id",
  ]);
  assertEquals(rows.at(-1), [["0"], ["1"]]);
});
