/** Which collector `watch` takes by itself, and what it says where the trace cannot be read. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { NetworkNamespace } from "../netns.ts";
import { type Program, type Result, run, runOther, start } from "../program.ts";
import { readReports } from "../read_back.ts";
import { UnprivilegedCopy } from "../unprivileged.ts";
import { liveTest } from "./live.ts";
import { instancesOf } from "./trace_records.ts";

const AUTO = ["watch", "--format", "ndjson", "--verbose"];

/** What makes a program run where tracefs is not mounted. */
const WITHOUT_TRACEFS = [
  "/usr/bin/unshare",
  "-m",
  "/bin/sh",
  "-c",
  "umount -l /sys/kernel/debug/tracing 2>/dev/null; umount -l /sys/kernel/debug 2>/dev/null; " +
  'umount -l /sys/kernel/tracing || exit 99; exec "$@"',
  "sh",
];

/** The last coverage record: which collectors were tried, and whether they can be used. */
async function covered(stdout: string): Promise<string[]> {
  const reports = await readReports(stdout);
  const last = reports.filter(({ kind }) => kind === "coverage").at(-1);
  return (last?.collectors ?? []).map((one) =>
    typeof one === "string" ? one : `${one.name} ${one.usable}`
  );
}

/** Waits until a collector covers something, and ends the program as a user would. */
async function ended(program: Program, collector: string): Promise<Result> {
  const said = `"name":"${collector}","usable":true`;
  await program.line((line) => line.includes('"coverage"') && line.includes(said), collector);
  program.signal("SIGTERM");
  const result = await program.ended();
  assertEquals(result.code, EXIT.ok, result.stderr);
  assertEquals(instancesOf(program.pid), []);
  return result;
}

/** The lines of stderr that are no account of records. */
function complaints(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line !== "" && !line.includes("read 0, emitted 0"));
}

liveTest("auto takes the trace where it can be read", async () => {
  await using program = start([...AUTO, "--mount-tracefs"]);
  const { stdout } = await ended(program, "trace");
  assertEquals(await covered(stdout), ["trace true"]);
});

liveTest("auto without tracefs takes conntrack where flows are tracked", async () => {
  await using namespace = await NetworkNamespace.create();
  const rule = "add table inet t { chain c { ct state new; }; }";
  await runOther([...namespace.prefix, "/usr/sbin/nft", rule]);
  await using program = start(AUTO, { prefix: [...namespace.prefix, ...WITHOUT_TRACEFS] });
  const { stdout, stderr } = await ended(program, "conntrack");
  assertEquals(await covered(stdout), ["trace false", "conntrack true"]);
  assertMatch(stderr, /trace: not usable here: .*--mount-tracefs/);
});

liveTest("auto without tracefs and without tracked flows takes proc", async () => {
  await using namespace = await NetworkNamespace.create();
  await using program = start(AUTO, { prefix: [...namespace.prefix, ...WITHOUT_TRACEFS] });
  const { stdout, stderr } = await ended(program, "proc");
  assertEquals(await covered(stdout), ["trace false", "conntrack false", "proc true"]);
  assertMatch(stderr, /conntrack: not usable here: .*ct state new/);
});

liveTest(
  "trace without tracefs ends with 69 and the remedy, and mounts it when asked",
  async () => {
    const options = { prefix: WITHOUT_TRACEFS };
    const refused = await run(["watch", "--from", "trace"], options);
    assertEquals(refused.code, EXIT.unavailable);
    const lines = complaints(refused.stderr);
    assertEquals(lines.length, 1, refused.stderr);
    assertStringIncludes(lines[0] ?? "", "--mount-tracefs");
    const args = [...AUTO, "--from", "trace", "--mount-tracefs"];
    await using program = start(args, options);
    await ended(program, "trace");
  },
);

liveTest("unprivileged, auto takes proc and says why, and trace ends with one line", async () => {
  await using copy = await UnprivilegedCopy.create();
  const automatic = await copy.run([...AUTO, "--for", "2s"]);
  assertEquals(automatic.code, EXIT.ok, automatic.stderr);
  assertEquals(await covered(automatic.stdout), ["trace false", "conntrack false", "proc true"]);
  assertMatch(automatic.stderr, /trace: not usable here: .*root/);
  const named = await copy.run(["watch", "--from", "trace"]);
  assert([EXIT.unavailable, EXIT.permission].some((code) => code === named.code), named.stderr);
  const lines = complaints(named.stderr);
  assertEquals(lines.length, 1, named.stderr);
  assertMatch(lines[0] ?? "", /root/);
});
