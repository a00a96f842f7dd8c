/** What is in the files when the program is killed at any moment, and what the next start says of it. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { eventually, type Program, ROOT, run, sleep } from "../program.ts";
import { testUnless } from "../skip.ts";
import { findRecords, MadeFlows, namesIn, REASON_TO_SKIP as SKIP } from "./made_flows.ts";

/** How often each of the three ways to write is broken off; by hand: `KILLS=67`. */
const KILLS = Number(Deno.env.get("KILLS") ?? 8);

const LOAD = { flows: 100_000, rate: 4000 };

/** How long it may go on after its first record, milliseconds. */
const LONGEST = 800;

/** Files of a log, the oldest first: `x.2`, `x.1`, `x`, or segments by their names. */
function filesOf(directory: string): string[] {
  const age = (name: string) => /^x/.test(name) ? -Number(/\d+$/.exec(name)?.[0] ?? 0) : 0;
  return namesIn(directory, /^x(\.\d+)?$|\.ndjson$/)
    .sort((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
}

/** Whole lines of all files, and what is behind the last one. Only the last file may have such an end. */
function readLog(directory: string): { readonly lines: string[]; readonly torn: string } {
  const files = filesOf(directory);
  const lines: string[] = [];
  let torn = "";
  for (const name of files) {
    assertEquals(torn, "", `a file before ${name} ends in the middle of a line`);
    const found = Deno.readTextFileSync(`${directory}/${name}`).split("\n");
    torn = found.pop() ?? "";
    lines.push(...found);
  }
  return { lines, torn };
}

/** Waits until there is a record, and then for as long as chance will have it; kills it. */
async function kill(program: Program, directory: string): Promise<void> {
  await eventually(
    () =>
      filesOf(directory).some((name) => Deno.statSync(`${directory}/${name}`).size > 5000) ||
      undefined,
    `there is no record: ${program.stderr.text}`,
  );
  await sleep(Math.random() * LONGEST);
  program.signal("SIGKILL");
  assertEquals((await program.ended()).signal, "SIGKILL");
}

/** Asserts that there are all records up to some moment, each once, and returns how many. */
function assertNoGap(lines: readonly string[]): number {
  const { records } = findRecords(lines);
  let missing = 0;
  for (let i = 0; i < records.size; i++) {
    if (records.get(`${i >> 1} ${i % 2 === 0 ? "open" : "close"}`) !== 1) missing++;
  }
  assertEquals(missing, 0, `of ${records.size} records`);
  return records.size;
}

/** What is said of a line that is not whole. */
const MENDED = /in the middle of a line, as after a crash/;

async function killOnce(out: string, more: readonly string[]): Promise<void> {
  await using flows = await MadeFlows.prepare(LOAD);
  const { directory, log } = flows;
  const metrics = `${directory}/metrics`;
  const args = ["--out", `${log}/${out}`, "--rotate", "size=200K", ...more];
  await using program = flows.watch([...args, "--stats", "1s", "--metrics", metrics]);
  await kill(program, log);
  const { lines, torn } = readLog(log);
  const count = assertNoGap(lines);
  const counted = await Deno.readTextFile(metrics).catch(() => "");
  const [, emitted = "0"] = /^connscribe_records_emitted_total (\d+)$/m.exec(counted) ?? [];
  assert(count >= Number(emitted), `${count}, and ${emitted} were counted`);
  const look = ["watch", "--from", "proc", "--procfs", `${ROOT}fixtures/proc`, "--for", "200ms"];
  const next = await run([...look, "--format", "ndjson", ...args]);
  assertEquals([next.code, MENDED.test(next.stderr)], [EXIT.ok, torn !== ""], next.stderr);
  const after = readLog(log);
  assertEquals(after.lines.slice(0, lines.length), lines);
  assertEquals([after.torn, after.lines.length > lines.length], ["", true]);
}

testUnless(
  SKIP,
  "a killed watch leaves whole records without a gap; the next start goes on",
  async () => {
    await Promise.all([["x"], [""], ["", "--sync", "record"]].map(async ([out = "", ...more]) => {
      for (let i = 0; i < KILLS; i++) await killOnce(out, more);
    }));
  },
);
