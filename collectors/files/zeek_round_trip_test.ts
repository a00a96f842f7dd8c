/** What is read of Zeek's conn.log and written again in its format is what was read. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { createZeekFormat } from "../../lib/formats/zeek.ts";
import { createZeekJsonFormat } from "../../lib/formats/zeek_json.ts";
import { SAMPLES } from "../../lib/formats/test_records.ts";
import { assertCovering } from "../../lib/test_coverage.ts";
import { complaint, recordWithAddresses } from "./connscribe_test_tools.ts";
import { type LogReader, MALFORMED } from "./log_format.ts";
import { ZEEK } from "./zeek.ts";
import { ZEEK_JSON } from "./zeek_json.ts";
import { linesOf } from "./zeek_test_tools.ts";

/** A line as cells by the names of their columns; what is not set is absent. */
type Row = Readonly<Record<string, string>>;

const CONTEXT = { now: 0, communityIdSeed: 0 };
const TEXT = createZeekFormat(CONTEXT);
const JSON_FORMAT = createZeekJsonFormat(CONTEXT);
const HEAD = (TEXT.header ?? "").trimEnd().split("\n");

function namesOf(head: readonly string[]): string[] {
  return head.find((line) => line.startsWith("#fields"))?.split("\t").slice(1) ?? [];
}

const NAMES = namesOf(HEAD);

function rowOf(line: string, names: readonly string[]): Row {
  const cells = line.split("\t");
  assertEquals(cells.length, names.length, line);
  return Object.fromEntries(
    names.map((name, i) => [name, cells[i] ?? ""]).filter(([, cell]) => cell !== "-"),
  );
}

function lineOf(row: Row): string {
  return NAMES.map((name) => row[name] ?? "-").join("\t");
}

function readBy(reader: LogReader, line: string): Connection {
  const record = reader.read(line, 0);
  assert(record !== undefined && record !== MALFORMED, line);
  return record;
}

/** What no record holds. */
const NOT_HELD = [
  "missed_bytes",
  "history",
  "orig_ip_bytes",
  "resp_ip_bytes",
  "tunnel_parents",
];

/** What is to be written again of a line. */
function held(row: Row): Row {
  const kept: Record<string, string> = { ...row };
  for (const name of NOT_HELD) delete kept[name];
  if (row["proto"] === "unknown_transport") {
    delete kept["id.orig_p"];
    delete kept["id.resp_p"];
  }
  const flags = `${row["local_orig"]}${row["local_resp"]}`;
  if (!["TT", "TF", "FT"].includes(flags)) {
    delete kept["local_orig"];
    delete kept["local_resp"];
  }
  return kept;
}

const count = fc.nat().map(String);
const seconds = fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) =>
  `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`
);
const port = fc.integer({ min: 0, max: 65535 }).map(String);
/** Type and answer, or type and code, as Zeek has them in the place of ports. */
const icmpPorts = fc.constantFrom(["8", "0"], ["0", "8"], ["13", "14"], ["3", "1"], ["11", "0"])
  .map(([type = "", other = ""]) => ({ "id.orig_p": type, "id.resp_p": other }));
const flag = fc.constantFrom("T", "F");
const word = fc.stringMatching(/^[A-Za-z0-9:+=]{1,20}$/);

/** Lines of conn.log. All have a Community ID: where there is none, one is made. */
const rows: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom(
    { "proto": "tcp", "ip_proto": "6" },
    { "proto": "udp", "ip_proto": "17" },
    { "proto": "icmp", "ip_proto": "1", "conn_state": "OTH" },
    { "proto": "unknown_transport", "ip_proto": "47", "conn_state": "OTH" },
  ),
  fc.record({
    "ts": seconds,
    "uid": word.filter((uid) => uid !== "-"),
    "id.orig_h": fc.constantFrom("192.0.2.1", "10.0.0.255"),
    "id.orig_p": port,
    "id.resp_h": fc.constantFrom("198.51.100.7", "127.0.0.1"),
    "id.resp_p": port,
    "service": fc.constantFrom(
      "http",
      "ssl,http",
      "a\\x5cb",
      "\\x2d",
      "caf\u00e9",
      "\\x09\\xe2\\x80\\x8b",
    ),
    "duration": seconds.filter((text) => text.length < 15),
    "orig_bytes": count,
    "resp_bytes": count,
    "conn_state": fc.constantFrom(
      ..."S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH".split(" "),
    ),
    "local_orig": flag,
    "local_resp": flag,
    "missed_bytes": count,
    "history": fc.constant("ShADadFf"),
    "orig_pkts": count,
    "resp_pkts": count,
    "orig_ip_bytes": count,
    "resp_ip_bytes": count,
    "tunnel_parents": fc.constant("(empty)"),
    "community_id": word,
  }, {
    requiredKeys: [
      "ts",
      "uid",
      "id.orig_h",
      "id.orig_p",
      "id.resp_h",
      "id.resp_p",
      "community_id",
    ],
  }),
  icmpPorts,
  fc.option(fc.record({ "agent_hostname": word, "agent_uuid": word }), { nil: {} }),
).map(([protocol, row, icmp, sensor]) => ({
  ...row,
  ...protocol,
  ...protocol.proto === "icmp" && icmp,
  ...sensor,
}));

