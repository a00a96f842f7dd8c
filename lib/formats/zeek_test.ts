import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { missing, testUnless } from "../../tests/skip.ts";
import { PYTHON, runPython } from "./test_python.ts";
import { hostileReport, SAMPLE_REPORTS } from "./test_reports.ts";
import { hostileConnection, SAMPLES, TIME } from "./test_records.ts";
import { reportText } from "./text_report.ts";
import { createZeekFormat } from "./zeek.ts";
import { createZeekJsonFormat } from "./zeek_json.ts";

const NO_PYTHON = missing([PYTHON]);
const { header = "", line } = createZeekFormat({ now: TIME });
const json = createZeekJsonFormat();

function hasAddress({ local, remote }: Connection): boolean {
  return local.ip !== undefined || remote?.ip !== undefined;
}

/** Many records a run: starting Python takes longer than reading them. */
const records = fc.array(hostileConnection.filter(hasAddress), { minLength: 60, maxLength: 100 })
  .map((hostile) => [...hostile, ...Object.values(SAMPLES)]);
/** Without shrinking: a smaller example would take a minute of Pythons. */
const RUNS = { numRuns: 8, endOnFailure: true };

/** Reads a log by what its head says of it, and by nothing else. */
const READER = String.raw`
import json, re, sys
from decimal import Decimal
lines = sys.stdin.buffer.read().decode("utf-8").split("\n")
assert lines.pop() == ""
sep, meta, rows = None, {}, []
def unescape(text):
    if "\\" not in text: return text
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return raw.decode("utf-8")
def micros(text):
    assert re.fullmatch(r"\d+\.\d{6}", text), text
    return int(Decimal(text) * 1000000)
def flag(text):
    return {"T": True, "F": False}[text]
READ = {"time": micros, "interval": micros, "count": int, "port": int, "bool": flag,
    "string": unescape, "addr": unescape, "enum": unescape}
for line in lines:
    if line.startswith("#separator "):
        sep = unescape(line[len("#separator "):])
    elif line.startswith("#"):
        key, *values = line[1:].split(sep)
        meta[key] = values
    else:
        cells = line.split(sep)
        assert len(cells) == len(meta["fields"]) == len(meta["types"]), line
        row = {}
        for name, kind, cell in zip(meta["fields"], meta["types"], cells):
            if [cell] == meta["unset_field"]: continue
            row[name] = "" if [cell] == meta["empty_field"] else READ[kind](cell)
        rows.append(row)
assert meta["path"] == ["conn"]
json.dump(rows, sys.stdout)`;

const TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ["tcp", "tcp"],
  ["udp", "udp"],
  ["icmp", "icmp"],
  ["ipv6-icmp", "icmp"],
]);

/** What a line should say, put together in the plainest way; all but `conn_state`. */
/** The types of ICMP and of ICMPv6 that answer each other, two by two (RFC 792, 950, 1256; 4443, 4620, ...). */
const ANSWERED: ReadonlyMap<number | undefined, string> = new Map([
  [1, " 0-8 8-0 9-10 10-9 13-14 14-13 15-16 16-15 17-18 18-17 "],
  [
    58,
    " 128-129 129-128 130-131 131-130 133-134 134-133 135-136 136-135 139-140 140-139 144-145 145-144 ",
  ],
]);

/** What Zeek has for the port of the responder (ICMP.cc). */
function icmpPort(protocol: number | undefined, icmp: NonNullable<Connection["icmp"]>) {
  const answer = new RegExp(` ${icmp.type}-(\\d+) `).exec(ANSWERED.get(protocol) ?? "")?.[1];
  return answer === undefined ? icmp.code : Number(answer);
}

