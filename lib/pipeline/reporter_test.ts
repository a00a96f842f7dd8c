import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { OutputLoss, Report, StatsReport } from "../report.ts";
import { recordOf } from "../sinks/test_output.ts";
import { Reporter } from "./reporter.ts";
import { Ledger } from "./stage.ts";

/** 2026-11-21T03:00:00Z */
const START = 1_795_230_000_000_000;

interface Setup {
  readonly reporter: Reporter;
  readonly ledger: Ledger;
  readonly reports: Report[];
  /** Lets so much time pass, calling `each` at the end of every sleep, with the milliseconds since the start. */
  run(ms: number, each?: (ms: number) => void): Promise<void>;
  stats(): StatsReport[];
  /** Sets the clock, by so many milliseconds. */
  jump(ms: number): void;
  /** What the outputs have lost. */
  readonly losses: OutputLoss[];
}

function setup(intervalMs: number): Setup {
  const ledger = new Ledger();
  const reports: Report[] = [];
  const losses: OutputLoss[] = [];
  const stop = new AbortController();
  let passed = 0;
  let jumped = 0;
  let end = 0;
  let onSleep = (_ms: number) => {};
  const system = {
    now: () => START + (passed + jumped) * 1000,
    elapsed: () => passed * 1000,
    residentBytes: () => 42,
    sleep: (ms: number) => {
      passed += ms;
      onSleep(passed);
      if (passed > end) stop.abort();
      return Promise.resolve();
    },
  };
  const reporter = new Reporter({
    system,
    host: { id: "h", name: "n" },
    collectors: ["proc"],
    ledger,
    intervalMs,
    sees: (name) => name === "proc" ? "sockets" : undefined,
    losses: () => losses,
    write: (report) => reports.push(report),
  });
  return {
    reporter,
    ledger,
    reports,
    run: async (ms, each = () => {}) => {
      end = ms;
      onSleep = each;
      await reporter.run(stop.signal);
    },
    stats: () => reports.filter((report) => report.kind === "stats"),
    jump: (ms) => jumped += ms,
    losses,
  };
}

/** When each report came, in seconds since the start, and why. */
function schedule(reports: readonly StatsReport[]): [number, string][] {
  return reports.map(({ time, why }) => [(time - START) / 1e6, why]);
}

Deno.test("Reporter reports at intervals, also those of no whole seconds", async () => {
  const quiet = setup(60_000);
  await quiet.run(180_000);
  assertEquals(schedule(quiet.stats()), [[60, "interval"], [120, "interval"], [180, "interval"]]);
  const odd = setup(2500);
  await odd.run(5000);
  assertEquals(schedule(odd.stats()), [[2.5, "interval"], [5, "interval"]]);
});

Deno.test("Reporter reports a loss within a second, and the interval begins anew", async () => {
  const { ledger, stats, run } = setup(60_000);
  await run(73_000, (ms) => {
    if (ms === 13_000) ledger.drop("overrun", 5);
  });
  assertEquals(schedule(stats()), [[13, "loss"], [73, "interval"]]);
  assertEquals(stats().map(({ delta }) => delta.dropped), [{ overrun: 5 }, {}]);
  assertEquals(stats().map(({ total }) => total.dropped), [{ overrun: 5 }, { overrun: 5 }]);
});

Deno.test("Reporter reports losses that go on less and less often, and counts each once", async () => {
  const { ledger, stats, run } = setup(10_000);
  await run(75_000, (ms) => {
    if (ms <= 40_000) ledger.drop("overrun");
    if (ms === 70_000) ledger.drop("malformed");
  });
  assertEquals(schedule(stats()), [
    [1, "loss"],
    [3, "loss"],
    [7, "loss"],
    [15, "loss"],
    [25, "loss"],
    [35, "loss"],
    [45, "loss"],
    [55, "interval"],
    [65, "interval"],
    [70, "loss"],
  ]);
  const counted = stats().reduce((sum, { delta }) => sum + (delta.dropped["overrun"] ?? 0), 0);
  assertEquals(counted, 40);
});

