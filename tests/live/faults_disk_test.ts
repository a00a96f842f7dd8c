/** Full disks, and disks that fail: what is there stays whole, what is lost is counted, and it goes on. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { accountOf } from "../ledger.ts";
import { eventually, run, runOther, sleep, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import { SmallDisk } from "../small_disk.ts";
import { findRecords, type Found, linesIn, MadeFlows, REASON_TO_SKIP } from "./made_flows.ts";

const STRACE = "/usr/bin/strace";

const LOAD = { flows: 1000, rate: 300 };

/** There is something to write also when all flows have been told of, so that each file is tried again. */
const REPORTS = ["--stats", "1s"];

/** More than all records of {@linkcode LOAD} take, and less: a disk, and what is to be left free of it. */
const ROOMY_KIB = 8000;
const TO_LEAVE_KIB = 7200;
const KIB = 64;

/** What is said once each time. */
const FULL = /cannot write to .*: no space left on device; records are lost and counted/g;
const AGAIN = /can be written again: (\d+) records were lost/;

function countOf(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].length;
}

/** The lines of the file, if it has nothing but whole records. */
function wholeLines(directory: string): string[] | undefined {
  try {
    const lines = linesIn(directory, /^x$/);
    findRecords(lines);
    return lines;
  } catch {
    return undefined;
  }
}

/** Asserts that every record is there or was counted as lost for that reason, and that some were. */
function assertCounted(found: Found, stderr: string, reason: string): void {
  const { read, emitted, dropped, reason: countOf } = accountOf(stderr);
  assertEquals([read, emitted, countOf(reason)], [2 * LOAD.flows, found.ids.size, dropped]);
  assertEquals(found.records.size, found.ids.size);
  assertGreater(dropped, 0);
}

testUnless(
  REASON_TO_SKIP,
  "watch goes on when the disk is full, and again when there is room",
  async () => {
    await using disk = await SmallDisk.mount(KIB);
    await using flows = await MadeFlows.prepare(LOAD);
    const out = `${disk.path}/x`;
    await using program = flows.watch(["--out", out, "--min-free", "0%", ...REPORTS]);
    await program.line((line) => line.includes("no space left"), "that it is full", "stderr");
    // Nothing but whole lines is there while it is full, but for the moment of an attempt.
    const lines = await eventually(() => wholeLines(disk.path), "whole lines alone");
    const { size } = await Deno.stat(out);
    assertGreater(size, (KIB - 8) * 1024);
    await disk.resize(KIB * 100);
    await program.line((line) => AGAIN.test(line), "that it can be written", "stderr");
    const { code, stderr } = await flows.end(program);
    assertEquals([code, countOf(FULL, stderr)], [EXIT.io, 1], stderr);
    const all = linesIn(disk.path, /^x$/);
    assertEquals(all.slice(0, lines.length), lines);
    assertCounted(findRecords(all), stderr, "io");
  },
);

testUnless(
  REASON_TO_SKIP,
  "watch leaves free what is to be left free, and goes on when there is room",
  async () => {
    // It is looked now and then how much is free: all that may come in between has room.
    await using disk = await SmallDisk.mount(ROOMY_KIB);
    await using flows = await MadeFlows.prepare(LOAD);
    const args = ["--out", `${disk.path}/x`, "--min-free", `${TO_LEAVE_KIB}K`];
    await using program = flows.watch([...args, ...REPORTS]);
    await program.line(
      (line) => line.includes("less room on the disk"),
      "that it is full",
      "stderr",
    );
    await sleep(1000);
    const df = await runOther(["df", "-k", "--output=avail", disk.path]);
    const [, free] = df.trim().split("\n").map(Number);
    assert(free !== undefined && free > 0 && free <= TO_LEAVE_KIB, df);
    await disk.resize(2 * ROOMY_KIB);
    await program.line((line) => AGAIN.test(line), "that it can be written", "stderr");
    const { code, stderr } = await flows.end(program);
    assertEquals(code, EXIT.io, stderr);
    assertCounted(findRecords(linesIn(disk.path, /^x$/)), stderr, "disk_full");
  },
);

testUnless(REASON_TO_SKIP, "segments make room for others on a small disk", async () => {
  // What is to be left free has room for all that comes, however late it is looked.
  await using disk = await SmallDisk.mount(20_000);
  await using flows = await MadeFlows.prepare({ flows: 6000, rate: 1500 });
  const args = ["--out", `${disk.path}/`, "--rotate", "size=256K", "--min-free", "15000K"];
  await using program = flows.watch(args);
  const { code, stderr } = await flows.end(program);
  assertEquals(code, EXIT.ok, stderr);
  assertEquals(accountOf(stderr).dropped, 0);
  const { records } = findRecords(linesIn(disk.path, /ndjson$/));
  // The latest are there, the oldest are not.
  assertEquals(records.get(`${flows.load.flows - 1} close`), 1);
  assert(!records.has("0 open"));
});