function expected(record: Connection): Record<string, unknown> {
  const { local, remote, direction, initiator, protocol = "", collector, icmp } = record;
  const isSource = initiator === undefined
    ? remote !== undefined && direction !== "ingress"
    : initiator === "local";
  const here = { end: local, bytes: record.bytesOut, packets: record.packetsOut };
  const there = remote && { end: remote, bytes: record.bytesIn, packets: record.packetsIn };
  const [source, destination] = isSource ? [here, there] : [there, here];
  const bytes = collector === "conntrack" ? "ip_bytes" : "bytes";
  const all = {
    "ts": record.start ?? record.time,
    "uid": record.id,
    "id.orig_h": source?.end.ip,
    "id.orig_p": icmp?.type ?? source?.end.port,
    "id.resp_h": destination?.end.ip,
    "id.resp_p": icmp ? icmpPort(record.protocolNumber, icmp) : destination?.end.port,
    "proto": TRANSPORTS.get(protocol) ?? "unknown_transport",
    "service": record.application,
    "duration": record.durationUs,
    [`orig_${bytes}`]: source?.bytes,
    [`resp_${bytes}`]: destination?.bytes,
    "local_orig": direction === "unknown" ? undefined : direction === "local" || isSource,
    "local_resp": direction === "unknown" ? undefined : direction === "local" || !isSource,
    "orig_pkts": source?.packets,
    "resp_pkts": destination?.packets,
    "ip_proto": record.protocolNumber,
    "agent_hostname": record.host?.name,
    "agent_uuid": record.host?.id,
  };
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [
    name,
    // There are no bytes for a lone surrogate.
    typeof value === "string" ? value.toWellFormed() : value,
  ]));
}

function withoutState(row: Record<string, unknown>): Record<string, unknown> {
  const { conn_state: _, ...others } = row;
  return others;
}

testUnless(
  NO_PYTHON,
  "zeek is read by its head as one row a record, with every value",
  async () => {
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const read = await runPython(READER, header + records.map(line).join(""));
        assert(Array.isArray(read));
        assertEquals(read.map(withoutState), records.map(expected));
      }),
      RUNS,
    );
  },
);

