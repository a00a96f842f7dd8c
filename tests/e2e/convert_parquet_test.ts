import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { SAMPLES } from "../../lib/formats/test_records.ts";
import { SAMPLE_REPORTS } from "../../lib/formats/test_reports.ts";
import { run, TempDir } from "../program.ts";

const format = createNdjsonFormat();
const RECORDS = Object.values(SAMPLES);
const LOG = [
  ...Object.values(SAMPLE_REPORTS).map((report) => format.report?.(report) ?? ""),
  ...RECORDS.map((record) => format.line(record)),
].join("");

async function written(directory: string): Promise<string> {
  const log = `${directory}/log.ndjson`;
  await Deno.writeTextFile(log, LOG);
  return log;
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("convert --format parquet writes files by days and hosts, and accounts for all records", async () => {
  await using directory = await new TempDir();
  const log = await written(directory.path);
  const tree = `${directory.path}/fleet`;
  const args = ["convert", "--verbose", "--format", "parquet", "--out", `${tree}/`, log];
  const { code, stdout, stderr } = await run(args);
  assertEquals([code, stdout], [0, ""]);
  assertStringIncludes(
    stderr,
    `read ${RECORDS.length}, emitted ${RECORDS.length}, filtered 0, dropped 0`,
  );
  const days = namesIn(tree);
  assert(days.length > 0 && days.every((name) => /^day=\d{4}-\d\d-\d\d$/.test(name)), `${days}`);
  const [day = ""] = days;
  assert(namesIn(`${tree}/${day}`).includes("host=web-1"));
  const [file = "", ...others] = namesIn(`${tree}/${day}/host=web-1`);
  assertEquals(others, []);
  const bytes = await Deno.readFile(`${tree}/${day}/host=web-1/${file}`);
  const text = new TextDecoder("latin1").decode(bytes);
  assertEquals([text.slice(0, 4), text.slice(-4)], ["PAR1", "PAR1"]);
});

Deno.test("convert --format parquet may write below the segments that it reads", async () => {
  await using directory = await new TempDir();
  const segment = `${directory.path}/connscribe-web-1-20261121T020000Z-000001.ndjson`;
  await Deno.writeTextFile(segment, LOG);
  const args = ["convert", "--format", "parquet", "--out", `${directory.path}/`, segment];
  assertEquals((await run(args)).code, 0);
  assertEquals(await Deno.readTextFile(segment), LOG);
});

Deno.test("convert --format parquet takes one directory, and nothing that is for lines", async () => {
  await using directory = await new TempDir();
  const log = await written(directory.path);
  const tree = `${directory.path}/fleet/`;
  for (
    const [args, message] of [
      [[], "--out DIR/"],
      [["--out", `${directory.path}/file`], "--out DIR/"],
      [["--out", "-"], "--out DIR/"],
      [["--out", tree, "--out", `${directory.path}/more/`], "--out DIR/"],
      [["--out", `csv:${tree}`], "--out DIR/"],
      [["--out", tree, "--rotate", "size=1M"], "--rotate"],
      [["--out", tree, "--no-header"], "--no-header"],
      [["--out", tree, "--max-age", "1d"], "--max-age"],
      [["--out", tree, "--time-format", "%s"], "--time-format"],
      [["--out", tree, "--processes", `${directory.path}/processes`], "--processes"],
      [["--out", tree, "--syslog-queue", "1M"], "--syslog-queue"],
    ] as const
  ) {
    const { code, stderr } = await run(["convert", "--format", "parquet", ...args, log]);
    assertEquals(code, 64, stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("convert --format parquet says where it cannot write", async () => {
  await using directory = await new TempDir();
  const log = await written(directory.path);
  const args = ["convert", "--format", "parquet", "--out", `${directory.path}/none/fleet/`, log];
  const { code, stderr } = await run(args);
  assertEquals(code, 73);
  assertStringIncludes(stderr, "/none/fleet");
  const file = await run(["convert", "--format", "parquet", "--out", `${log}/`, log]);
  assertEquals(file.code, 73);
  assertStringIncludes(file.stderr, "it is no directory");
});

Deno.test("only convert knows the format parquet", async () => {
  for (const command of ["watch", "query", "export"]) {
    const { code, stderr } = await run([command, "--format", "parquet"]);
    assertEquals(code, 64);
    assertStringIncludes(stderr, "parquet");
  }
});
