/** Clocks that jump while records are written: nothing is lost, doubled or overwritten, and it is said. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { accountOf } from "../ledger.ts";
import { eventually, run, sleep, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import {
  assertEachOnce,
  findRecords,
  linesIn,
  MadeFlows,
  namesIn,
  REASON_TO_SKIP,
} from "./made_flows.ts";

const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

const SKIP = REASON_TO_SKIP ?? missing([LIBRARY]);

/** The jumps, seconds: an hour on, and then two hours back. */
const JUMPS = [3600, -7200];

/** A clock that tests set. Only that of the calendar: time passes as ever. */
class Clock {
  readonly #path: string;
  readonly env: Readonly<Record<string, string>>;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
    this.env = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      // Faking the times of files makes every fourth start of Deno crash.
      NO_FAKE_STAT: "1",
    };
    this.jump(0);
  }

  /** Sets it so many seconds on or back. */
  jump(seconds: number): void {
    this.#offset += seconds;
    const text = `${this.#offset < 0 ? "" : "+"}${this.#offset}s\n`;
    Deno.writeTextFileSync(`${this.#path}.new`, text);
    Deno.renameSync(`${this.#path}.new`, this.#path);
  }
}

/** Runs a watch of segments while the clock jumps. Returns its lines and what it said. */
async function jumping(flows: MadeFlows, clock: Clock, more: readonly string[]) {
  const args = ["--out", `${flows.log}/`, "--rotate", "every=1s", ...more];
  await using program = flows.watch(args, { env: clock.env });
  await eventually(() => has(flows.log, '"coverage"', 1), "no coverage is written");
  for (const [i, jump] of JUMPS.entries()) {
    await sleep(2500);
    clock.jump(jump);
    // Two jumps that are not told apart would be one.
    await eventually(() => has(flows.log, '"jump_us"', i + 1), `jump ${i} is not noticed`);
  }
  const { code, stderr } = await flows.end(program);
  assertEquals(code, EXIT.ok, stderr);
  return { lines: linesIn(flows.log, /ndjson$/), stderr };
}

/** True if a text is so often in what is written to a log. */
function has(log: string, text: string, times: number): true | undefined {
  const texts = namesIn(log, /ndjson$/).map((name) => Deno.readTextFileSync(`${log}/${name}`));
  return texts.join("").split(text).length > times || undefined;
}

/** By how much the clock is said to have jumped, seconds. */
function jumpsIn(lines: readonly string[]): number[] {
  return lines.map((line) => JSON.parse(line).connscribe.clock)
    .filter((clock) => clock !== undefined).map(({ jump_us: us }) => us / 1e6);
}

testUnless(SKIP, "a clock that jumps loses, doubles and overwrites nothing", async () => {
  await using directory = new TempDir();
  const clock = new Clock(`${directory.path}/clock`);
  await using flows = await MadeFlows.prepare({ flows: 5000, rate: 700, env: clock.env });
  const { lines } = await jumping(flows, clock, []);
  assertEachOnce(findRecords(lines), flows.load);
  assert(namesIn(flows.log, /ndjson$/).length > 3);
  const jumps = jumpsIn(lines);
  assertEquals(jumps.length, JUMPS.length, JSON.stringify(jumps));
  for (const jump of JUMPS) assert(jumps.some((found) => Math.abs(found - jump) < 2), `${jumps}`);
});

testUnless(SKIP, "a clock that jumps counts no connection into two windows", async () => {
  await using directory = new TempDir();
  const clock = new Clock(`${directory.path}/clock`);
  await using flows = await MadeFlows.prepare({ flows: 5000, rate: 700, env: clock.env });
  const fold = ["--fold", "--window", "1m", "--by", "port"];
  const { lines, stderr } = await jumping(flows, clock, fold);
  const records = lines.map((line) => JSON.parse(line))
    .filter(({ event }) => event.dataset === "connscribe.connection");
  assertEquals(new Set(records.map(({ event }) => event.id)).size, records.length);
  const { read, emitted } = accountOf(stderr);
  assertEquals([read, emitted], [2 * flows.load.flows, records.length]);
  let count = 0;
  for (const { connscribe } of records) {
    count += connscribe.event === "open" ? 1 : connscribe.count ?? 0;
  }
  assertEquals(count, flows.load.flows);
});

testUnless(
  SKIP,
  "export --since-last gives out no window twice when the clock is wrong",
  async () => {
    await using directory = new TempDir();
    const clock = new Clock(`${directory.path}/clock`);
    const minute = Math.floor(Date.now() / 60_000) * 60;
    const header =
      "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";
    const rows = Array.from({ length: 240 }, (_, i) => {
      const date = new Date((minute + (i - 180) * 60) * 1000).toISOString().replace(".000", "");
      return `${date},out,501,192.0.2.1,h.example,6,443,1,0,5,9,"/bin/a",`;
    });
    await Deno.writeTextFile(`${directory.path}/in.csv`, [header, ...rows].join("\n") + "\n");
    const words = [
      ...["export", "--input", `${directory.path}/in.csv`, "--window", "1m", "--settle", "0s"],
      ...["--since-last", `${directory.path}/state`, "--format", "ndjson"],
      ...["--out", `${directory.path}/x`],
    ];
    const step = async (jump: number) => {
      clock.jump(jump);
      const { code, stderr } = await run(words, { env: clock.env });
      assertEquals(code, EXIT.ok, stderr);
      const starts = linesIn(directory.path, /^x$/).map((line) => JSON.parse(line))
        .filter(({ event }) => event.dataset === "connscribe.connection")
        .map(({ event }) => event.start);
      assertEquals(new Set(starts).size, starts.length, "a window twice");
      return { count: starts.length, stderr };
    };
    const first = await step(-7200);
    const hour = await step(3600);
    assert(hour.count - first.count >= 60, `${first.count} and ${hour.count}`);
    const back = await step(-3600);
    assertEquals(back.count, hour.count);
    assertMatch(back.stderr, /clock|ahead|set back/);
    const on = await step(7200);
    assert(on.count - hour.count >= 60, `${hour.count} and ${on.count}`);
  },
);
