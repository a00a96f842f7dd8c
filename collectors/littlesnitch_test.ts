import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakePrograms } from "./conntrack/child_test_tools.ts";
import { LittleSnitchCollector } from "./littlesnitch.ts";
import { inZone } from "./littlesnitch/zone_test_tools.ts";
import { testUnless } from "../tests/skip.ts";
import { HEADER, rowOf } from "./littlesnitch/traffic_test_tools.ts";
import {
  collectorOf,
  LACK,
  optionsWith,
  runOf,
  runScript,
  standIn,
} from "./littlesnitch_test_tools.ts";

const CSV = new URL("../fixtures/littlesnitch/traffic.csv", import.meta.url).pathname;

/** 2021-01-02T10:00:00Z. */
const BEGIN = Date.UTC(2021, 0, 2, 10) * 1000;
const HOUR = 3600 * 1e6;

testUnless(
  LACK,
  "LittleSnitchCollector reads what the program prints, in a window of local time",
  async () => {
    const { records, counters, covered, error, args } = await inZone(
      "Europe/Vienna",
      () => runScript(standIn(), { begin: BEGIN, end: BEGIN + HOUR }),
    );
    assertEquals(error, undefined);
    assertEquals(args, "log-traffic -b 2021-01-02 11:00:00 -e 2021-01-02 12:00:00\n");
    assertEquals(records.map(({ remote }) => remote?.name), ["dns.google"]);
    assertEquals(counters, { read: 1, dropped: {}, degraded: {} });
    assertEquals(covered.map(({ name, usable }) => [name, usable]), [["littlesnitch", true]]);
  },
);

testUnless(
  LACK,
  "LittleSnitchCollector reads everything since a time, and nothing where none is given",
  async () => {
    assertEquals((await runScript(standIn(), { begin: BEGIN })).records.length, 3);
    assertEquals((await runScript(standIn())).records, []);
  },
);

testUnless(
  LACK,
  "LittleSnitchCollector says what to do where the log may not be read, on either output",
  async () => {
    for (const says of ["stderr", "stdout"]) {
      const env = `LITTLESNITCH_SAYS=${says}`;
      for (const stream of [false, true]) {
        const root = await runScript(standIn(`${env} LITTLESNITCH_UID=501`), { stream });
        assertEquals(root.error, [77, "littlesnitch may read its log only as root: use sudo"]);
        for (const status of [0, 1]) {
          const access = `${env} LITTLESNITCH_ACCESS=no LITTLESNITCH_ACCESS_STATUS=${status}`;
          const { error, counters } = await runScript(standIn(access), { stream });
          assertEquals(error?.[0], 77);
          assertMatch(error?.[1] ?? "", /Security and allow access via Terminal$/);
          assertEquals(counters, { read: 0, dropped: {}, degraded: {} });
        }
      }
    }
  },
);

Deno.test("LittleSnitchCollector takes exit status 14 for the lack of root, whatever is said", async () => {
  assertEquals((await runScript("exit 14")).error?.[0], 77);
  assertEquals(
    (await runScript("printf 'littlesnitch must be run as root!'; exit 1")).error?.[0],
    77,
  );
});

testUnless(
  LACK,
  "LittleSnitchCollector says what went wrong where the program is an older one",
  async () => {
    const old = standIn().replace(/exec (\S+) "\$@"/, "exec $1 log");
    for (const stream of [false, true]) {
      const { error } = await runScript(old, { stream });
      assertEquals(error, [
        69,
        "littlesnitch log-traffic ended with status 1, saying \"Error: unknown command 'log'.\": " +
        "it takes Little Snitch 5 or later, and that it runs",
      ]);
    }
  },
);

Deno.test("LittleSnitchCollector keeps what came before a crash, and counts the torn row", async () => {
  const print = `echo '${HEADER}'; echo '${rowOf()}'; printf '%s' '${rowOf()}'`;
  for (
    const [end, how] of [["exit 3", "ended with status 3"], ["kill -9 $$", "was ended by SIGKILL"]]
  ) {
    const { records, counters, error } = await runScript(`${print}; echo oops >&2; ${end}`);
    assertEquals(records.length, 1);
    assertEquals(counters, { read: 2, dropped: { malformed: 1 }, degraded: {} });
    assertEquals(error, [69, `littlesnitch log-traffic ${how}, saying "oops"`]);
  }
});

