import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { createLognetConnectionsFormat } from "../../lib/formats/lognet.ts";
import { hostileConnection } from "../../lib/formats/test_records.ts";
import { assertCovering } from "../../lib/test_coverage.ts";
import { localTime } from "../../lib/time.ts";
import { inZone } from "../littlesnitch/zone_test_tools.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { MALFORMED } from "./log_format.ts";
import { LOGNET } from "./lognet.ts";
import { assertRecognises, readAll, SAMPLE_LOGS, withoutId } from "./plain_test_tools.ts";

const TIME = "2022-07-27|22:23:15";
const TIME_US = new Date(2022, 6, 27, 22, 23, 15).getTime() * 1000;
const HEADER = "#Fields: timestamp prot laddr lport raddr rport status upid";
const NO_PROCESS = { attribution: "none", attributionReason: "the log names no process" } as const;

/** What is read of a line that begins with {@linkcode TIME}, without what all of them have in common. */
function readRest(rest: string, header = HEADER) {
  const record = readAll(LOGNET, [header, `${TIME} ${rest}`])[1];
  if (record === undefined || record === MALFORMED) return record;
  const { time, collector, direction, ...others } = record;
  assertEquals([time, collector, direction], [TIME_US, "lognet", "unknown"]);
  return others;
}

Deno.test("lognet reads the lines of its manual", () => {
  const lines = (SAMPLE_LOGS["lognet"] ?? []).slice(3, 9).map((line) => line.slice(20));
  const tcp = { protocol: "tcp", protocolNumber: 6 };
  const udp = { protocol: "udp", protocolNumber: 17 };
  assertEquals(lines.map((line) => readRest(line)), [
    {
      event: "listen",
      outcome: "unknown",
      state: "listen",
      ...tcp,
      ipVersion: 6,
      local: { ip: "::", port: 17500 },
      process: { name: "dropbox", pid: 4312, start: 1_658_892_270_250_000 },
      attribution: "exact",
    },
    {
      event: "open",
      outcome: "established",
      state: "established",
      ...tcp,
      ipVersion: 4,
      local: { ip: "192.168.1.210", port: 40100 },
      remote: { ip: "104.244.42.66", port: 443 },
      process: { name: "vivaldi-bin", pid: 5545, start: 1_658_892_385_620_000 },
      attribution: "exact",
    },
    {
      event: "open",
      outcome: "established",
      state: "established",
      ...tcp,
      ipVersion: 4,
      local: { ip: "192.168.1.210", port: 60948 },
      remote: { ip: "162.125.19.130", port: 443 },
      process: { name: "dropbox", pid: 4312, start: 1_658_892_270_250_000 },
      attribution: "exact",
    },
    {
      event: "open",
      outcome: "unknown",
      ...udp,
      ipVersion: 4,
      local: { ip: "192.168.1.210", port: 50321 },
      remote: { ip: "192.168.1.1", port: 53 },
      process: { name: "Web Content", pid: 6001, start: 1_658_892_400_000_000 },
      attribution: "exact",
    },
    {
      event: "listen",
      outcome: "unknown",
      ...udp,
      ipVersion: 6,
      local: { ip: "::", port: 5353 },
      process: { name: "avahi-daemon", pid: 700, start: 1_658_892_200_500_000 },
      attribution: "exact",
    },
    {
      event: "open",
      outcome: "unknown",
      state: "syn_recv",
      ...tcp,
      ipVersion: 4,
      local: { ip: "192.168.1.210", port: 22 },
      remote: { ip: "192.168.1.7", port: 51515 },
      ...NO_PROCESS,
    },
  ]);
});

Deno.test("lognet knows as much as there is", () => {
  assertEquals(readRest("- - - - - - -"), {
    event: "open",
    outcome: "unknown",
    local: {},
    ...NO_PROCESS,
  });
  assertEquals(readRest("UDP - 5 - - IDLE |7|0.0"), {
    event: "listen",
    outcome: "unknown",
    protocol: "udp",
    protocolNumber: 17,
    state: "idle",
    local: { port: 5 },
    process: { pid: 7, start: 0 },
    attribution: "exact",
  });
});

