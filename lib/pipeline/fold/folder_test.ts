import { assertEquals } from "@std/assert";
import type { Connection } from "../../connection.ts";
import { DEFAULT_FOLD_FIELDS, type FoldField } from "./fields.ts";
import { Folder, type FoldOptions } from "./folder.ts";

const MINUTE = 60_000_000;
const START = 1_795_226_400_000_000;

const CURL = {
  pid: 7,
  start: START,
  name: "curl",
  executable: "/usr/bin/curl",
  uid: 1000,
  user: "joe",
  entityId: "e7",
  parent: { pid: 1, name: "sh" },
};

function connection(id: string, changes: Partial<Connection> = {}): Connection {
  return {
    id,
    event: "open",
    time: START + 1,
    direction: "egress",
    initiator: "local",
    outcome: "established",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.9", port: 40_000 },
    remote: { ip: "198.51.100.1", port: 443, name: "example.com" },
    process: CURL,
    attribution: "exact",
    collector: "trace",
    host: { id: "h", name: "n" },
    ...changes,
  };
}

function folded(records: readonly Connection[], options: Partial<FoldOptions> = {}) {
  const out: Connection[] = [];
  const all = { windowUs: MINUTE, by: DEFAULT_FOLD_FIELDS, maxKeys: 1000, ...options };
  const folder = new Folder(all, (record) => out.push(record));
  for (const record of records) folder.add(record);
  out.push(...folder.end());
  return out;
}

Deno.test("Folder tells what its connections have in common, and nothing that one alone has", () => {
  const other = { ...CURL, pid: 8, entityId: "e8", parent: { pid: 2, name: "sh" } };
  const local = { ip: "192.0.2.9", port: 40_001 };
  const [summary, ...rest] = folded([
    connection("a"),
    connection("a", { event: "close", time: START + 9, bytesIn: 100, bytesOut: 10 }),
    connection("b", { time: START + 5, process: other, local, attribution: "late" }),
  ]);
  assertEquals(rest, []);
  assertEquals(summary, {
    id: summary?.id ?? "",
    event: "summary",
    time: START + MINUTE,
    start: START,
    end: START + MINUTE,
    durationUs: MINUTE,
    direction: "egress",
    initiator: "local",
    outcome: "established",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.9" },
    remote: { ip: "198.51.100.1", port: 443, name: "example.com" },
    count: 2,
    denied: 0,
    first: START + 1,
    last: START + 9,
    records: 3,
    remotes: 1,
    samples: ["a", "b"],
    bytesIn: 100,
    bytesOut: 10,
    process: {
      name: "curl",
      executable: "/usr/bin/curl",
      uid: 1000,
      user: "joe",
      parent: { name: "sh" },
    },
    attribution: "late",
    collector: "trace",
    host: { id: "h", name: "n" },
  });
});

Deno.test("Folder counts a connection once, and its bytes where they have grown", () => {
  const time = (minutes: number) => START + minutes * MINUTE + 1;
  const summaries = folded([
    connection("a", { time: time(0) }),
    connection("a", { event: "update", time: time(1), bytesIn: 100, bytesOut: 5 }),
    connection("a", { event: "update", time: time(2), bytesIn: 150, bytesOut: 5 }),
    connection("a", { event: "close", time: time(3), bytesIn: 400, bytesOut: 6 }),
  ]);
  const told = summaries.map(({ count, bytesIn, bytesOut }) => [count, bytesIn, bytesOut]);
  assertEquals(told, [[1, undefined, undefined], [0, 100, 5], [0, 50, 0], [0, 250, 1]]);
});

Deno.test("Folder moves a connection to its kind when that is known only later", () => {
  const summaries = folded([
    connection("a", { outcome: "unknown" }),
    connection("b", { outcome: "unknown" }),
    connection("a", { event: "close", outcome: "refused" }),
  ]);
  assertEquals(summaries.map(({ outcome, count }) => [outcome, count]), [
    ["unknown", 1],
    ["refused", 1],
  ]);
  const only = folded([
    connection("a", { outcome: "unknown" }),
    connection("a", { event: "close", outcome: "refused" }),
  ]);
  const told = only.map(({ outcome, count, records }) => [outcome, count, records]);
  assertEquals(told, [["refused", 1, 2]]);
  assertEquals(summaries.map(({ samples, records }) => [samples, records]), [[["b"], 1], [
    ["a"],
    2,
  ]]);
});

Deno.test("Folder adds up summaries of others as what they stand for", () => {
  const changes = { event: "summary", count: 5, denied: 2, bytesIn: 10 } as const;
  const records = [
    connection("a", changes),
    connection("b", { ...changes, count: 0, denied: 0 }),
  ];
  const told = (by: readonly FoldField[]) =>
    folded(records, { by }).map((
      { count, denied, bytesIn, bytesOut, outcome },
    ) => [count, denied, bytesIn, bytesOut, outcome]);
  assertEquals(told(["executable"]), [[5, 2, 20, undefined, "unknown"]]);
  assertEquals(told(["executable", "action"]), [
    [3, 0, 20, undefined, "established"],
    [2, 2, undefined, undefined, "denied"],
  ]);
});

