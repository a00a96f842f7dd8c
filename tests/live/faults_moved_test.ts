/** Files that others move away, remove and make anew while they are written: nothing is lost. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { eventually, type Program, runOther, sleep } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import {
  assertEachOnce,
  findRecords,
  linesIn,
  linesOf,
  MadeFlows,
  namesIn,
  REASON_TO_SKIP,
} from "./made_flows.ts";

const LOGROTATE = "/usr/sbin/logrotate";

const LOAD = { flows: 6000, rate: 1500 };

/** There is something to write also when all flows have been told of: each file gets its lines. */
const REPORTS = ["--stats", "1s"];

/** How often the file is taken away. */
const TIMES = 5;

/** Waits until the file is there again and has something in it. */
async function written(path: string): Promise<void> {
  const size = () => Deno.stat(path).then(({ size }) => size, () => 0);
  await eventually(async () => await size() > 0 || undefined, `nothing is in ${path}`);
}

async function withoutLoss(flows: MadeFlows, program: Program): Promise<void> {
  const { code, stderr } = await flows.end(program);
  assertEquals(code, EXIT.ok, stderr);
  assertEachOnce(findRecords(linesIn(flows.log, /./)), flows.load);
}

testUnless(
  REASON_TO_SKIP ?? missing([LOGROTATE]),
  "logrotate with create and SIGHUP loses nothing and doubles nothing",
  async () => {
    await using flows = await MadeFlows.prepare(LOAD);
    const { directory, log } = flows;
    const path = `${log}/x`;
    await using program = flows.watch(["--out", path, ...REPORTS]);
    const configuration = `
"${path}" {
  size 1
  rotate 100
  create 0640
  nocompress
  postrotate
    kill -HUP ${program.pid}
  endscript
}
`;
    await Deno.writeTextFile(`${directory}/conf`, configuration, { mode: 0o644 });
    for (let i = 0; i < TIMES; i++) {
      await written(path);
      await runOther([LOGROTATE, "-f", "-s", `${directory}/state`, `${directory}/conf`]);
    }
    await withoutLoss(flows, program);
    // What the program has made before logrotate could, logrotate puts aside with this ending.
    const names = namesIn(log).filter((name) => !name.endsWith(".backup"));
    assertEquals(names, ["x", ...Array.from({ length: TIMES }, (_, i) => `x.${i + 1}`)]);
  },
);

testUnless(
  REASON_TO_SKIP,
  "a file that is renamed without a signal is left, and loses nothing",
  async () => {
    await using flows = await MadeFlows.prepare(LOAD);
    const path = `${flows.log}/x`;
    await using program = flows.watch(["--out", path, ...REPORTS]);
    for (let i = 0; i < TIMES; i++) {
      await written(path);
      await Deno.rename(path, `${path}.${i}`);
    }
    await written(path);
    await withoutLoss(flows, program);
    assertEquals(namesIn(flows.log).length, TIMES + 1);
    assertMatch(program.stderr.text, /was moved or removed: it is opened anew/);
  },
);

for (const isMade of [false, true]) {
  const what = isMade ? "made anew by somebody else" : "not made anew";
  testUnless(REASON_TO_SKIP, `a file that is removed and ${what} is written no more`, async () => {
    await using flows = await MadeFlows.prepare(LOAD);
    const path = `${flows.log}/x`;
    await using program = flows.watch(["--out", path, ...REPORTS]);
    for (let i = 0; i < TIMES; i++) {
      await written(path);
      // Another name keeps for the test what is removed.
      const kept = `${path}.${i}`;
      await Deno.link(path, kept);
      await Deno.remove(path);
      // A new file may get the inode number of one that was removed.
      if (isMade) {
        for (let j = 0; j < 50; j++) {
          await Deno.writeTextFile(path, "", { createNew: true }).catch(() => {});
          await Deno.remove(path).catch(() => {});
        }
        await Deno.writeTextFile(path, "", { create: true, append: true });
      }
      await written(path);
      const lines = linesOf(kept).length;
      await sleep(300);
      assertEquals(linesOf(kept).length, lines);
    }
    await flows.end(program);
    const all = findRecords(linesIn(flows.log, /./));
    if (!isMade) assertEachOnce(all, flows.load);
    assert([...all.records.values()].every((count) => count === 1));
  });
}
