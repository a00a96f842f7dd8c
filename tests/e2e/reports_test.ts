/** The records that `watch` writes about itself: coverage and stats. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { VERSION } from "../../lib/version.ts";
import { FakeProcfs, FIRST_NETNS } from "../fake_procfs.ts";
import { accountOf } from "../ledger.ts";
import { ROOT, run, start, TempDir } from "../program.ts";
import { pythonTest, readBack, readReports, type ReportRow } from "../read_back.ts";

const FIXTURE = ["--procfs", `${ROOT}fixtures/proc`];
const WATCH = ["watch", ...FIXTURE, "--format", "ndjson", "--interval", "200ms", "--verbose"];

function isStats(line: string): boolean {
  return line.includes('"action":"stats"');
}

/** Asserts that every stats record adds up, and that together they cover the run without a gap. */
function assertLaw(stats: readonly ReportRow[]): void {
  let read = 0;
  let until: unknown;
  for (const { total, delta, underWay, whole } of stats) {
    const { emitted, folded, filtered, dropped } = total;
    assertEquals(total.read, emitted + folded + filtered + dropped.total + underWay);
    assert(underWay >= 0);
    const reasons = Object.values(dropped.reasons);
    assertEquals(dropped.total, reasons.reduce((sum, count) => sum + count, 0));
    read += delta.read;
    assertEquals(total.read, read);
    if (until !== undefined) assertEquals(whole.event["start"], until);
    until = whole.event["end"];
  }
}

pythonTest("watch opens with what it covers, and accounts for all records to the end", async () => {
  await using program = start([...WATCH, "--stats", "1s", "--protocol", "tcp"]);
  await program.line(isStats, "a stats record");
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals(code, EXIT.ok, stderr);
  const [coverage, ...stats] = await readReports(stdout);
  const records = await readBack("ndjson", stdout);
  assertEquals(stdout.trimEnd().split("\n").length, 1 + stats.length + records.length);

  assertEquals([coverage?.kind, coverage?.before], ["coverage", 0]);
  assertEquals(coverage?.whole.event["kind"], "state");
  assertMatch(stdout, new RegExp(`^.*"agent":\\{"type":"connscribe","version":"${VERSION}"\\}`));
  const [proc] = coverage?.collectors ?? [];
  assert(typeof proc === "object");
  assertEquals([proc.name, proc.usable], ["proc", true]);
  assert(proc.sees !== undefined && proc.misses.length > 0);

  assert(stats.length >= 2);
  assertEquals(new Set(stats.map(({ whole }) => whole.event["id"])).size, stats.length);
  assertLaw(stats);
  const last = stats.at(-1);
  assertEquals([last?.kind, last?.why, last?.before], ["stats", "end", records.length]);
  const { read, emitted, filtered } = accountOf(stderr);
  assertEquals(
    [last?.total.read, last?.total.emitted, last?.total.filtered, last?.underWay],
    [read, emitted, filtered, 0],
  );
  assertEquals(emitted, records.length);
  assert(filtered > 0 && (last?.memoryBytes ?? 0) > 1_000_000);
});

pythonTest("watch reports a loss long before the interval is over", async () => {
  await using directory = new TempDir();
  const procfs = new FakeProcfs(directory.path);
  procfs.addNamespace(FIRST_NETNS, { tcp: [] });
  procfs.addProcess({ pid: 1, ppid: 0, comm: "init" });
  const args = ["watch", "--procfs", procfs.root, "-i", "200ms", "-f", "ndjson", "--stats", "1h"];
  await using program = start(args);
  await program.line((line) => line.includes('"action":"coverage"'), "coverage");
  const path = `${procfs.root}/namespaces/${FIRST_NETNS}/tcp`;
  await Deno.writeTextFile(path, `${await Deno.readTextFile(path)}   0: rubbish\n`);
  await program.line(isStats, "a stats record");
  program.signal("SIGTERM");
  const stats = (await readReports((await program.ended()).stdout)).slice(1);
  assertLaw(stats);
  assertEquals(stats[0]?.why, "loss");
  assert((stats[0]?.delta.dropped.reasons["malformed"] ?? 0) > 0);
});

Deno.test("watch writes its reports as lines of text that can be told from the others", async () => {
  const { code, stdout } = await run(["watch", ...FIXTURE, "--for", "300ms"]);
  assertEquals(code, EXIT.ok);
  const kinds = stdout.trimEnd().split("\n").map((line) => line.split(" ")[2]);
  assertEquals([kinds.at(0), kinds.at(-1)], ["coverage", "stats"]);
  assertEquals(kinds.filter((kind) => kind === "coverage" || kind === "stats").length, 2);
});

Deno.test("watch writes nothing of how it went where its collector could not start", async () => {
  const args = ["watch", "--from", "conntrack", "--conntrack", "/nonexistent", "--format", "text"];
  const { code, stdout } = await run(args);
  assert(code !== EXIT.ok);
  assertEquals(stdout, "");
});

Deno.test("watch takes --from conntrack,trace, and no --buffer of more than 1G", async () => {
  const dry = await run(["watch", "--from", "conntrack,trace", "--dry-run"]);
  assertEquals(dry.code, EXIT.ok, dry.stderr);
  const { code, stderr } = await run(["watch", "--buffer", "1025M"]);
  assertEquals(code, EXIT.usage);
  assertMatch(stderr, /--buffer.*the maximum is 1G/);
});

Deno.test("--no-reports leaves nothing but records of connections", async () => {
  for (const format of ["text", "ndjson"]) {
    const args = ["watch", ...FIXTURE, "--for", "300ms", "--format", format, "--no-reports"];
    const { stdout } = await run(args);
    assert(stdout.length > 0);
    assert(!/coverage|stats/.test(stdout), stdout);
  }
});

Deno.test("snapshot, and formats with fixed columns, write no reports", async () => {
  const snapshot = await run(["snapshot", ...FIXTURE, "--format", "ndjson"]);
  assert(!/"connscribe.(coverage|stats)"/.test(snapshot.stdout));
  for (const format of ["csv", "lognet", "table", "template"]) {
    const { code, stdout, stderr } = await run([
      ...["watch", ...FIXTURE, "--for", "300ms", "--format", format, "--stats", "1s"],
    ]);
    assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" }, format);
    assert(!/\b(coverage|stats)\b/.test(stdout), format);
  }
});

Deno.test("--stats refuses less than a second", async () => {
  const { code, stderr } = await run(["watch", "--stats", "999ms"]);
  assertEquals(code, EXIT.usage);
  assertMatch(stderr, /--stats/);
});