Deno.test("LittleSnitchCollector refuses output that is not the traffic log", async () => {
  for (const body of ["", "echo usage: whatever", `echo '${rowOf()}'`]) {
    const { error } = await runScript(body);
    assertEquals(error?.[0], 65);
    assertMatch(error?.[1] ?? "", /^what littlesnitch printed (is empty|begins with ")/);
  }
});

Deno.test("LittleSnitchCollector survives a flood without a line feed", async () => {
  const flood = "head -c 10000000 /dev/zero | tr '\\0' x";
  const { records, counters, error } = await runScript(
    `echo '${HEADER}'; ${flood}; echo; echo '${rowOf()}'; ${flood} >&2`,
  );
  assertEquals([records.length, error], [1, undefined]);
  assertEquals(counters, { read: 2, dropped: { oversize: 1 }, degraded: {} });
  assertEquals((await runScript(flood)).error?.[0], 65);
});

Deno.test("LittleSnitchCollector ends a program that hangs, even one that ignores SIGTERM", async () => {
  const hang = `trap '' TERM; echo '${HEADER}'; while :; do read x </dev/zero; done`;
  const { error, covered } = await runScript(hang, {}, ({ covered }) => covered.length > 0);
  assertEquals([error, covered.length], [undefined, 1]);
  const half = `echo '${HEADER}'; echo '${rowOf()}'; printf 2021; exec sleep 1000`;
  const { counters } = await runScript(half, {}, ({ records }) => records.length > 0);
  assertEquals(counters, { read: 1, dropped: {}, degraded: {} });
});

Deno.test("LittleSnitchCollector runs no program but one on macOS, by its absolute path", async () => {
  await using fakes = new FakePrograms();
  const program = fakes.script("touch $0.ran", "littlesnitch");
  const linux = collectorOf(fakes, { os: "linux" });
  const { error } = await runOf(linux, { program });
  assertEquals(error?.[0], 69);
  assertMatch(error?.[1] ?? "", /only on macOS: .* --input FILE$/);
  const probed = await linux.probe(optionsWith({ program }));
  assertEquals([probed.usable, probed.reason], [false, error?.[1]]);
  const collector = collectorOf(fakes);
  assertEquals((await runOf(collector, { program: "littlesnitch" })).error?.[0], 64);
  assertEquals((await runOf(collector, { program, stream: true, end: 1 })).error?.[0], 64);
  const gone = await runOf(collector, { program: "/nowhere/littlesnitch" });
  assertEquals([gone.error?.[0], fakes.children.length], [69, 0]);
});

Deno.test("LittleSnitchCollector reads a file on every system", async () => {
  await using fakes = new FakePrograms();
  const collector = collectorOf(fakes, { os: "linux" });
  const { records, covered } = await runOf(collector, { input: CSV, begin: BEGIN + HOUR });
  assertEquals(records.map(({ direction }) => direction), ["ingress", "egress"]);
  assertEquals(covered.map(({ reason }) => reason), [`reads "${CSV}"`]);
  assertEquals((await collector.probe(optionsWith({ input: CSV }))).usable, true);
  assertEquals((await collector.probe(optionsWith({ input: "/nowhere" }))).usable, false);
  const wrong = await runOf(collector, { input: new URL(import.meta.url).pathname });
  assertEquals(wrong.error?.[0], 65);
  assertMatch(wrong.error?.[1] ?? "", /littlesnitch_test.ts" begins with "import /);
  assertMatch((await runOf(collector, { input: "/dev/null" })).error?.[1] ?? "", /is empty/);
});

Deno.test("LittleSnitchCollector reads standard input, and says which columns are missing", async () => {
  await using fakes = new FakePrograms();
  const chunks = ["date,direc", "tion,ipAddress\n2021-01-02T10:02:00Z,o", "ut,192.0.2.1"];
  const open = () =>
    Promise.resolve({
      read: (buffer: Uint8Array) => {
        const chunk = chunks.shift();
        if (chunk === undefined) return Promise.resolve(null);
        return Promise.resolve(new TextEncoder().encodeInto(chunk, buffer).written);
      },
      close: () => {},
    });
  const collector = collectorOf(fakes, { os: "windows", open });
  const { records, covered } = await runOf(collector, { input: "-" });
  assertEquals(records.map(({ remote }) => remote), [{ ip: "192.0.2.1" }]);
  assert(covered[0]?.misses.includes('what column "uid" tells: it is not there'));
});

testUnless(
  LACK,
  "LittleSnitchCollector probes the program, and says why it cannot be used",
  async () => {
    await using fakes = new FakePrograms();
    const program = fakes.script(standIn(), "littlesnitch");
    const found = await collectorOf(fakes).probe(optionsWith({ program, stream: true }));
    assertEquals([found.usable, found.remedies], [true, []]);
    assertMatch(fakes.written("littlesnitch.args"), /^log-traffic -b [-0-9]{10} [:0-9]{8}\n$/);
    const refused = fakes.script("exit 14", "refused");
    const { usable, reason } = await collectorOf(fakes).probe(optionsWith({ program: refused }));
    assertEquals([usable, reason.includes("as root")], [false, true]);
  },
);

Deno.test("LittleSnitchCollector probes in vain where the program says nothing", async () => {
  await using fakes = new FakePrograms();
  const program = fakes.script("exec sleep 1000", "littlesnitch");
  const system = {
    ...fakes.system,
    sleep: (ms: number, signal: AbortSignal) => fakes.system.sleep(ms / 50, signal),
    env: () => undefined,
  };
  const collector = new LittleSnitchCollector(system, { os: "darwin" });
  const { usable, reason } = await collector.probe(optionsWith({ program }));
  assertEquals([usable, reason], [false, "littlesnitch has said nothing for 10 s"]);
});
