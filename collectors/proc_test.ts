import { assert, assertEquals, assertRejects } from "@std/assert";
import type { CollectorContext, CollectorCounters, CollectorCoverage } from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { ExitError } from "../lib/exit.ts";
import { createFormat } from "../lib/formats/formats.ts";
import { realSystem, type System } from "../lib/system.ts";
import { OPTIONS } from "../lib/worker/test_options.ts";
import { FakeProcfs, type FakeSocket, FIRST_NETNS } from "../tests/fake_procfs.ts";
import { ProcCollector } from "./proc.ts";

const FIXTURE = new URL("../fixtures/proc", import.meta.url).pathname;
const PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\nalice:x:1000:1000::/:\n";

/** 2026-11-21T03:00:00Z. */
const NOW = 1_795_230_000_000_000;

/** The real file system, but with users and a clock of its own. */
function fixtureSystem(now: () => number = () => NOW): System {
  const real = realSystem();
  return {
    ...real,
    now,
    readFile: (path) =>
      path === "/etc/passwd" ? new TextEncoder().encode(PASSWD) : real.readFile(path),
  };
}

interface Setup {
  readonly context: CollectorContext;
  readonly counters: CollectorCounters;
  readonly said: string[];
  readonly covered: CollectorCoverage[];
  readonly stop: AbortController;
}

function setup(procfs: string, once = true): Setup {
  const counters: CollectorCounters = { read: 0, dropped: {}, degraded: {} };
  const said: string[] = [];
  const stop = new AbortController();
  const options = { ...OPTIONS, procfs, once };
  const report: CollectorContext["report"] = (level, message) => said.push(`${level}: ${message}`);
  const covered: CollectorCoverage[] = [];
  const coverage: CollectorContext["coverage"] = (said) => covered.push(said);
  const context = { options, signal: stop.signal, counters, coverage, report };
  return { context, counters, said, covered, stop };
}

async function collect(collector: ProcCollector, { context }: Setup): Promise<Connection[]> {
  const records: Connection[] = [];
  for await (const batch of collector.connections(context)) records.push(...batch);
  return records;
}

Deno.test("ProcCollector reads every socket of the fixture with its process or the reason for none", async (t) => {
  const run = setup(FIXTURE);
  const records = await collect(new ProcCollector(fixtureSystem()), run);
  const format = await createFormat("text", { color: false, now: NOW });
  await t.assertSnapshot(records.map((record) => format.line(record)).join(""));
  assertEquals(run.counters, { read: records.length, dropped: {}, degraded: {} });
  assert(records.every(({ preexisting, start }) => preexisting === true && start === undefined));
});

Deno.test("ProcCollector says what it covers before its first batch, once, as its probe does", async () => {
  const collector = new ProcCollector(fixtureSystem());
  const run = setup(FIXTURE, false);
  let looks = 0;
  const system = fixtureSystem();
  const sleeping: System = {
    ...system,
    sleep: () => {
      if (++looks === 3) run.stop.abort();
      return Promise.resolve();
    },
  };
  for await (const _ of new ProcCollector(sleeping).connections(run.context)) {
    assertEquals(run.covered.length, 1);
  }
  const probed = await collector.probe(run.context.options);
  assertEquals(run.covered, [{ name: "proc", ...probed }]);
});

Deno.test("ProcCollector gives the same ids on another run, and no two sockets the same", async () => {
  const ids = async () => {
    const records = await collect(new ProcCollector(fixtureSystem()), setup(FIXTURE));
    return records.map(({ id }) => id);
  };
  const first = await ids();
  assertEquals(await ids(), first);
  assertEquals(new Set(first).size, first.length);
});

Deno.test("ProcCollector says nothing more while nothing changes", async () => {
  const run = setup(FIXTURE, false);
  const collector = new ProcCollector({
    ...fixtureSystem(),
    sleep: () => {
      if (++looks === 5) run.stop.abort();
      return Promise.resolve();
    },
  });
  let looks = 0;
  const records = await collect(collector, run);
  assertEquals(looks, 5);
  assertEquals(new Set(records.map(({ id }) => id)).size, records.length);
});