Deno.test("Reporter gives spans and deltas that join without a gap, and keeps the law", async () => {
  const { reporter, ledger, stats, run } = setup(1000);
  await run(5000, (ms) => {
    ledger.read += ms;
    ledger.emitted += 600;
    ledger.folded += 100;
    ledger.filtered += 200;
    if (ms === 2000) ledger.drop("io", 7);
    ledger.collected({ read: 0, dropped: {}, degraded: { no_bytes: ms / 1000 } });
  });
  reporter.stats("end");
  let from = START;
  let read = 0;
  for (const report of stats()) {
    assertEquals(report.from, from);
    from = report.to;
    read += report.delta.read;
    assertEquals(report.total.read, read);
    const { emitted, folded, filtered, dropped } = report.total;
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assertEquals(read, emitted + folded + filtered + lost + report.underWay);
    assertEquals(report.memoryBytes, 42);
  }
  assertEquals(stats().at(-1)?.why, "end");
  assertEquals(read, ledger.read);
  const degraded = stats().map(({ delta }) => delta.degraded["no_bytes"] ?? 0);
  assertEquals(degraded.reduce((sum, count) => sum + count, 0), ledger.degraded.get("no_bytes"));
  assertEquals(degraded.slice(0, 3), [1, 2, 3]);
});

Deno.test("Reporter gives the longest lag of a span, and none where nothing was written", () => {
  const { reporter, stats } = setup(1000);
  reporter.wrote([]);
  reporter.stats("interval");
  const at = (time: number) => [{ ...recordOf("a"), time }, recordOf("b")];
  reporter.wrote(at(START - 500));
  reporter.wrote(at(START - 2000));
  reporter.wrote(at(START + 1_000_000));
  reporter.stats("interval");
  reporter.wrote(at(START + 1));
  reporter.stats("interval");
  assertEquals(stats().map(({ lagUs }) => lagUs), [undefined, 2000, 0]);
});

Deno.test("Reporter reports coverage when it is new, of all collectors, and who is running", () => {
  const { reporter, reports, stats } = setup(1000);
  const blind = { name: "conntrack", usable: false, reason: "blind", misses: [], remedies: ["do"] };
  const sound = { name: "proc", usable: true, reason: "polls", misses: ["short"], remedies: [] };
  reporter.covered(blind);
  reporter.covered({ ...blind });
  reporter.covered(sound);
  reporter.covered({ ...sound, misses: ["short", "more"] });
  const seen = reports.flatMap((report) => report.kind === "coverage" ? [report.collectors] : []);
  assertEquals(seen, [
    [blind],
    [blind, { ...sound, sees: "sockets" }],
    [blind, { ...sound, sees: "sockets", misses: ["short", "more"] }],
  ]);
  reporter.stats("end");
  assertEquals(stats().at(-1)?.collectors, ["proc"]);
});

Deno.test("Reporter gives the same ids for the same reports, and different ones otherwise", () => {
  const ids = () => {
    const { reporter, reports } = setup(1000);
    reporter.stats("loss");
    reporter.stats("end");
    return reports.map(({ id }) => id);
  };
  const [loss, end] = ids();
  assertEquals(ids(), [loss, end]);
  assertNotEquals(loss, end);
  assert(/^[\w-]{12}-stats$/.test(loss ?? ""));
});

Deno.test("Reporter says that the clock was set or the host slept, and by how much", async () => {
  const { reports, run, jump } = setup(60_000);
  await run(30_000, (ms) => {
    if (ms === 5000) jump(-3_600_000);
    // What a clock is corrected by is no jump.
    else if (ms < 20_000) jump(1);
    if (ms === 21_000) jump(28_800_000);
  });
  const clocks = reports.filter((report) => report.kind === "clock");
  assertEquals(clocks.map(({ from, to }) => (to - from) / 1000), [-3_600_000, 28_800_000]);
  assertEquals(clocks.map(({ time, to }) => time - to), [0, 0]);
});

Deno.test("Reporter tells what outputs have lost", () => {
  const { reporter, stats, losses } = setup(60_000);
  reporter.stats("asked");
  losses.push({ name: '"/a"', lost: 2 });
  reporter.stats("asked");
  assertEquals(stats().map(({ outputs }) => outputs), [undefined, [{ name: '"/a"', lost: 2 }]]);
});