testUnless(
  REASON_TO_SKIP,
  "export --since-last does a window again that did not fit on the disk",
  async () => {
    await using directory = new TempDir();
    await using disk = await SmallDisk.mount(KIB);
    const now = Math.floor(Date.now() / 60_000) * 60;
    const rows = Array.from({ length: 600 }, (_, i) => {
      const date = new Date((now - 60) * 1000).toISOString().replace(".000", "");
      return `${date},out,501,192.0.2.${i % 250},h${i}.example,6,443,1,0,5,9,"/bin/a${i}",`;
    });
    const header =
      "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";
    await Deno.writeTextFile(`${directory.path}/in.csv`, [header, ...rows].join("\n") + "\n");
    const args = [
      ...["export", "--input", `${directory.path}/in.csv`, "--window", "1m", "--settle", "0s"],
      ...[
        "--since-last",
        `${directory.path}/state`,
        "--format",
        "ndjson",
        "--out",
        `${disk.path}/x`,
      ],
    ];
    const full = await run(args);
    assertEquals(full.code, EXIT.io, full.stderr);
    assertMatch(full.stderr, /no space left/);
    await disk.resize(KIB * 100);
    const again = await run(args);
    assertEquals(again.code, EXIT.ok, again.stderr);
    const ids = linesIn(disk.path, /^x$/).map((line) => JSON.parse(line).event.id);
    assertEquals([ids.length, new Set(ids).size], [rows.length, rows.length]);
    const third = await run(args);
    assertEquals([third.code, linesIn(disk.path, /^x$/).length], [EXIT.ok, rows.length]);
  },
);

/** Runs a watch to the file `x` of the log under strace, which makes some system calls fail. */
async function injected(
  faults: readonly string[],
  more: readonly string[] = [],
): Promise<{ found: Found; code: number; stderr: string; injected: number }> {
  await using flows = await MadeFlows.prepare({ ...LOAD, rate: 400 });
  const path = `${flows.log}/x`;
  await Deno.writeTextFile(path, "");
  const trace = `${flows.directory}/trace`;
  const calls = ["-e", "trace=write,fdatasync,fsync", ...faults.flatMap((fault) => ["-e", fault])];
  const prefix = [STRACE, "-D", "-f", "-qq", "-o", trace, "-P", path, ...calls];
  await using program = flows.watch(["--out", path, ...more], { prefix });
  const { code, stderr } = await flows.end(program);
  const told = await Deno.readTextFile(trace);
  const found = findRecords(linesIn(flows.log, /^x$/));
  return { found, code, stderr, injected: countOf(/\(INJECTED\)/g, told) };
}

const SKIP_STRACE = REASON_TO_SKIP ?? missing([STRACE]);

for (const [error, text] of [["ENOSPC", "no space left"], ["EIO", "input/output error"]] as const) {
  testUnless(SKIP_STRACE, `watch says ${error} of a write once, and goes on`, async () => {
    const run = await injected([`inject=write:error=${error}:when=5..10`]);
    assertEquals([run.code, run.injected], [EXIT.io, 6], run.stderr);
    assertEquals(countOf(/cannot write to/g, run.stderr), 1, run.stderr);
    assertMatch(run.stderr, new RegExp(text));
    assertMatch(run.stderr, AGAIN);
    assertCounted(run.found, run.stderr, "io");
  });
}

testUnless(
  SKIP_STRACE,
  "watch says that it cannot make sure of the disk, loses nothing and ends with 74",
  async () => {
    const run = await injected(["inject=fdatasync,fsync:error=EIO:when=1+"]);
    assertEquals(run.code, EXIT.io, run.stderr);
    assertGreater(run.injected, 0);
    assertEquals(
      countOf(/cannot make sure that .* is on the disk: input\/output error/g, run.stderr),
      1,
      run.stderr,
    );
    assertEquals(run.found.ids.size, 2 * LOAD.flows);
  },
);

testUnless(
  SKIP_STRACE,
  "watch --sync record counts nothing that the disk has not confirmed",
  async () => {
    const run = await injected(["inject=fdatasync,fsync:error=EIO:when=1+"], ["--sync", "record"]);
    assertEquals(run.code, EXIT.io, run.stderr);
    const { read, emitted, reason } = accountOf(run.stderr);
    assertEquals([read, emitted, reason("io")], [2 * LOAD.flows, 0, 2 * LOAD.flows]);
  },
);
