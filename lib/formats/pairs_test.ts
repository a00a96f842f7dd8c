/** Lines of names and values are read back by others' readers: the same pairs, whatever a process is called. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { columnsOf } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import type { Report } from "../report.ts";
import { createCefFormat } from "./cef.ts";
import { createCimFormat } from "./cim.ts";
import { unescapeControl } from "./escape.ts";
import { eventId } from "./event_id.ts";
import { identityText } from "../mapping/identity.ts";
import type { Format } from "./format.ts";
import { createLeefFormat } from "./leef.ts";
import { createLogfmtFormat } from "./logfmt.ts";
import { camelCase } from "./pairs.ts";
import { reportFacts } from "./report_facts.ts";
import {
  expectedPairs,
  mapPairs,
  type Pairs,
  PLAIN_VALUES,
  plainText,
  readCef,
  readLeef,
  SEED,
} from "./test_pairs.ts";
import { hostileConnection, namedRecord, SAMPLES } from "./test_records.ts";
import { PYTHON, runPython } from "./test_python.ts";
import { hostileReport, SAMPLE_REPORTS } from "./test_reports.ts";
import { missing, testUnless } from "../../tests/skip.ts";

const CONTEXT = { communityIdSeed: SEED };
const cim = createCimFormat(CONTEXT);
const cef = createCefFormat(CONTEXT);
const leef = createLeefFormat(CONTEXT);
const logfmtFormat = createLogfmtFormat(CONTEXT);

const RUNS = { numRuns: 700 };
const LONG = namedRecord('" dest="1.2.3.4" \\'.repeat(3000));
const FORGED = ["x^dst=6.6.6.6^", "x|y=z|", " dst=6.6.6.6 ", 'x" dest="6.6.6.6', "dst\\=6"].map(
  namedRecord,
);
const SAMPLE_LIST = [...Object.values(SAMPLES), ...FORGED, LONG];

function reportOf(format: Format, report: Report): string {
  assert(format.report);
  return format.report(report);
}

/** Checks the pairs of samples and of hostile records and reports. */
function assertReadBack(
  format: Format,
  read: (line: string) => Pairs,
  schema: keyof typeof PLAIN_VALUES,
  reportName: (name: string) => string,
): void {
  const check = (record: Connection) =>
    assertEquals(read(format.line(record).slice(0, -1)), expectedPairs(record, schema));
  SAMPLE_LIST.forEach(check);
  fc.assert(fc.property(hostileConnection, check), RUNS);
  const checkReport = (report: Report) =>
    assertEquals(
      read(reportOf(format, report).slice(0, -1)),
      expectedReport(report, schema, reportName),
    );
  Object.values(SAMPLE_REPORTS).forEach(checkReport);
  fc.assert(fc.property(hostileReport, checkReport), RUNS);
}

function expectedReport(
  report: Report,
  schema: keyof typeof PLAIN_VALUES,
  reportName: (name: string) => string,
): Pairs {
  const pairs: Pairs = {};
  const columns = columnsOf(FIELDS, schema);
  for (const { name, kind, value } of reportFacts(report)) {
    const text = plainText(kind, value, PLAIN_VALUES[schema]);
    const column = columns.find(({ field }) => columnsOf([field], "plain")[0]?.name === name);
    if (text !== "") pairs[column?.name ?? reportName(name)] = text;
  }
  return pairs;
}

/** Without the labels, each of which stands before what it labels. */
function withoutLabels(pairs: Pairs): Pairs {
  const names = Object.keys(pairs);
  for (const [index, name] of names.entries()) {
    if (!name.endsWith("Label")) continue;
    assertEquals(names[index + 1], name.slice(0, -"Label".length));
    assertMatch(pairs[name] ?? "", /^[a-z_]+$/);
  }
  return Object.fromEntries(Object.entries(pairs).filter(([name]) => !name.endsWith("Label")));
}

Deno.test("cef is read by the rules of the standard, with every value", () => {
  assertReadBack(
    cef,
    (line) => mapPairs(withoutLabels(readCef(line).pairs), unescapeControl),
    "cef",
    camelCase,
  );
});

Deno.test("leef is read by the rules of IBM, with every value", () => {
  const read = (line: string) => {
    const { devTime: _time, devTimeFormat, sev, ...pairs } = readLeef(line).pairs;
    assertEquals(devTimeFormat, "MMM dd yyyy HH:mm:ss.SSS z");
    assertMatch(sev ?? "", /^(?:[1-9]|10)$/);
    return mapPairs(pairs, unescapeControl);
  };
  assertReadBack(leef, read, "leef", camelCase);
});

