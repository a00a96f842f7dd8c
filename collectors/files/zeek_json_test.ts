import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { complaint } from "./connscribe_test_tools.ts";
import { MALFORMED } from "./log_format.ts";
import { ZEEK } from "./zeek.ts";
import { ZEEK_JSON } from "./zeek_json.ts";
import { linesOf } from "./zeek_test_tools.ts";

const { read } = ZEEK_JSON.reader([]);
const LINES = linesOf("zeek_json.log");
const FIRST = LINES[0]!;

function recordsOf(lines: readonly string[]): (Connection | undefined)[] {
  return lines.map((line) => {
    const record = read(line, 0);
    return record === MALFORMED ? undefined : record;
  });
}

/** What the same connections are in the other format. */
function asText(): Connection[] {
  const lines = linesOf("zeek.log");
  const reader = ZEEK.reader(lines);
  const records: Connection[] = [];
  for (const line of lines) {
    const record = reader.read(line, 0);
    if (record !== undefined && record !== MALFORMED) records.push(record);
  }
  return records.map((record) => ({ ...record, collector: "zeek-json" }));
}

Deno.test("zeek-json reads the same connections as zeek", () => {
  assertEquals(recordsOf(LINES), asText());
  assertEquals(recordsOf(linesOf("zeek_json_iso.log")), asText());
  const times = recordsOf(linesOf("zeek_json_millis.log")).map((record) => record?.time);
  assertEquals(times, asText().map(({ time }) => Math.floor(time / 1000) * 1000));
});

Deno.test("zeek-json says when a line was written, however it is spelled", () => {
  const { ts, duration, ...rest } = JSON.parse(FIRST);
  const spellings = [
    FIRST,
    JSON.stringify({ ...rest, duration, ts }),
    JSON.stringify({ duration, ...rest, ts }, null, 1).replaceAll("\n", " "),
    FIRST.replace('"ts"', '"t\\u0073"'),
    FIRST.replace('"ts":', '"ts" : '),
    FIRST.replace("0.422688", "4.22688e-1"),
    FIRST.replace('"proto"', '"more":{"ts":1,"duration":9},"proto"'),
    FIRST.replace('"proto"', '"ts\\\\":1,"proto"'),
    FIRST.replace('"proto"', '"note":"\\"ts\\":7","proto"'),
    FIRST.replace("{", '{"ts":5,"duration":8,'),
  ];
  for (const line of spellings) assertEquals(ZEEK_JSON.written(line), 1795226380566869, line);
  for (const name of ["zeek_json.log", "zeek_json_iso.log", "zeek_json_millis.log"]) {
    for (const line of linesOf(name)) {
      const record = read(line, 0);
      if (record === undefined || record === MALFORMED) throw new Error(line);
      assertEquals(ZEEK_JSON.written(line), record.end ?? record.time);
    }
  }
  assertEquals(ZEEK_JSON.written("{}"), undefined);
  assertEquals(ZEEK_JSON.written('{"ts":}'), undefined);
});

Deno.test("zeek-json takes wrong types for malformed, and null for absent", () => {
  for (
    const [from, to] of [
      ['"id.orig_h":"10.99.0.1"', '"id.orig_h":7'],
      ['"id.resp_h":"10.99.0.2",', ""],
      ['"id.orig_p":36684', '"id.orig_p":"36684"'],
      ['"id.orig_p":36684', '"id.orig_p":1.5'],
      ['"ts":1795226380.144181', '"ts":null'],
      ['"ts":1795226380.144181', '"ts":-1'],
      ['"ts":1795226380.144181', '"ts":1e300'],
      ['"duration":0.422688', '"duration":-1'],
      ['"duration":0.422688', '"duration":"1"'],
      ['"local_orig":true', '"local_orig":1'],
      // Each is a time or a span that can be told of, but not the end.
      ['"ts":1795226380.144181', '"ts":9007199254740.99'],
      ['"proto":"tcp"', '"proto":[]'],
      ["}", ""],
    ] as const
  ) {
    assertEquals(FIRST.includes(from), true, from);
    assertEquals(read(FIRST.replace(from, to), 0), MALFORMED, to);
  }
  const { durationUs: _us, end: _end, ...rest } = asText()[0]!;
  assertEquals(read(FIRST.replace("0.422688", "null"), 0), rest);
  assertEquals(read("", 0), undefined);
  assertEquals(read("#separator \\x09", 0), MALFORMED);
});

Deno.test("zeek-json is known by its names, and only conn.log", () => {
  for (const name of ["zeek_json.log", "zeek_json_iso.log", "zeek_json_millis.log"]) {
    assertEquals(ZEEK_JSON.recognises(linesOf(name)), true, name);
    assertEquals(ZEEK_JSON.recognises(["{torn", ...linesOf(name)]), true, name);
  }
  for (const name of ["zeek.log", "zeek_bare.log", "zeek_dns.log", "connspy.log"]) {
    assertEquals(ZEEK_JSON.recognises(linesOf(name)), false, name);
  }
  const reporter = '{"ts":1795226380.1,"message":"any","_path":"reporter"}';
  assertEquals(ZEEK_JSON.recognises([reporter, reporter]), false);
  assertEquals(ZEEK_JSON.recognises([reporter, FIRST]), true);
  const dns = FIRST.replace('"conn_state":"SF",', '"query":"example.org",');
  assertEquals(ZEEK_JSON.recognises([dns]), false);
  assertEquals(ZEEK_JSON.recognises([dns.replace("{", '{"_path":"conn",')]), true);
});

Deno.test("zeek-json passes over lines of other logs of the same sensor", () => {
  for (const path of ["dns", "reporter", ""]) {
    assertEquals(read(FIRST.replace("{", `{"_path":"${path}",`), 0), undefined, path);
  }
  for (const path of ["conn", "conn_long"]) {
    assertEquals(read(FIRST.replace("{", `{"_path":"${path}",`), 0), asText()[0], path);
  }
});

Deno.test("zeek-json never throws, and what it gives is sane", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.integer(), fc.double(), fc.string());
  fc.assert(
    fc.property(fc.nat(), fc.nat(), value, fc.json(), (row, at, other, text) => {
      const object = JSON.parse(LINES[row % LINES.length]!);
      const names = Object.keys(object);
      object[names[at % names.length]!] = other;
      for (const line of [JSON.stringify(object), text, "{" + text]) {
        const record = read(line, 0);
        const written = ZEEK_JSON.written(line);
        ZEEK_JSON.recognises([line]);
        if (record === undefined || record === MALFORMED) continue;
        assertEquals(complaint(record), "");
        assertEquals(written, record.end ?? record.time);
      }
    }),
    { numRuns: 1000 },
  );
});
