import { assert, assertEquals } from "@std/assert";
import { parseFlowLine } from "../conntrack/parse.ts";
import { CONNTRACK_TEXT } from "./conntrack_text.ts";
import { MALFORMED } from "./log_format.ts";
import { assertRecognises, fixtureLines, readAll } from "./plain_test_tools.ts";

const STAMP = "[1795226380.144181]\t";
const TUPLES = "src=10.99.0.1 dst=10.99.0.2 sport=36684 dport=8080 [UNREPLIED] " +
  "src=10.99.0.2 dst=10.99.0.1 sport=8080 dport=36684";

/** The record of a line, without the id. */
function recordOf(line: string) {
  const record = readAll(CONNTRACK_TEXT, [line])[0];
  assert(record !== undefined && record !== MALFORMED, line);
  return record;
}

const COMMON = {
  direction: "unknown",
  initiator: "local",
  ipVersion: 4,
  attribution: "none",
  attributionReason: "the log names no process",
  collector: "conntrack",
} as const;

Deno.test("conntrack makes a record of each event by itself", () => {
  const [opened, answered] = fixtureLines("conntrack/acct_all.out");
  const tcp = {
    ...COMMON,
    protocol: "tcp",
    protocolNumber: 6,
    local: { ip: "10.99.0.1", port: 36684 },
    remote: { ip: "10.99.0.2", port: 8080 },
  };
  assertEquals(recordOf(opened ?? ""), {
    ...tcp,
    event: "open",
    time: 1_795_226_380_144_181,
    start: 1_795_226_380_144_181,
    outcome: "unknown",
    state: "syn_sent",
  });
  assertEquals(recordOf(answered ?? ""), {
    ...tcp,
    event: "update",
    time: 1_795_226_380_144_418,
    outcome: "unknown",
    state: "syn_recv",
  });
});

Deno.test("conntrack tells how a flow ended, when, and what it carried", () => {
  const refused = fixtureLines("conntrack/acct_all.out").find((line) => line.includes(" CLOSE "));
  // The zone of conntrack's clock is that of this process.
  const second = new Date(2026, 10, 21, 1, 59, 40).getTime() * 1000;
  assertEquals(recordOf(refused ?? ""), {
    ...COMMON,
    event: "close",
    time: 1_795_226_380_196_152,
    start: second,
    end: second,
    durationUs: 0,
    outcome: "refused",
    state: "close",
    protocol: "tcp",
    protocolNumber: 6,
    local: { ip: "10.99.0.1", port: 44764 },
    remote: { ip: "10.99.0.2", port: 9 },
    bytesIn: 40,
    packetsIn: 1,
    bytesOut: 60,
    packetsOut: 1,
  });
  for (const line of fixtureLines("conntrack/expiry.out")) {
    const { start = NaN, end = NaN, durationUs } = recordOf(line);
    assertEquals(durationUs, end - start);
    assertEquals(Math.floor((end - start) / 1e6), Number(/delta-time=(\d+)/.exec(line)?.[1]));
  }
});

Deno.test("conntrack tells the addresses on the wire", () => {
  const nat = fixtureLines("conntrack/nat.out").map((line) => recordOf(STAMP + line).nat);
  const source = (ip: string, port: number) => ({ source: { ip, port } });
  assertEquals(nat.find((one) => one !== undefined), source("10.99.0.11", 48314));
  const translated =
    `    [NEW] tcp      6 120 SYN_SENT src=10.99.0.1 dst=198.51.100.7 sport=40418 ` +
    `dport=80 [UNREPLIED] src=10.99.0.2 dst=10.99.0.1 sport=8080 dport=42742`;
  assertEquals(recordOf(STAMP + translated).nat, {
    ...source("10.99.0.1", 42742),
    destination: { ip: "10.99.0.2", port: 8080 },
  });
});