Deno.test("ProcCollector looks as often as ever when the clock is set back", async () => {
  const run = setup(FIXTURE, false);
  let time = NOW;
  const pauses: number[] = [];
  const collector = new ProcCollector({
    ...fixtureSystem(() => time -= 3_600_000_000),
    sleep: (ms) => {
      if (pauses.push(ms) === 3) run.stop.abort();
      return Promise.resolve();
    },
  });
  await collect(collector, run);
  assert(pauses.every((ms) => ms <= run.context.options.intervalMs), `${pauses}`);
});

Deno.test("ProcCollector ends with a remedy where there is no proc file system", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const collector = new ProcCollector(fixtureSystem());
    await assertRejects(() => collect(collector, setup(directory)), ExitError, "--procfs");
    const { usable, remedies } = await collector.probe(setup(directory).context.options);
    assertEquals([usable, remedies.length], [false, 1]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ProcCollector counts malformed rows and makes no records of them", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/self/net`, { recursive: true });
    const rows = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:0BBB 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 91555 2 0 100 0 0 10 0",
      "   1: 0100007F:0BBB 00000000:00",
      "garbage \x1b[2J",
    ];
    await Deno.writeTextFile(`${directory}/self/net/tcp`, rows.join("\n") + "\n");
    const run = setup(directory);
    const records = await collect(new ProcCollector(fixtureSystem()), run);
    assertEquals(records.map(({ event, local }) => [event, local.port]), [["listen", 3003]]);
    assertEquals(run.counters, { read: 3, dropped: { malformed: 2 }, degraded: {} });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** A row of a table of UDP or TCP, with this tuple, state and inode. */
function netRow(tuple: string, state: string, inode: number): string {
  return `   0: ${tuple} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 2 0 20 0 0 10 -1\n`;
}

Deno.test("ProcCollector gives a datagram socket another id for each peer", async () => {
  const directory = await Deno.makeTempDir();
  const peers = ["32090A0A:0035", "3C090A0A:0035"];
  try {
    await Deno.mkdir(`${directory}/self/net`, { recursive: true });
    const ids = new Set<string>();
    for (const peer of peers) {
      const table = "  sl\n" + netRow(`01090A0A:D2E6 ${peer}`, "01", 7);
      await Deno.writeTextFile(`${directory}/self/net/udp`, table);
      const [record] = await collect(new ProcCollector(fixtureSystem()), setup(directory));
      assert(record?.id.endsWith(`-7-01090A0A.D2E6-${peer.replace(":", ".")}`), record?.id);
      ids.add(record?.id ?? "");
    }
    assertEquals(ids.size, 2);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ProcCollector reads all before its first batch when it looks once", async () => {
  const procfs = await Deno.makeTempDir();
  try {
    const host = new FakeProcfs(procfs);
    const inodes = Array.from({ length: 250 }, (_, index) => 1000 + index);
    const sockets = inodes.map((inode): FakeSocket => ({
      local: ["127.0.0.1", inode],
      state: 10,
      inode,
    }));
    host.addNamespace(FIRST_NETNS, { tcp: sockets });
    host.addProcess({ pid: 10, comm: "server10", sockets: inodes.slice(0, 125) });
    host.addProcess({ pid: 20, comm: "server20", sockets: inodes.slice(125) });
    let isReadable = true;
    const guarded = <T>(read: (path: string) => T) => (path: string): T => {
      if (!isReadable) throw new Deno.errors.NotCapable(`"${path}" is read too late`);
      return read(path);
    };
    const { readFile, readDir, readLink, ...system } = fixtureSystem();
    const collector = new ProcCollector({
      ...system,
      readFile: guarded(readFile),
      readDir: guarded(readDir),
      readLink: guarded(readLink),
    });
    const sizes: number[] = [];
    const names = new Map<string, number>();
    for await (const batch of collector.connections(setup(procfs).context)) {
      isReadable = false;
      sizes.push(batch.length);
      for (const { process } of batch) {
        const name = process?.name ?? "none";
        names.set(name, (names.get(name) ?? 0) + 1);
      }
    }
    assert(sizes.length > 1, `all ${sizes[0]} are in one batch`);
    assertEquals(Object.fromEntries(names), { server10: 125, server20: 125 });
  } finally {
    await Deno.remove(procfs, { recursive: true });
  }
});

Deno.test("ProcCollector makes one record of a socket that changes while its table is read", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/self/net`, { recursive: true });
    const [accepted, closed] = ["0100007F:0BBB 0100007F:D001", "0100007F:0BBB 0100007F:D002"];
    const rows = [
      netRow(accepted, "03", 0),
      netRow(closed, "01", 8),
      netRow(accepted, "01", 7),
      netRow(closed, "06", 0),
    ];
    await Deno.writeTextFile(`${directory}/self/net/tcp`, "  sl\n" + rows.join(""));
    const records = await collect(new ProcCollector(fixtureSystem()), setup(directory));
    const events = records.map(({ event, remote }) => `${event} ${remote?.port}`);
    assertEquals(events, ["open 53249", "close 53250"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ProcCollector says where processes are hidden", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/self/net`, { recursive: true });
    await Deno.mkdir(`${directory}/20/fd`, { recursive: true });
    const table = "  sl\n" + netRow("0100007F:0BBB 00000000:0000", "0A", 7);
    await Deno.writeTextFile(`${directory}/self/net/tcp`, table);
    const run = setup(directory);
    const [record] = await collect(new ProcCollector(fixtureSystem()), run);
    assertEquals(record?.attributionReason, "not permitted to look into every process");
    assert(run.said.some((line) => line.includes("hidepid")), run.said.join("\n"));
    const { misses } = await new ProcCollector(fixtureSystem()).probe(run.context.options);
    assert(
      misses.some((miss) => miss.includes("hidepid")) &&
        misses.some((miss) => miss.includes("subset=pid")),
    );
    // CAP_SYS_PTRACE sees all, even where process 1 is closed to it.
    const status = (capabilities: string) => `Name:\tx\nCapEff:\t${capabilities}\nSeccomp:\t0\n`;
    for (const [effective, hides] of [["0000000000080004", false], ["0000000000000004", true]]) {
      await Deno.writeTextFile(`${directory}/self/status`, status(`${effective}`));
      const found = await new ProcCollector(fixtureSystem()).probe(run.context.options);
      assertEquals(found.misses.some((miss) => miss.includes("hidepid")), hides);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ProcCollector reports a clean life: open, then close with its duration", async () => {
  const directory = await Deno.makeTempDir();
  const row = (state: string, inode: number) => netRow("0100630A:D2E6 C800630A:0051", state, inode);
  const tables = ["", row("02", 7), row("01", 7), row("06", 0), ""];
  try {
    await Deno.mkdir(`${directory}/self/net`, { recursive: true });
    const path = `${directory}/self/net/tcp`;
    await Deno.writeTextFile(path, "  sl\n");
    const run = setup(directory, false);
    let look = 0;
    const collector = new ProcCollector({
      ...fixtureSystem(() => NOW + look * 1_000_000),
      sleep: async () => {
        const table = tables[++look];
        if (table === undefined) run.stop.abort();
        else await Deno.writeTextFile(path, "  sl\n" + table);
      },
    });
    const records = await collect(collector, run);
    const seen = records.map(({ event, outcome, state, start, durationUs }) => ({
      event,
      outcome,
      state,
      start,
      durationUs,
    }));
    const start = NOW + 1_000_000;
    assertEquals(seen, [
      { event: "open", outcome: "unknown", state: "syn_sent", start, durationUs: undefined },
      {
        event: "update",
        outcome: "established",
        state: "established",
        start,
        durationUs: undefined,
      },
      { event: "close", outcome: "established", state: "time_wait", start, durationUs: 2_000_000 },
    ]);
    assertEquals(new Set(records.map(({ id }) => id)).size, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