Deno.test("Folder counts in a coarser summary what it has no room for, and says so", () => {
  const ips = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.1"];
  const records = ips.map((ip, i) => connection(`c${i}`, { remote: { ip, port: 443 } }));
  const summaries = folded(records, { maxKeys: 1 });
  assertEquals(
    summaries.map(({ remote, count, remotes, other }) => [remote, count, remotes, other]),
    [
      [{ ip: "198.51.100.1", port: 443 }, 2, 1, undefined],
      [{ port: 443 }, 2, 2, true],
    ],
  );
});

Deno.test("Folder says how many records went into a coarser summary, also of those that are sums themselves", () => {
  const options = { windowUs: MINUTE, by: DEFAULT_FOLD_FIELDS, maxKeys: 1 };
  const folder = new Folder(options, () => {});
  for (const [i, ip] of ["198.51.100.1", "198.51.100.2"].entries()) {
    const remote = { ip, port: 443 };
    folder.add(connection(`s${i}`, { event: "summary", count: 9, records: 7, remote }));
  }
  assertEquals(folder.overflowed, 7);
});

Deno.test("Folder keeps kinds apart, or says that it does not, when many have gone", () => {
  // Each is first of a kind of its own, which is gone when its process is known.
  const gone = Array.from({ length: 20 }, (_, i) => {
    const remote = { ip: `198.51.100.${i}`, port: 443 };
    const { process: _process, ...unknown } = connection(`g${i}`, { remote });
    return [unknown, connection(`g${i}`, { event: "update" })];
  });
  const fresh = [1, 2, 3].map((port) =>
    connection(`n${port}`, { remote: { ip: "203.0.113.1", port } })
  );
  const summaries = folded([...gone.flat(), ...fresh], { maxKeys: 3 });
  assertEquals(summaries.reduce((sum, { count = 0 }) => sum + count, 0), 23);
  for (const { remote, count, other } of summaries) {
    if (other) continue;
    assertEquals(count, remote?.ip === "198.51.100.1" ? 20 : 1);
  }
  assertEquals(summaries.filter(({ other }) => other).length, 1);
});

Deno.test("Folder keeps why connections are noteworthy, each rule once", () => {
  const noteworthy = (...rules: string[]) => ({
    noteworthy: rules.map((rule) => ({ rule, reason: "r" })),
  });
  const [summary] = folded([
    connection("a", noteworthy("x")),
    connection("b", noteworthy("y", "x")),
  ]);
  assertEquals(summary?.noteworthy?.map(({ rule }) => rule), ["x", "y"]);
});

Deno.test("Folder makes one window of all where none is asked for", () => {
  const records = [connection("a"), connection("b", { time: START + 5 * MINUTE })];
  const times = (options: Partial<FoldOptions>) => {
    const out: Connection[] = [];
    const all = { by: DEFAULT_FOLD_FIELDS, maxKeys: 9, ...options };
    const folder = new Folder(all, (record) => out.push(record));
    for (const record of records) {
      folder.add(record);
      out.push(...folder.advance(record.time));
    }
    out.push(...folder.end());
    return out.map(({ start, end, count }) => [start, end, count]);
  };
  assertEquals(times({}), [[START + 1, START + 5 * MINUTE, 2]]);
  const span = { start: START, end: START + 60 * MINUTE };
  assertEquals(times({ span }), [[span.start, span.end, 2]]);
});

Deno.test("Folder gives what comes late in a summary of its own, with another id", () => {
  const out: Connection[] = [];
  const options = { windowUs: MINUTE, by: DEFAULT_FOLD_FIELDS, maxKeys: 9 };
  const folder = new Folder(options, (record) => out.push(record));
  folder.add(connection("a"));
  out.push(...folder.advance(START + MINUTE));
  folder.add(connection("b"));
  out.push(...folder.end());
  assertEquals(out.map(({ start, count }) => [start, count]), [[START, 1], [START, 1]]);
  assertEquals(out[1]?.id, `${out[0]?.id}-1`);
});

Deno.test("Folder lets listeners and sockets without a peer pass", () => {
  const { remote: _, ...listener } = connection("a", { event: "listen" });
  assertEquals(folded([listener]), [listener]);
});

Deno.test("Folder keeps apart what a process calls itself to be taken for another", () => {
  const names = ["a", "a,1:b", "-", "1:a,"];
  const records = names.map((executable, i) =>
    connection(`c${i}`, { process: { executable }, remote: { ip: "192.0.2.1" } })
  );
  assertEquals(folded(records, { by: ["executable", "name"] }).length, names.length);
});

Deno.test("Folder leaves out ids where only amounts are asked for, and else tells the same", () => {
  const records = ["a", "b"].map((id) =>
    connection(id, { event: "summary", count: 2, bytesIn: 5 })
  );
  const [whole] = folded(records);
  const bare = records.map((record) => ({ ...record, id: "" }));
  const { samples, ...rest } = whole ?? connection("");
  assertEquals(samples, ["a", "b"]);
  assertEquals(folded(bare, { amountsOnly: true }), [{ ...rest, id: "" }]);
});