Deno.test("conntrack does not know who opened a flow that was picked up on its way", () => {
  const record = recordOf(`${STAMP}    [NEW] tcp      6 300 ESTABLISHED ${TUPLES}`);
  assertEquals([record.initiator, record.start, record.preexisting], [undefined, undefined, true]);
});

Deno.test("conntrack gives all events of a flow one id, and two flows two", () => {
  const reader = CONNTRACK_TEXT.reader([]);
  const idsOf = (name: string) => {
    const ids = new Map<number | string, Set<string>>();
    fixtureLines(`conntrack/${name}.out`).forEach((line, at) => {
      const record = reader.read(line, at);
      if (record === undefined || record === MALFORMED) return;
      const { local, remote, protocol } = record;
      const flow = parseFlowLine(line)?.id ?? JSON.stringify([protocol, local, remote]);
      ids.set(flow, (ids.get(flow) ?? new Set()).add(record.id));
    });
    return [...ids.values()];
  };
  for (const name of ["acct_all", "rule6", "newdestroy"]) {
    const ids = idsOf(name);
    assert(ids.length > 1 || name === "newdestroy", name);
    for (const one of ids) assertEquals(one.size, 1);
    assertEquals(new Set(ids.flatMap((one) => [...one])).size, ids.length);
  }
});

const CAPTURES =
  "acct acct_all b cut destroyonly dports enobufs expiry in labels list list6 list_all " +
  "list_labels mz na nat natd newdestroy rejb rule rule6 sctp ua";

Deno.test("conntrack reads every captured line once it has a time, and none without", () => {
  for (const name of CAPTURES.split(" ")) {
    const lines = fixtureLines(`conntrack/${name}.out`);
    assert(CONNTRACK_TEXT.recognises(lines), name);
    for (const line of lines) {
      const isFlow = parseFlowLine(line) !== undefined;
      const isTimed = line.startsWith("[1");
      const [record] = readAll(CONNTRACK_TEXT, [line]);
      assertEquals(record !== MALFORMED, isFlow && isTimed, line);
      if (isFlow && !isTimed) assertEquals(recordOf(STAMP + line).time, 1_795_226_380_144_181);
    }
  }
});

Deno.test("conntrack reads the times of old versions, which are padded with blanks", () => {
  const line = `[1656942980.42    ]\t    [NEW] tcp      6 120 SYN_SENT ${TUPLES}`;
  assertEquals(recordOf(line).time, 1_656_942_980_000_042);
  assertEquals(CONNTRACK_TEXT.written(line), 1_656_942_980_000_042);
});

Deno.test("conntrack has no times that are not exact", () => {
  const line =
    `${STAMP}[DESTROY] tcp      6 ${TUPLES} delta-time=1 [start=Fri Jan  1 00:00:00 9999]`;
  const { start, end, durationUs } = recordOf(line);
  assertEquals([start, end, durationUs], [undefined, undefined, undefined]);
});

Deno.test("conntrack calls malformed what is anything else", () => {
  const lines = [
    "conntrack v1.4.7 (conntrack-tools): 8 flow events have been shown.",
    `    [NEW] tcp      6 120 SYN_SENT ${TUPLES}`,
    `${STAMP}    [NEW] tcp      6 120 SYN_SENT ${TUPLES.slice(0, -9)}`,
    `${STAMP}    [NEW] tcp      6 120 SYN_SENT ${TUPLES} labels=${"ä".repeat(9000)}`,
    STAMP,
  ];
  for (const line of lines) assertEquals(readAll(CONNTRACK_TEXT, [line]), [MALFORMED], line);
  assertEquals(readAll(CONNTRACK_TEXT, ["", " "]), [undefined, undefined]);
  for (const line of ["", "[NEW]", "[12", "[12.x] ", "12.5]"]) {
    assertEquals(CONNTRACK_TEXT.written(line), undefined, line);
  }
});

Deno.test("conntrack recognises its own logs only", () => {
  assertRecognises(CONNTRACK_TEXT, ["conntrack"]);
});