/** Reads as Splunk does, from left to right; and all that stands before an equals sign anywhere. */
const SPLUNK = String.raw`
import json, re, sys
AUTO = re.compile(r'([A-Za-z_]\w*)=(?:"([^"]*)"|([^\s",]+))')
ESCAPED = re.compile(r'([A-Za-z_]\w*)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
def pairs(regex, line):
    found = [(key, quoted or bare) for key, quoted, bare in regex.findall(line)]
    assert len(dict(found)) == len(found), line
    return dict(found)
result = []
for line in sys.stdin.buffer.read().decode("utf-8").split("\n")[:-1]:
    auto, escaped = pairs(AUTO, line), pairs(ESCAPED, line)
    assert {key: value.replace("\\\\", "\\") for key, value in auto.items()} == {
        key: value.replace("\\\\", "\\") for key, value in escaped.items()}, line
    blind = [key for key in re.findall(r'(\w+)=', line.replace('="', "= "))]
    result.append([auto, blind])
json.dump(result, sys.stdout)`;

testUnless(
  missing([PYTHON]),
  "cim is read by Splunk's rule, escaped or not, with every value and no other key",
  async () => {
    const bare = createCimFormat();
    const records = fc.array(hostileConnection, { minLength: 100, maxLength: 100 });
    const reports = fc.array(hostileReport, { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(records, reports, async (hostile, reports) => {
        const all = [...hostile, ...SAMPLE_LIST];
        const lines = all.map(({ communityId: _, ...record }) => bare.line(record));
        const reportLines = reports.map((report) => reportOf(bare, report));
        const read = await runPython(SPLUNK, [...lines, ...reportLines].join("")) as [
          Pairs,
          string[],
        ][];
        assertEquals(read.length, all.length + reports.length);
        const withoutId = ({ community_id: _, ...pairs }: Pairs) => pairs;
        for (const [index, [pairs, keys]] of read.entries()) {
          const record = all[index];
          const report = reports[index - all.length];
          const expected = record !== undefined
            ? withoutId(expectedPairs(record, "cim"))
            : report !== undefined
            ? expectedReport(report, "cim", String)
            : {};
          assertEquals(mapPairs(pairs, unescapeControl), expected);
          assertEquals(keys, Object.keys(expected));
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  },
);

Deno.test("formats of pairs begin with what is unique to the record, within 256 bytes", () => {
  for (const record of Object.values(SAMPLES)) {
    for (const { line } of [cim, cef, leef, logfmtFormat]) {
      assert(
        line(record).slice(0, 256).includes(identityText(eventId(record))),
        line(record).slice(0, 256),
      );
    }
  }
});

Deno.test("cim writes a Community ID as other sensors do", () => {
  const line = cim.line(SAMPLES["close"]!);
  assertMatch(line, / community_id="1:[A-Za-z0-9+/]{27}=" /);
});

Deno.test("cim has a sum only where it is more than nothing, and both parts of it are known", () => {
  const { bytesIn: _, ...half } = SAMPLES["close"]!;
  const none = { ...half, bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0 };
  assertMatch(cim.line(none), / bytes_in=0 bytes_out=0 packets_in=0 packets_out=0 process_id=/);
  assertMatch(cim.line(half), / bytes_out=300 packets_in=9 packets_out=7 packets=16 /);
});

Deno.test("cim names an end by its address only where that is one", () => {
  const end = (ip: string) => cim.line({ ...SAMPLES["open"]!, remote: { ip, name: "n" } });
  assertMatch(end("2001:db8::1"), / dest="2001:db8::1" dest_ip="2001:db8::1" dest_host="n" /);
  for (const ip of ["", "::", "dead", "1.2.3", "x 1.2.3.4"]) {
    assertMatch(end(ip), / dest="n" dest_host="n" /);
  }
});

Deno.test("cef has a severity and a name in its header, and labels beside custom keys", () => {
  const { header, pairs } = readCef(cef.line(SAMPLES["close"]!).slice(0, -1));
  assertEquals(header.slice(0, 3), ["CEF:0", "connscribe", "connscribe"]);
  assertEquals(header.slice(4), ["close", "Connection closed", "3"]);
  assertEquals([pairs["cs1Label"], pairs["cs2Label"]], ["command_line", "entity_id"]);
  // From the source, which is this host, to the destination.
  assertEquals([pairs["in"], pairs["out"]], ["300", "5000"]);
  assertEquals([pairs["outcome"], pairs["reason"], pairs["sproc"]], ["success", undefined, "curl"]);
  assertEquals(readCef(cef.line(SAMPLES["summary"]!)).header[6], "8");
  const noteworthy = { ...SAMPLES["open"]!, noteworthy: [] };
  assertEquals(readCef(cef.line(noteworthy)).header[6], "3");
  assertEquals(readCef(cef.line({ ...noteworthy, outcome: "denied" })).header[6], "5");
});

Deno.test("leef says when it was in IBM's pattern and to the microsecond", () => {
  const { header, pairs } = readLeef(leef.line(SAMPLES["close"]!));
  assertEquals(header.slice(0, 3), ["LEEF:2.0", "connscribe", "connscribe"]);
  assertEquals(pairs["devTime"], "Nov 21 2026 02:02:43.144 GMT");
  assertEquals(pairs["eventTime"], "2026-11-21T02:02:43.144181Z");
  assertEquals([pairs["srcBytes"], pairs["duration"]], ["300", "63"]);
});
