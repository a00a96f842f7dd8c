/**
 * What a snapshot of `fixtures/proc` looks like in every format, byte for byte: `fixtures/golden`.
 * `UPDATE_GOLDEN=1` writes those files anew: look at the difference before you keep it.
 */
import { assertEquals } from "@std/assert";
import { parse as parseCsv } from "@std/csv/parse";
import { EXIT } from "../../lib/exit.ts";
import { ROOT, run, runOther, TempDir } from "../program.ts";

const GOLDEN = `${ROOT}fixtures/golden/`;

/** User ids of the fixture that have another name on every host, and ids that have none on any. */
const USERS: readonly (readonly [named: string, nameless: string])[] = [
  ["1000", "4201000"],
  ["33", "4200033"],
];

/** Copies the fixture, so that no process in it has a user that this host knows, but root. */
async function copyFixture(directory: string): Promise<string> {
  const root = `${directory}/proc`;
  await runOther(["cp", "-a", `${ROOT}fixtures/proc`, root]);
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    const path = `${root}/${name}/status`;
    const status = isDirectory ? await Deno.readTextFile(path).catch(() => undefined) : undefined;
    if (status === undefined) continue;
    const nameless = USERS.reduce(
      (text, [from, to]) =>
        text.replace(
          new RegExp(`^(?:Uid|Gid):.*\\b${from}\\b.*$`, "gm"),
          (line) => line.replaceAll(new RegExp(`\\b${from}\\b`, "g"), to),
        ),
      status,
    );
    await Deno.writeTextFile(path, nameless);
  }
  return root;
}

/** Values of a record that are other ones on every host, and what stands for them. */
type Masks = readonly (readonly [value: string, mask: string])[];

/** What of an ndjson line is masked. */
function jsonMasks(line: string): Masks {
  const { connscribe, process, host } = JSON.parse(line);
  return [
    [connscribe.connection.id, "CONNECTION"],
    [`"${process?.entity_id}"`, '"ENTITY"'],
    [`"${process?.parent?.entity_id}"`, '"PARENT_ENTITY"'],
    [`"${host.id}"`, '"HOST_ID"'],
    [`"${host.name}"`, '"HOST"'],
  ];
}

/** What of a csv line is masked. */
function csvMasks(line: string, header: string): Masks {
  const [names = [], values = []] = parseCsv(`${header}\r\n${line}`);
  const value = (name: string) => values[names.indexOf(name)] ?? "";
  return [
    [value("connection_id"), "CONNECTION"],
    [`,${value("entity_id")},${value("collector")},`, `,ENTITY,${value("collector")},`],
    [`,${value("host_id")},${value("host_name")}`, ",HOST_ID,HOST"],
  ];
}

/** Replaces the times of this run; those of the fixture's processes stay. */
function maskTimes(text: string, began: number): string {
  const ended = Date.now();
  const mask = (pattern: RegExp, name: string) => {
    text = text.replace(pattern, (match) => {
      const time = Date.parse(match.replace(/[ |]/, "T"));
      return time > began - 2000 && time < ended + 2000 ? name : match;
    });
  };
  mask(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, "TIME");
  mask(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z/g, "TIME");
  mask(/\d{4}-\d\d-\d\d[ |]\d\d:\d\d:\d\d\b/g, "LOCAL_TIME");
  return text;
}

function maskAll(text: string, masks: (line: string) => Masks): string {
  return text.split("\n").map((line) =>
    line === "" ? line : masks(line).reduce(
      (masked, [value, mask]) => masked.replaceAll(value, mask),
      line,
    )
  ).join("\n");
}

function maskIdentities(format: string, text: string): string {
  if (format === "ndjson") return maskAll(text, jsonMasks);
  const header = text.slice(0, text.indexOf("\r\n"));
  if (format === "csv") {
    return maskAll(text, (line) => line.startsWith(header) ? [] : csvMasks(line, header));
  }
  return text;
}

async function assertGolden(file: string, actual: string): Promise<void> {
  if (Deno.env.get("UPDATE_GOLDEN")) {
    await Deno.mkdir(GOLDEN, { recursive: true });
    await Deno.writeTextFile(GOLDEN + file, actual);
  }
  assertEquals(actual.split("\n"), (await Deno.readTextFile(GOLDEN + file)).split("\n"));
}

for (const format of ["text", "table", "ndjson", "csv"]) {
  Deno.test(`snapshot of fixtures/proc is as in fixtures/golden/snapshot.${format}`, async () => {
    await using directory = new TempDir();
    const root = await copyFixture(directory.path);
    const began = Date.now();
    const { code, stdout } = await run(["snapshot", "--procfs", root, "--format", format]);
    assertEquals(code, EXIT.ok);
    const masked = maskIdentities(format, maskTimes(stdout, began));
    await assertGolden(`snapshot.${format}`, masked);
  });
}

Deno.test("snapshot of fixtures/proc is as in both of fixtures/golden/lognet.*", async () => {
  await using directory = new TempDir();
  const root = await copyFixture(directory.path);
  const [connections, processes] = ["connections", "processes"].map((name) =>
    `${directory.path}/${name}`
  );
  const began = Date.now();
  const args = ["snapshot", "--procfs", root, "--format", "lognet"];
  const { code } = await run([...args, "--out", `${connections}`, "--processes", `${processes}`]);
  assertEquals(code, EXIT.ok);
  for (const path of [connections, processes]) {
    const masked = maskTimes(await Deno.readTextFile(`${path}`), began);
    await assertGolden(`lognet.${path?.split("/").at(-1)}`, masked);
  }
});
