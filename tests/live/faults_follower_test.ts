/** What a forwarder (rsyslogd with imfile) has read of files that are rotated under load: all, and once. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { eventually, sleep } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import {
  assertEachOnce,
  findRecords,
  linesIn,
  MadeFlows,
  namesIn,
  REASON_TO_SKIP,
} from "./made_flows.ts";
import { Rsyslog, RSYSLOG_PROGRAMS } from "./rsyslog.ts";

const SKIP = REASON_TO_SKIP ?? missing(RSYSLOG_PROGRAMS);

/** The figures of a run by hand come from the environment: `FLOWS=100000 RATE=10000`. */
const FLOWS = Number(Deno.env.get("FLOWS") ?? 6000);
const RATE = Number(Deno.env.get("RATE") ?? 3000);

/** How long a run by hand may take, milliseconds. */
const LONG = 300_000;

/**
 * Of a file that is renamed twice before rsyslogd has seen it, it reads nothing: with two rotations a second
 * one file in two hundred was lost by it. So they must be further apart, which they are with usual sizes.
 */
const WAYS = [
  {
    name: "renamed files",
    out: "x",
    size: "3M",
    rate: RATE / 3,
    follow: "x",
    files: /^x(\.\d+)?$/,
  },
  { name: "segments", out: "", size: "1M", rate: RATE, follow: "*.ndjson", files: /ndjson$/ },
] as const;

/** How long the forwarder has to say something twice, milliseconds. */
const TWICE_MS = 1500;

/** The configuration of an input that follows files. */
function following(files: string): string {
  return `
module(load="imfile")
input(type="imfile" file="${files}" tag="connscribe" ruleset="all")`;
}

/** Asserts that it has got each line as often as it was written. */
async function assertForwarded(server: Rsyslog, written: readonly string[]): Promise<void> {
  // Where lines are lost, the comparison says so better.
  await server.has(written.length).catch(() => {});
  await sleep(TWICE_MS);
  const received = server.received().map(({ message }) => message);
  const wanted = new Set(written);
  const found = new Set(received);
  assertEquals({
    lost: wanted.difference(found).size,
    broken: found.difference(wanted).size,
    lines: received.length,
  }, { lost: 0, broken: 0, lines: written.length });
}

for (const { name, out, size, rate, follow, files } of WAYS) {
  testUnless(SKIP, `a forwarder that follows ${name} misses nothing under load`, async () => {
    await using flows = await MadeFlows.prepare({ flows: FLOWS, rate });
    const { directory, log } = flows;
    await Deno.mkdir(`${directory}/server`);
    await using server = await Rsyslog.start(`${directory}/server`, following(`${log}/${follow}`));
    await using program = flows.watch(["--out", `${log}/${out}`, "--rotate", `size=${size}`]);
    const { code, stderr } = await flows.end(program, LONG);
    assertEquals(code, EXIT.ok, stderr);
    const lines = linesIn(log, files);
    assertEachOnce(findRecords(lines), flows.load);
    assert(namesIn(log).length >= 4);
    await assertForwarded(server, lines);
  });
}

testUnless(SKIP, "a forwarder that is down over ten segments misses nothing", async () => {
  await using flows = await MadeFlows.prepare({ flows: FLOWS, rate: RATE / 3 });
  const { directory, log } = flows;
  await Deno.mkdir(`${directory}/server`);
  await using server = await Rsyslog.start(`${directory}/server`, following(`${log}/*.ndjson`));
  await using program = flows.watch(["--out", `${log}/`, "--rotate", "size=256K"]);
  const segments = (count: number) =>
    eventually(
      () => namesIn(log).length > count || undefined,
      `${count} segments`,
    );
  await segments(2);
  await server.has(1);
  // All that is told while rsyslogd ends would be missing of the ten segments.
  program.signal("SIGSTOP");
  await server.stop();
  const before = namesIn(log).length;
  program.signal("SIGCONT");
  await segments(before + 10);
  await server.start();
  const { code, stderr } = await flows.end(program, LONG);
  assertEquals(code, EXIT.ok, stderr);
  const lines = linesIn(log, /ndjson$/);
  assertEachOnce(findRecords(lines), flows.load);
  await assertForwarded(server, lines);
});