Deno.test("lognet reads an upid from the right", () => {
  const names = ["a b", "a|1|2.0", "- - LISTEN x|1|1.0", "|", " x ", "a\\", "ä🦕"];
  for (const name of names) {
    const record = readRest(`TCP - - - - NONE ${name}|12|34.56`);
    assert(record !== undefined && record !== MALFORMED);
    assertEquals(record.process, { name, pid: 12, start: 34_560_000 });
  }
});

Deno.test("lognet takes the columns in the order of the latest header", () => {
  const lines = [
    "#Version: 1.0",
    "#Fields: timestamp upid status rport raddr more lport laddr prot",
    `${TIME} a b|1|2.0 LISTEN - - x 80 10.0.0.1 TCP`,
    HEADER,
    `${TIME} TCP 10.0.0.1 80 - - LISTEN a b|1|2.0`,
    "#Fields: timestamp laddr lport",
    `${TIME} 10.0.0.1 80`,
  ];
  const records = readAll(LOGNET, lines);
  const [, , first, , second, , third] = records;
  assert(first !== undefined && first !== MALFORMED);
  assertEquals(first.process, { name: "a b", pid: 1, start: 2_000_000 });
  assertEquals(first.local, { ip: "10.0.0.1", port: 80 });
  assertEquals(second, first);
  assert(third !== undefined && third !== MALFORMED);
  assertEquals(third.local, first.local);
  // From any line on, the headers among the first lines hold.
  assertEquals(withoutId(LOGNET.reader(lines.slice(0, 3)).read(lines[2] ?? "", 99)), first);
  // A header that is none of connections changes nothing.
  const plain = "TCP 10.0.0.1 80 - - LISTEN a b|1|2.0";
  assertEquals(readRest(plain, "#Fields: timestamp upid"), readRest(plain));
  assertEquals(readRest("TCP 10.0.0.1", "#Fields: timestamp prot upid laddr"), MALFORMED);
  assertEquals(readRest("TCP 10.0.0.1 80", "#Fields: prot timestamp laddr lport"), MALFORMED);
});

Deno.test("lognet calls malformed what is anything else, and reads no comments", () => {
  const rests = [
    "",
    "TCP",
    "TCP 10.0.0.1 80 - - LISTEN",
    "TCP  10.0.0.1 80 - - LISTEN -",
    "QUIC 10.0.0.1 80 - - LISTEN -",
    "TCP 10.0.0.1 65536 - - LISTEN -",
    "TCP 10.0.0.256 80 - - LISTEN -",
    "TCP host 80 - - LISTEN -",
    "TCP 10.0.0.1 80 - - li$ten -",
    "TCP 10.0.0.1 80 - - LISTEN a",
    "TCP 10.0.0.1 80 - - LISTEN a|1",
    "TCP 10.0.0.1 80 - - LISTEN 1|2.0",
    "TCP 10.0.0.1 80 - - LISTEN a|-|2.0",
    "TCP 10.0.0.1 80 - - LISTEN a|1|-",
    "TCP 10.0.0.1 80 - - LISTEN a|1|None",
  ];
  for (const rest of rests) assertEquals(readRest(rest), MALFORMED, rest);
  const times = [
    "2022-07-27 22:23:15",
    "2022-02-30|00:00:00",
    "2022-13-01|00:00:00",
    "LOCAL_TIME",
    "9999-01-01|00:00:00",
  ];
  for (const time of [...times, "1900-01-01|00:00:00", "2022-07-27|24:00:00"]) {
    assertEquals(readAll(LOGNET, [`${time} TCP - - - - NONE -`]), [MALFORMED], time);
    assertEquals(LOGNET.written(`${time} TCP`), undefined);
  }
  assertEquals(readAll(LOGNET, ["#Date: 2022-07-27 22:23:15", "", "  "]), Array(3).fill(undefined));
});