Deno.test("zeek-json has the members that zeek has columns for", () => {
  fc.assert(
    fc.property(hostileConnection.filter(hasAddress), (record) => {
      const { ts, duration, _path, ...members } = JSON.parse(json.line(record));
      const micros = (seconds?: number) => seconds && Math.round(seconds * 1e6);
      const { ts: start, duration: span, ...wanted } = expected(record);
      const read = Object.entries(withoutState(members)).map(([name, value]) => [
        name,
        typeof value === "string" ? value.toWellFormed() : value,
      ]);
      assertEquals(Object.fromEntries(read), wanted);
      assertEquals([micros(ts), micros(duration), _path], [start, span, "conn"]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("zeek has no line for a record without any address", () => {
  const { local: _local, remote: _remote, ...rest } = SAMPLES["open"]!;
  const named = { ...rest, local: { name: "a" }, remote: { name: "b" } };
  for (const { line } of [createZeekFormat({ now: TIME }), json]) {
    assertEquals(line(named), "");
    assertEquals(line({ ...rest, local: {} }), "");
    for (const one of [{ local: { ip: "10.0.0.1" } }, { remote: { ip: "10.0.0.1" } }]) {
      assert(line({ ...named, ...one }).includes("10.0.0.1"));
    }
  }
});

Deno.test("zeek begins with a head that tells one output from another one", () => {
  const lines = header.split("\n");
  assertEquals(lines.pop(), "");
  assertEquals(lines.map((line) => line.split(/[\t ]/)[0]), [
    "#separator",
    "#set_separator",
    "#empty_field",
    "#unset_field",
    "#path",
    "#open",
    "#fields",
    "#types",
  ]);
  // Splunk knows a file by its first 256 bytes.
  assert(header.indexOf("#open\t2026-11-21-02-01-40\n") < 230, header);
  assert(createZeekFormat({ now: TIME + 1e6 }).header?.slice(0, 256) !== header.slice(0, 256));
  const [fields, types] = lines.slice(6).map((line) => line.split("\t"));
  assertEquals(fields?.length, types?.length);
});

function textOf(id: string): string | undefined {
  return line({ ...SAMPLES["open"]!, id }).split("\t")[1];
}

Deno.test("zeek escapes what would break a line, would not show, or would be read as another value", () => {
  const cases: Record<string, string> = {
    "": "(empty)",
    "-": "\\x2d",
    "(empty)": "\\x28empty)",
    "--": "--",
    "a b": "a b",
    "#a,b": "#a,b",
    "\t\n\\": "\\x09\\x0a\\x5c",
    "\\x41": "\\x5cx41",
    "é\u202e\u{1f600}": "é\\xe2\\x80\\xae\u{1f600}",
    "\x9b\x7f": "\\xc2\\x9b\\x7f",
    "a\ud800": "a\ufffd",
  };
  for (const [text, escaped] of Object.entries(cases)) assertEquals(textOf(text), escaped);
});

function stateOf(changes: Partial<Connection>): string | undefined {
  const { state: _, ...open } = SAMPLES["open"]!;
  return JSON.parse(json.line({ ...open, ...changes })).conn_state;
}

Deno.test("zeek says how a connection went only where that is known", () => {
  const close = { event: "close" } as const;
  const udp = { protocol: "udp" };
  const cases: [Partial<Connection>, string | undefined][] = [
    [{}, "S1"],
    [{ event: "update" }, "S1"],
    [close, "SF"],
    [{ event: "summary" }, undefined],
    [udp, "SF"],
    [{ ...close, outcome: "refused" }, "REJ"],
    [{ ...udp, outcome: "refused" }, "S0"],
    [{ outcome: "timeout" }, "S0"],
    [{ outcome: "unreachable" }, "S0"],
    [{ outcome: "denied" }, "S0"],
    [{ ...close, outcome: "reset" }, undefined],
    [{ outcome: "unknown" }, undefined],
    [{ protocol: "ipv6-icmp", outcome: "unknown" }, "OTH"],
    [{ protocol: "sctp" }, "OTH"],
    // A log of Zeek says it itself.
    [{ ...close, outcome: "reset", state: "rsto" }, "RSTO"],
    [{ state: "time_wait" }, "S1"],
  ];
  for (const [changes, state] of cases) assertEquals(stateOf(changes), state);
  const { protocol: _protocol, ...without } = SAMPLES["open"]!;
  assertEquals(JSON.parse(json.line(without)).conn_state, undefined);
  assertEquals(JSON.parse(json.line(SAMPLES["listen"]!)).conn_state, undefined);
});

Deno.test("zeek has what connection tracking counts as bytes with headers", () => {
  const close = SAMPLES["close"]!;
  const { orig_bytes, resp_bytes, orig_ip_bytes, resp_ip_bytes } = JSON.parse(
    json.line({ ...close, collector: "conntrack" }),
  );
  assertEquals([orig_ip_bytes, resp_ip_bytes], [close.bytesOut, close.bytesIn]);
  assertEquals([orig_bytes, resp_bytes], [undefined, undefined]);
});

Deno.test("zeek-json has reports as messages of Zeek's reporter", () => {
  const levels: Record<string, string> = {};
  for (const [kind, report] of Object.entries(SAMPLE_REPORTS)) {
    levels[kind] = JSON.parse(json.report?.(report) ?? "").level;
  }
  const warned = Object.keys(levels).filter((kind) => levels[kind] === "Reporter::WARNING");
  assertEquals(warned, [
    "stats after a loss",
    "gap",
    "gap of years without data",
    "clock set back",
  ]);
  fc.assert(
    fc.property(hostileReport, (report) => {
      const text = json.report?.(report) ?? "";
      assertMatch(text, /^\{"ts":\d+\.\d{6},"level":"Reporter::(?:INFO|WARNING)",[^\n]*\}\n$/);
      const { message, _path, agent_uuid } = JSON.parse(text);
      assertEquals(message, reportText(report));
      assertEquals([_path, agent_uuid], ["reporter", report.host.id]);
    }),
    { numRuns: 300 },
  );
  assertEquals(createZeekFormat({ now: TIME }).report, undefined);
});
