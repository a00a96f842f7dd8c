/** What the tests of the plain text formats have in common. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection, RecordedEndpoint } from "../../lib/connection.ts";
import { formatIp, parseIp } from "../../lib/ip.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** Lines of a file below `fixtures/`. */
export function fixtureLines(path: string): string[] {
  return Deno.readTextFileSync(new URL(path, FIXTURES)).replace(/\n$/, "").split("\n");
}

/** Reads all lines of a log; the id of each record is left out. */
export function readAll(format: LogFormat, lines: readonly string[]) {
  const reader = format.reader(lines);
  let at = 0;
  return lines.map((line) => {
    const record = reader.read(line, at);
    at += line.length + 1;
    return withoutId(record);
  });
}

/** The record without its id; what is no record, as it is. */
export function withoutId(record: Connection | typeof MALFORMED | undefined) {
  if (record === undefined || record === MALFORMED) return record;
  const { id, ...rest } = record;
  assert(id !== "");
  return rest;
}

/** What a log of each of many formats begins with. */
export const SAMPLE_LOGS: Readonly<Record<string, readonly string[]>> = {
  "connspy": fixtureLines("logs/connspy.log"),
  "lognet": fixtureLines("logs/lognet.connections.log"),
  "lognet processes": fixtureLines("logs/lognet.processes.log"),
  "conntrack-logger": fixtureLines("logs/conntrack-logger.log"),
  "conntrack": fixtureLines("conntrack/acct_all.out"),
  "conntrack save": fixtureLines("conntrack/save.out"),
  "conntrack xml": fixtureLines("conntrack/xml.out"),
  "connscribe ndjson": fixtureLines("golden/snapshot.ndjson"),
  "connscribe csv": fixtureLines("golden/snapshot.csv"),
  "connscribe table": fixtureLines("golden/snapshot.table"),
  "connscribe text": fixtureLines("golden/snapshot.text"),
  "littlesnitch": fixtureLines("littlesnitch/traffic.csv").slice(0, 50),
  "zeek": [
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    "#path\tconn",
    "#open\t2014-05-23-18-02-04",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto",
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum",
    "1400000000.123456\tCHhAvVGS1DHFjwGM9\t192.0.2.1\t49152\t192.0.2.2\t443\ttcp",
  ],
  "zeek of three fields": [
    "#separator \\x09",
    "#fields\tts\tid.orig_h\tid.resp_h",
    "1400000000.123456\t192.0.2.1\t192.0.2.2",
  ],
  "zeek without a header": [
    "1400000000.123456\tCHhAvVGS1DHFjwGM9\t192.0.2.1\t49152\t192.0.2.2\t443\ttcp",
  ],
  "zeek JSON": [
    '{"ts":1400000000.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"192.0.2.1","id.orig_p":49152,' +
    '"id.resp_h":"192.0.2.2","id.resp_p":443,"proto":"tcp","conn_state":"SF"}',
  ],
  "W3C": [
    "#Version: 1.0",
    "#Fields: date time c-ip cs-method",
    "2022-07-27 22:23:15 192.0.2.1 GET",
  ],
  "syslog": ["Nov 21 02:01:40 host sshd[4711]: Accepted publickey for alice from 192.0.2.1"],
  "prose": ["This is a text.", "It has lines."],
};

/** Checks that a format recognises these logs of {@linkcode SAMPLE_LOGS} and no other. */
export function assertRecognises(format: LogFormat, names: readonly string[]): void {
  const recognised = Object.keys(SAMPLE_LOGS).filter((name) =>
    format.recognises(SAMPLE_LOGS[name] ?? [])
  );
  assertEquals(recognised, names);
}

function assertSaneEnd({ ip, port, name }: RecordedEndpoint): void {
  if (ip !== undefined) assertEquals(ip, formatIp(parseIp(ip) ?? new Uint8Array(4)));
  if (port !== undefined) assert(Number.isInteger(port) && port >= 0 && port <= 65_535);
  assert(name === undefined || (ip === undefined && /^[0-9a-z]/i.test(name)));
}

/** Nothing is undefined, empty, or no number. */
function assertNoHoles(value: unknown): void {
  assert(value !== undefined && value !== null && value !== "" && !Number.isNaN(value));
  if (typeof value !== "object") return;
  for (const part of Object.values(value)) assertNoHoles(part);
}

/** Checks what holds for every record. */
export function assertSane(record: Connection): void {
  assertNoHoles(record);
  const { time, start, end, durationUs, protocol, protocolNumber, process } = record;
  for (const number of [time, start ?? 0, end ?? 0, durationUs ?? 0, process?.start ?? 0]) {
    assert(Number.isSafeInteger(number));
  }
  assert(time >= 0);
  assertEquals(
    durationUs,
    start === undefined || end === undefined ? undefined : end - start,
  );
  assertEquals(
    protocol,
    protocolNumber === undefined ? undefined : protocolKeyword(protocolNumber),
  );
  assertEquals(process === undefined, record.attribution === "none");
  assertEquals(record.attribution === "none", record.attributionReason !== undefined);
  assertSaneEnd(record.local);
  if (record.remote !== undefined) assertSaneEnd(record.remote);
}

/** Lines of a log in which characters were changed, left out, put in or repeated; and any text. */
export function damagedLines(lines: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      ..." \t-|:/.[]#=0159afé\\\ufffd",
      "",
      " :: ",
      "\\x2d",
      "99999999999999999",
      "-1",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const damaged = fc.tuple(
    fc.constantFrom(...lines),
    fc.array(fc.tuple(fc.nat(), fc.nat(12), piece), { maxLength: 3 }),
  ).map(([line, changes]) => {
    for (const [place, length, text] of changes) {
      const at = place % (line.length + 1);
      line = line.slice(0, at) + text + line.slice(at + length);
    }
    return line;
  });
  return fc.oneof(
    { weight: 5, arbitrary: damaged },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
}