Deno.test("lognet takes a time that the clocks repeat for its first, and one that they leave out for one after it", async () => {
  const read = (text: string) => inZone("Europe/Berlin", () => LOGNET.written(`${text} TCP`));
  const utc = (text: string) => Date.parse(text) * 1000;
  assertEquals(await read("2022-10-30|02:30:00"), utc("2022-10-30T00:30:00Z"));
  assertEquals(await read("2022-10-30|03:00:00"), utc("2022-10-30T02:00:00Z"));
  assertEquals(await read("2022-03-27|02:30:00"), utc("2022-03-27T01:30:00Z"));
});

Deno.test("lognet recognises its own connections only", () => {
  assertRecognises(LOGNET, ["lognet"]);
  const lines = SAMPLE_LOGS["lognet"] ?? [];
  assertEquals(LOGNET.recognises(lines.slice(3)), true);
  assertEquals(LOGNET.recognises(lines.slice(0, 3)), true);
  assertEquals(LOGNET.recognises(lines.slice(0, 2)), false);
});

const STATES = "established syn_sent syn_recv fin_wait1 fin_wait2 time_wait close close_wait " +
  "last_ack listen closing";

/** The end as lognet tells it: without a port, nothing. */
function told(end: Connection["remote"]): Connection["local"] | undefined {
  if (!end?.port) return {};
  if (end.ip === undefined || end.ip === "-") return { port: end.port };
  const ip = canonicalIp(end.ip);
  return ip === undefined ? undefined : { ip, port: end.port };
}

/** What the line of a record tells; undefined where an address is none. */
function expected(record: Connection): Partial<Connection> | undefined {
  const { protocol, state, event, process } = record;
  const local = told(record.local);
  const remote = told(record.remote);
  if (local === undefined || remote === undefined) return undefined;
  const { name, pid, start } = process ?? {};
  const isNamed = name !== undefined && pid !== undefined && start !== undefined;
  const word = state ?? (event === "listen" ? "listen" : "");
  const isState = protocol === "tcp" && STATES.split(" ").includes(word);
  return {
    ...(protocol !== undefined && { protocol }),
    local,
    ...(remote.port !== undefined && { remote }),
    ...(isState && { state: word }),
    ...(isNamed && { process: { pid, start, ...(name !== "" && { name }) } }),
    attribution: isNamed ? "exact" : "none",
  };
}

Deno.test("lognet reads what --format lognet writes", () => {
  const states = fc.constantFrom(...STATES.split(" "), "none of these");
  const protocols = fc.constantFrom("tcp", "udp");
  const ips = fc.oneof(fc.ipV4(), fc.ipV6());
  let compared = 0;
  assertCovering(
    fc.property(
      hostileConnection,
      states,
      protocols,
      ips,
      fc.boolean(),
      (any, state, protocol, ip, isPlain) => {
        const local = isPlain ? { ...any.local, ip } : any.local;
        // In any zone, not before 1970.
        const time = any.time + 86_400_000_000;
        const sent: Connection = { ...any, time, state, protocol, event: "open", local };
        const line = createLognetConnectionsFormat({ color: false, now: 0 }).line(sent).slice(
          0,
          -1,
        );
        const record = LOGNET.reader([]).read(line, 0);
        const wanted = expected(sent);
        if (wanted === undefined) return assertEquals(record, MALFORMED);
        assert(record !== undefined && record !== MALFORMED, line);
        assertEquals(localTime(record.time, "|"), localTime(sent.time, "|"));
        for (
          const name of ["protocol", "local", "remote", "state", "process", "attribution"] as const
        ) {
          assertEquals(record[name], wanted[name], line);
        }
        compared++;
      },
    ),
    { numRuns: 2000 },
    () => assert(compared > 500, String(compared)),
  );
});