Deno.test("zeek gives lines of conn.log back as they were, but for what no record holds", () => {
  const reader = ZEEK.reader(HEAD);
  fc.assert(
    fc.property(rows, (row) => {
      const line = TEXT.line(readBy(reader, lineOf(row)));
      assertEquals(rowOf(line.slice(0, -1), NAMES), held(row));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("zeek-json gives what zeek gives", () => {
  const reader = ZEEK.reader(HEAD);
  const jsonReader = ZEEK_JSON.reader([]);
  fc.assert(
    fc.property(rows, (row) => {
      const record = readBy(reader, lineOf(row));
      const again = readBy(jsonReader, JSON_FORMAT.line(record).slice(0, -1));
      assertEquals(again, { ...record, collector: "zeek-json" });
    }),
    { numRuns: 500 },
  );
});

Deno.test("zeek gives the lines of a captured log back", () => {
  for (const file of ["zeek.log", "zeek_bare.log"]) {
    const lines = linesOf(file);
    const head = lines.filter((line) => line.startsWith("#"));
    const names = head.length > 0 ? namesOf(head) : (lines.shift() ?? "").split("\t");
    const reader = ZEEK.reader(linesOf(file));
    for (const line of lines.filter((line) => !line.startsWith("#"))) {
      const { community_id: _made, ...again } = rowOf(
        TEXT.line(readBy(reader, line)).slice(0, -1),
        NAMES,
      );
      assertEquals(again, held(rowOf(line, names)), line);
    }
  }
});

/** As bytes of UTF-8 have it. */
function wellFormed(record: Connection): unknown {
  return JSON.parse(
    JSON.stringify(record),
    (_, value) => typeof value === "string" ? value.toWellFormed() : value,
  );
}

Deno.test("zeek and zeek-json give the same of any record, and read it without a complaint", () => {
  const reader = ZEEK.reader(HEAD);
  const jsonReader = ZEEK_JSON.reader([]);
  let readable = 0;
  assertCovering(
    fc.property(recordWithAddresses, (made) => {
      const record = { ...made, id: "C" + made.id };
      const line = TEXT.line(record).slice(0, -1);
      const one = reader.read(line, 0);
      const other = jsonReader.read(JSON_FORMAT.line(record).slice(0, -1), 0);
      if (one === undefined || one === MALFORMED) return assertEquals(other, one, line);
      assert(other !== undefined && other !== MALFORMED, line);
      assertEquals(complaint(one), "");
      assertEquals(wellFormed({ ...other, collector: "zeek" }), one);
      assertEquals(one.id, record.id.toWellFormed());
      readable++;
    }),
    { numRuns: 500 },
    () => assert(readable > 50, `only ${readable}`),
  );
});

/** What conn.log tells of a listener. */
function listener(record: Connection): unknown {
  const { id, event, start, durationUs, direction, outcome, protocol, local, remote } = record;
  const name = record.host?.name;
  return { id, event, start, durationUs, direction, outcome, protocol, local, remote, name };
}

Deno.test("zeek and zeek-json give listeners back", () => {
  for (const kind of ["listen", "listen over UDP", "close of a listener"]) {
    const record = SAMPLES[kind];
    assert(record);
    const text = readBy(ZEEK.reader(HEAD), TEXT.line(record).trimEnd());
    assertEquals(listener(text), listener(record));
    assertEquals("initiator" in text, false);
    const json = readBy(ZEEK_JSON.reader([]), JSON_FORMAT.line(record).trimEnd());
    assertEquals({ ...json, collector: "zeek" }, text);
  }
});

Deno.test("zeek and zeek-json give back what has no address at the own end, and nothing without the peer's", () => {
  const peer = { ip: "9.9.9.9", port: 443 };
  const other = { ...peer, port: 50001 };
  const made = {
    id: "Cown",
    event: "close",
    time: 1_600_000_000_000_000,
    start: 1_600_000_000_000_000,
    outcome: "unknown",
    ipVersion: 4,
    protocol: "udp",
    protocolNumber: 17,
    attribution: "none",
    collector: "littlesnitch",
  } as const;
  const records: readonly Connection[] = [
    { ...made, direction: "egress", initiator: "local", local: {}, remote: peer },
    { ...made, direction: "ingress", initiator: "remote", local: { port: 22 }, remote: other },
  ];
  for (const record of records) {
    const { direction, local, remote } = readBy(ZEEK.reader(HEAD), TEXT.line(record).trimEnd());
    assertEquals({ direction, local, remote }, {
      direction: record.direction,
      local: record.local,
      remote: record.remote,
    });
    const object = JSON_FORMAT.line(record).trimEnd();
    const json = readBy(ZEEK_JSON.reader([]), object);
    assertEquals([json.local, json.remote], [record.local, record.remote]);
    const damaged = TEXT.line(record).trimEnd().replace(peer.ip, "-");
    assertEquals(ZEEK.reader(HEAD).read(damaged, 0), MALFORMED);
    assertEquals(ZEEK_JSON.reader([]).read(object.replace(peer.ip, "-"), 0), MALFORMED);
  }
});

Deno.test("zeek-json is known by what has no address at the own end", () => {
  const line = (end: string): string => `{"ts":1.5,${end}"conn_state":"SF"}`;
  assertEquals(ZEEK_JSON.recognises([line('"id.orig_h":"9.9.9.9",')]), true);
  assertEquals(ZEEK_JSON.recognises([line("")]), false);
});
